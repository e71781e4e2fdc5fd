//! Runs a command, whose output is shown on the error output, and prints what it took with all that it started, as JSON: seconds.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use lumetra_engram_side_by_side::measure::cpu_time_of_children;
use serde_json::json;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().context("name a command")?;
    let start = Instant::now();
    let mut command = Command::new(program);
    let status = command.args(arguments).stdin(Stdio::null()).stdout(std::io::stderr()).status()?;
    ensure!(status.success(), "the command failed: {status}");
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_time_of_children()?.as_secs_f64());
    println!("{}", json!({ "seconds": seconds, "cpu": cpu }));
    Ok(())
}
