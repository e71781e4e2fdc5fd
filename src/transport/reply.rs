//! A response, as the transport receives it.

use http::{HeaderMap, StatusCode};

pub(crate) struct Reply<Body> {
    pub(crate) head: Head,
    pub(crate) body: Body,
}

pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}
