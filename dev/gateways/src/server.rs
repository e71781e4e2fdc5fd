//! The local server behind the gateways.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use lumetra_engram::EngramClient;

use crate::process::{Daemon, free_port};

/// The key of every request.
pub(crate) const KEY: &str = "eng_live_gateways";

/// The local server. Its memories survive its restarts.
pub(crate) struct Server {
    program: PathBuf,
    database: PathBuf,
    log: PathBuf,
    pub(crate) port: u16,
    running: Option<Daemon>,
}

impl Server {
    pub(crate) async fn start(program: &Path, directory: &Path, options: &[&str]) -> Result<Self> {
        let mut server = Self {
            program: program.to_owned(),
            database: directory.join("engram.db"),
            log: directory.join("server.log"),
            port: free_port().await?,
            running: None,
        };
        server.run(options).await?;
        Ok(server)
    }

    /// Starts it, on the same port as before.
    pub(crate) async fn run(&mut self, options: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.arg("--listen").arg(format!("127.0.0.1:{}", self.port)).arg("--database").arg(&self.database);
        // It stores thousands of memories, and none is looked for by its meaning.
        command.arg("--no-model").args(options).env("RUST_LOG", "off");
        self.running = Some(Daemon::start(&mut command, self.port, &self.log).await?);
        Ok(())
    }

    pub(crate) async fn stop(&mut self) -> Result<()> {
        self.running.take().context("the server does not run")?.stop().await
    }

    /// A client that goes to it, past the gateway.
    pub(crate) fn client(&self) -> Result<EngramClient> {
        Ok(EngramClient::builder().api_key(KEY).base_url(format!("http://127.0.0.1:{}", self.port)).build()?)
    }
}
