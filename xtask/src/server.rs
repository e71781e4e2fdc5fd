//! Servers in processes of their own, for the tasks that need one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};

use crate::project::{cargo, root, run, target_directory};

/// Set where all programs are built already: beside another build, cargo would wait for its end before it says so.
pub(crate) const BUILT: &str = "XTASK_PROGRAMS_ARE_BUILT";

/// A server in a process of its own, ended when this is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) base_url: String,
    /// Held open: some servers end when it ends, so that none outlives this process.
    _input: Option<ChildStdin>,
    /// Held open, so that the server can print.
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Runs a program that prints its base URL, and waits for that.
    pub(crate) fn run(command: &mut Command) -> Result<Self> {
        let name = Path::new(command.get_program()).display().to_string();
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {name}"))?;
        let output = BufReader::new(process.stdout.take().context("no output to read")?);
        let input = process.stdin.take();
        let mut server = Self { process, base_url: String::new(), _input: input, _output: output };
        let mut lines = server._output.by_ref().lines().map_while(Result::ok);
        let base_url =
            lines.find_map(|line| Some(line.split_whitespace().find(|word| word.starts_with("http://"))?.to_owned()));
        server.base_url = base_url.with_context(|| format!("{name} ended without saying where it listens"))?;
        Ok(server)
    }

    /// Asks the server for what is at this path.
    pub(crate) fn get(&self, path: &str) -> Result<String> {
        let address = self.base_url.trim_start_matches("http://");
        let mut connection = TcpStream::connect(address)?;
        // With this version of HTTP the answer ends with the connection.
        write!(connection, "GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("the server's answer has no body")?;
        Ok(body.to_owned())
    }

    /// A local server, with these arguments beside the usual ones. No task looks for anything by its meaning, which takes long in a debug
    /// build.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        let program = program()?;
        let usual = ["--in-memory", "--no-model", "--listen", "127.0.0.1:0"];
        Self::run(Command::new(program).args(usual).args(arguments).env("RUST_LOG", "warn"))
    }

    /// A proxy in front of a server, which writes to the report what it sees.
    pub(crate) fn checked(upstream: &str, report: &Path) -> Result<Self> {
        let program = build("checked-proxy")?;
        let upstream = upstream.trim_start_matches("http://");
        Self::run(Command::new(program).args(["--upstream", upstream, "--report"]).arg(report))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing to do about it here.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program of the local server.
pub(crate) fn program() -> Result<PathBuf> {
    build("engram-local")
}

/// Builds a program of the workspace and says where it is.
pub(crate) fn build(program: &str) -> Result<PathBuf> {
    built("--bin", program)?;
    Ok(target_directory()?.join("debug").join(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
}

/// Builds an example and says where it is.
pub(crate) fn example(name: &str) -> Result<PathBuf> {
    built("--example", name)?;
    Ok(target_directory()?.join("debug/examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// With the features of the whole workspace, so that what the tests compiled is not compiled again.
fn built(kind: &str, name: &str) -> Result<()> {
    if std::env::var_os(BUILT).is_none() {
        run(&mut cargo(root(), &["build", "--quiet", "--workspace", kind, name]))?;
    }
    Ok(())
}

/// Builds all programs and examples of the workspace.
pub(crate) fn build_all() -> Result<()> {
    run(&mut cargo(root(), &["build", "--quiet", "--workspace", "--bins", "--examples"]))
}
