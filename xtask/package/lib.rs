//! What somebody writes who depends on the published crates.

use lumetra_engram::{EngramClient, EngramError};

/// What the user prefers, in a sentence.
pub async fn preference(engram: &EngramClient, user: &str) -> Result<String, EngramError> {
    Ok(engram.query("What does the user prefer?").bucket(user).await?.answer)
}
