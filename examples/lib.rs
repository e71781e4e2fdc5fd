//! Where the examples run: against the hosted service where `ENGRAM_API_KEY` is set, else against a local server in this process.

mod model;

use std::error::Error;

use lumetra_engram::{ENV_API_KEY, EngramClient};
use lumetra_engram_local::LocalServer;
pub use model::Model;

/// A client and, where it is one of our own, the server that it talks to. The server lives as long as it is held.
///
/// # Errors
///
/// An unusable key or base URL in the environment, or no free port.
pub async fn connect() -> Result<(EngramClient, Option<LocalServer>), Box<dyn Error>> {
    if std::env::var_os(ENV_API_KEY).is_some_and(|key| !key.is_empty()) {
        return Ok((EngramClient::from_env()?, None));
    }
    println!("{ENV_API_KEY} is not set: using a local server in this process.\n");
    let server = LocalServer::builder().in_memory().start().await?;
    Ok((server.client()?, Some(server)))
}
