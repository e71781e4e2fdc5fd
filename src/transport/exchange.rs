//! The outcome of a call.

use http::StatusCode;

use super::failure::Failure;
use super::reply::Reply;
use crate::error::Effect;

/// One call, from its first attempt to its last.
pub(crate) struct Exchange<Body> {
    /// How often the request was sent.
    pub(crate) attempts: u32,
    /// What the attempts may have done.
    pub(crate) effect: Effect,
    pub(crate) outcome: Result<Reply<Body>, Failure>,
}

impl<Body> Exchange<Body> {
    /// The status of the last response, if one came.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match &self.outcome {
            Ok(reply) => Some(reply.head.status),
            Err(failure) => failure.status(),
        }
    }
}
