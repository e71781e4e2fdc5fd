//! The parts that rig takes, over a local server, with rig's own agent and a scripted model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agent;
mod archive;
#[path = "../../examples/agent.rs"]
#[allow(dead_code)]
mod example;
mod index;
mod tools;

use lumetra_engram::EngramClient;
use lumetra_engram_local::{LocalServer, LocalServerBuilder};

async fn start(server: LocalServerBuilder) -> (LocalServer, EngramClient) {
    let server = server.in_memory().start().await.unwrap();
    let engram = server.client().unwrap().with_bucket("user-17");
    (server, engram)
}
