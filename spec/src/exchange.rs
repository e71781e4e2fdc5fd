//! [`Exchange`]: a line of the report that the proxy writes.

use serde::{Deserialize, Serialize};

use crate::mismatch::Mismatch;

/// A request and its answer, as the proxy saw them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// The method and the path.
    pub request: String,
    /// The operation's id, if the spec has it.
    pub operation: Option<String>,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
    /// Where the two are not what the spec says.
    pub mismatches: Vec<Mismatch>,
    /// Why there was no answer.
    pub failure: Option<String>,
}
