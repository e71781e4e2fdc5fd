//! `login`: saves an API key that works.

use std::io::{self, Read};

use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::credentials::{self, Credentials};
use crate::failure::{Failure, Kind};
use crate::secret::Secret;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram login                                      # asks for the key
  pass engram | lumetra-engram login
  lumetra-engram login --base-url http://127.0.0.1:7878     # a local server";

/// More than any key has.
const MOST_BYTES: u64 = 64 * 1024;

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    /// Here to be refused without being repeated.
    #[arg(hide = true)]
    key: Option<String>,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<(), Failure> {
    if options.key.is_some() {
        return Err(Failure::usage(
            "the key can't be an argument: other programs, and the shell's history, would see it",
        )
        .hint("Run `lumetra-engram login` and type it, or pass it on standard input."));
    }
    let server = context.connection.server()?.value;
    let api_key = read_key(&server, context)?;
    let engram = context.connection.client_with(&api_key)?;
    context.read(async { Ok(engram.list_buckets().await?) }).map_err(|failure| match failure.kind() {
        Kind::Auth => Failure::new(Kind::Auth, format!("{server} does not accept this key, so it was not saved"))
            .hint("Copy it again. If it is for another server, add `--base-url`."),
        _ => failure,
    })?;
    let path = credentials::write(&Credentials { api_key, base_url: server.clone() })?;
    if std::env::var_os(lumetra_engram::ENV_API_KEY).is_some_and(|key| !key.is_empty()) {
        context.output.note("ENGRAM_API_KEY is set, and takes precedence over the saved key.");
    }
    context.output.print(&json!({"base_url": server, "file": path}), |out| {
        writeln!(out, "Logged in to {server}. The key is in {}.", path.display())
    })
}

fn read_key(server: &str, context: &Context) -> Result<Secret, Failure> {
    let key = if context.terminal.can_ask() {
        context.terminal.ask_secret(&format!("API key for {server} (not shown): "))?
    } else if context.terminal.stdin_is_a_terminal() {
        return Err(Failure::usage("cannot ask for the key without a terminal").hint("Pass it on standard input."));
    } else {
        let mut key = String::new();
        io::stdin().take(MOST_BYTES + 1).read_to_string(&mut key)?;
        if key.len() as u64 > MOST_BYTES {
            return Err(Failure::usage("what standard input has is too long for a key").hint("Pass the key alone."));
        }
        key
    };
    Secret::new(&key).ok_or_else(|| Failure::usage("no key was given").hint("Type it, or pass it on standard input."))
}
