//! Over standard input and output: a client starts this program for itself.

use std::io;

use rmcp::ServiceExt;
use rmcp::service::{QuitReason, ServerInitializeError};
use rmcp::transport::stdio_pipes;

use super::server::MemoryServer;
use crate::failure::Failure;
use crate::interrupts::Signals;

/// Serves until the client closes standard input, which its death does too, or until this process is asked to end.
pub(super) async fn serve(server: MemoryServer) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    tokio::select! {
        ended = until_closed(server) => ended,
        // Not by way of `main`: tokio waits for a read of standard input that nothing can end.
        _ = signals.next() => std::process::exit(0),
    }
}

async fn until_closed(server: MemoryServer) -> Result<(), Failure> {
    let running = match server.serve(stdio_pipes()).await {
        Ok(running) => running,
        // A client that went away at once.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(io::Error::other(error).into()),
    };
    match running.waiting().await.map_err(io::Error::other)? {
        QuitReason::JoinError(error) => Err(io::Error::other(error).into()),
        _ => Ok(()),
    }
}
