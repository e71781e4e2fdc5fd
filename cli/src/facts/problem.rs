//! What is wrong with a file.

use std::io;

/// Why a part of a file makes no sense, and the cure.
#[derive(Debug, PartialEq)]
pub(super) struct Problem {
    pub(super) text: String,
    pub(super) cure: &'static str,
}

impl Problem {
    pub(super) fn new(text: impl Into<String>, cure: &'static str) -> Self {
        Self { text: text.into(), cure }
    }

    pub(super) fn not_utf8() -> Self {
        Self::new("it is not UTF-8", "Convert the file, as in: iconv -f ISO-8859-1 -t UTF-8 FILE > NEW")
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::not_utf8(),
            _ => Self::new(error.to_string(), "Check whether the file still exists."),
        }
    }
}
