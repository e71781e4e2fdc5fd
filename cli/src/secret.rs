//! An API key, which is never printed.

use std::fmt;

/// The shortest key of which the last letters are shown.
const LONG: usize = 16;

#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    /// `None` where there is nothing but space.
    pub(crate) fn new(key: &str) -> Option<Self> {
        Some(Self(key.trim().to_owned())).filter(|key| !key.0.is_empty())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Enough of it to tell two keys apart; of a short one, nothing.
    pub(crate) fn masked(&self) -> String {
        let length = self.0.chars().count();
        match length < LONG {
            true => "(hidden)".to_owned(),
            false => format!("…{}", self.0.chars().skip(length - 4).collect::<String>()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[API key]")
    }
}
