//! The head of a response.

use http::{HeaderMap, StatusCode};

/// The status and the headers of a response.
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}
