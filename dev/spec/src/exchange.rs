//! [`Exchange`]: a line of the report that the proxy (`dev/proxy`) writes.

use serde::{Deserialize, Serialize};

use crate::mismatch::Mismatch;

/// A request and its response, as the proxy saw them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// The method and the path.
    pub request: String,
    /// The operation's id, if the spec has it.
    pub operation: Option<String>,
    /// The response's status, if there was a response.
    pub status: Option<u16>,
    /// Where the two are not what the spec says.
    pub mismatches: Vec<Mismatch>,
    /// Why there was no response.
    pub failure: Option<String>,
}
