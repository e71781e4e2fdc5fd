//! Programs that run beside this one, and end with it.

use std::net::Ipv4Addr;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(10);
/// Linux gives connections ports from 32,768 on, other systems higher ones.
const PORTS: Range<u16> = 16_384..32_768;

/// A program that listens on a port of loopback. It is killed when this is dropped.
pub(crate) struct Daemon {
    child: Child,
}

impl Daemon {
    /// Starts the program, and waits until it listens. What it prints goes to the file.
    pub(crate) async fn start(command: &mut std::process::Command, port: u16, log: &Path) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let output = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        command.stdout(output.try_clone()?).stderr(output).stdin(std::process::Stdio::null());
        let mut command = Command::from(std::mem::replace(command, std::process::Command::new("")));
        let child = command.kill_on_drop(true).spawn().with_context(|| format!("cannot run {name}"))?;
        let mut daemon = Self { child };
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
            if let Some(status) = daemon.child.try_wait()? {
                bail!("{name} ended: {status}\n{}", std::fs::read_to_string(log).unwrap_or_default());
            }
            ensure!(Instant::now() < end, "{name} does not listen on port {port}");
            sleep(PAUSE).await;
        }
        Ok(daemon)
    }

    /// Sends it a signal, by its name.
    pub(crate) async fn signal(&self, name: &str) -> Result<()> {
        let id = self.child.id().context("the program has ended")?;
        // The shell has it built in; a program of this name is not everywhere.
        let status = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status().await?;
        ensure!(status.success(), "no signal {name} can be sent");
        Ok(())
    }

    /// Ends it as an administrator does.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.signal("TERM").await?;
        timeout(PATIENCE, self.child.wait()).await.context("the program does not end")??;
        Ok(())
    }
}

/// A free port of loopback, outside the range from which the system gives ports to connections. Otherwise a connection could take the port
/// of a program that is about to start again on it.
pub(crate) async fn free_port() -> Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in PORTS {
        let number = std::process::id().wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = PORTS.start + (number % PORTS.len() as u32) as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free from {} to {}", PORTS.start, PORTS.end - 1)
}
