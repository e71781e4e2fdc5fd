//! An API key, which is never printed.

use std::fmt;

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
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[API key]")
    }
}
