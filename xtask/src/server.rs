//! `engram-local`, for the tasks that need a server.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};

use crate::project::{cargo, root, run, target_directory};

/// A local server in a process of its own, ended when this is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) base_url: String,
    /// Held open, so that the server can print.
    output: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        run(&mut cargo(root(), &["build", "--quiet", "--package", "lumetra-engram-local"]))?;
        let program = format!("engram-local{}", std::env::consts::EXE_SUFFIX);
        let program = target_directory()?.join("debug").join(program);
        let mut process = Command::new(program)
            .args(["--in-memory", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run engram-local")?;
        let output = BufReader::new(process.stdout.take().context("no output to read")?);
        let mut server = Self { process, base_url: String::new(), output };
        let mut lines = server.output.by_ref().lines().map_while(Result::ok);
        let base_url =
            lines.find_map(|line| Some(line.split_once("ENGRAM_BASE_URL=")?.1.split_whitespace().next()?.to_owned()));
        server.base_url = base_url.context("engram-local ended without saying where it listens")?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing to do about it here.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
