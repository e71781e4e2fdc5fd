//! A fact of a file.

/// A fact to be imported.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) content: String,
    /// The bucket that the file names.
    pub(crate) bucket: Option<String>,
}
