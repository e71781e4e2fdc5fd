//! Sending a request: a permit, the attempt, the bounded reading of its response, and the retry. The outcome is an [`Exchange`].

mod body;
mod call;
mod connections;
mod exchange;
mod failure;
mod fate;
mod reply;
mod send;
pub(crate) mod trace;
mod watch;

pub(crate) use body::{Fault, OpenBody, append, too_large};
pub(crate) use call::{Call, Decode, Empty, Endpoint, Json, JsonOrDefault, Receive, Streamed, Undecodable};
pub(crate) use connections::{Connections, HttpSettings};
pub(crate) use exchange::Exchange;
pub(crate) use failure::Failure;
pub(crate) use reply::{Head, Reply};
pub(crate) use send::{Plan, Transport, check_runtime};
