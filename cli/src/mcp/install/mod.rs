//! `mcp install` and `mcp uninstall`: this program in the configuration of an MCP client.

// In layers: a file imports only from those above its own.
mod entry;
mod file;

mod json;
mod toml;
mod yaml;

mod client;

use std::io::{self, Write};

use clap::Args;

use crate::bucket_name::bucket_name;
use crate::failure::Failure;
use client::{Machine, Name};
use entry::Entry;
use file::Written;

pub(super) const EXAMPLES: &str = "\
Examples:
  lumetra-engram mcp install claude-code --print
  lumetra-engram mcp install cursor --bucket work --read-only
  lumetra-engram mcp uninstall cursor";

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    client: Client,
    /// The bucket for calls without one [default: that of the project that the client works on]
    #[arg(long, value_name = "NAME", value_parser = bucket_name)]
    bucket: Option<String>,
    /// Offer only the tools that change nothing
    #[arg(long)]
    read_only: bool,
    /// Write nothing; show what would be added, and where
    #[arg(long)]
    print: bool,
}

#[derive(Debug, Args)]
pub(super) struct Client {
    /// The client
    #[arg(value_enum, value_name = "CLIENT")]
    name: Name,
}

impl Options {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (client, entry) = (self.client.name, Entry::of_this_program(self.bucket, self.read_only)?);
        let path = client.configuration(&Machine::this())?;
        let mut output = io::stdout().lock();
        if self.print {
            writeln!(io::stderr(), "In {}:", path.display())?;
            write!(output, "{}", client.add("", &entry)?)?;
            return Ok(());
        }
        match file::edit(&path, |text| client.add(text, &entry))? {
            Written::Nothing => {
                writeln!(output, "{} already has lumetra-engram. Nothing was changed.", path.display())?
            }
            Written::New => writeln!(output, "Wrote {}.", path.display())?,
            Written::Changed { backup } => {
                let (path, backup) = (path.display(), backup.display());
                writeln!(output, "Added lumetra-engram to {path}. The old file is in {backup}.")?;
            }
        }
        writeln!(
            output,
            "It contains no API key: run `lumetra-engram login`, or set ENGRAM_API_KEY where the client is started.\n\
             Then restart the client."
        )?;
        Ok(())
    }
}

impl Client {
    pub(super) fn uninstall(&self) -> Result<(), Failure> {
        let path = self.name.configuration(&Machine::this())?;
        let mut output = io::stdout().lock();
        match file::edit(&path, |text| self.name.remove(text))? {
            Written::Changed { backup } => {
                let (path, backup) = (path.display(), backup.display());
                writeln!(output, "Removed lumetra-engram from {path}. The old file is in {backup}.")?;
            }
            Written::Nothing | Written::New => {
                writeln!(output, "{} does not have lumetra-engram. Nothing was changed.", path.display())?;
            }
        }
        Ok(())
    }
}
