//! `cargo xtask gateways`: what is lost of calls that go through nginx, haproxy and nghttpx.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::project::{root, run, work_directory};
use crate::server;

const TABLE: &str = "GATEWAYS.md";
const GATEWAYS: [&str; 3] = ["nginx", "haproxy", "nghttpx"];

/// The check. It is skipped where a gateway is not installed, but for the one that decides whether a change lands.
pub(crate) fn check() -> Result<()> {
    if std::env::var_os("CI").is_none()
        && let Err(error) = all_are_installed()
    {
        println!("skipped: {error}");
        return Ok(());
    }
    play(true, None)
}

/// Plays the cases and writes the table, or plays them with this client alone and compares which there are. `only` selects cases, which
/// are printed.
pub(crate) fn play(check: bool, only: Option<&str>) -> Result<()> {
    all_are_installed()?;
    let server = server::program()?;
    let program = server::build("lumetra-engram-gateways")?;
    let mut command = Command::new(program);
    command.arg("--server").arg(server).arg("--table").arg(root().join(TABLE));
    // The program writes its own authority there, before it builds a client that trusts it. Not through cargo, which would trust it too.
    let authority = work_directory("gateways")?.join("authority.pem");
    command.arg("--authority").arg(&authority).env("SSL_CERT_FILE", &authority);
    if check {
        command.arg("--check");
    }
    if let Some(text) = only {
        command.args(["--only", text]);
    }
    run(&mut command)
}

fn all_are_installed() -> Result<()> {
    let missing: Vec<_> = GATEWAYS.into_iter().filter(|name| Command::new(name).arg("-v").output().is_err()).collect();
    ensure!(missing.is_empty(), "this task needs {}, as Debian packages them", missing.join(", "));
    Ok(())
}
