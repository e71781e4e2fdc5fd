//! The command line.

use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::commands::{
    ask, bucket, clear, completions, doctor, export, forget, import, list, login, logout, man, profile, recall,
    remember, serve, whoami,
};
use crate::connection::Connection;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::terminal::Terminal;
use crate::{hook, mcp};

const EXAMPLES: &str = "\
Examples:
  lumetra-engram remember 'The user prefers dark mode.'
  lumetra-engram ask 'Which mode does the user prefer?'
  lumetra-engram list --bucket work";

const AFTER_HELP: &str = "\
Exit codes: 0 success; 1 other error; 2 wrong usage; 3 no API key, or a wrong one; 4 not found; 5 too many requests; 6 no connection; \
7 partly done; 8 no model key in the account; 130 interrupted by Ctrl-C; 143 by SIGTERM.

Environment: ENGRAM_API_KEY (takes precedence over the key of `login`), ENGRAM_BASE_URL, ENGRAM_BUCKET (takes precedence over .engram.toml), NO_COLOR.

Independent of Lumetra. More: https://crates.io/crates/lumetra-engram-cli";

/// What a newcomer needs.
const FIRST_STEPS: &str = "\
lumetra-engram: a durable memory for AI agents and for you.

  lumetra-engram login                            save your API key (no account? `lumetra-engram serve`)
  lumetra-engram remember 'Ana prefers tea.'      store a fact
  lumetra-engram ask 'What does Ana drink?'       get an answer from what is stored
  lumetra-engram list                             see what is stored
  lumetra-engram doctor                           find out what is wrong

`lumetra-engram help` lists all commands, and `lumetra-engram help COMMAND` shows examples of one.
";

/// A durable memory for AI agents, from the command line
#[derive(Debug, Parser)]
#[command(name = "lumetra-engram", version, before_help = EXAMPLES, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct Globals {
    /// Print one JSON object, for programs: {"ok":true,"data":…} or {"ok":false,"error":{"kind",…}}
    #[arg(long, global = true, help_heading = "Global options")]
    json: bool,
    /// Never prompt, even on a terminal
    #[arg(long, global = true, help_heading = "Global options")]
    no_input: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask a question, and get an answer from memory
    Ask(ask::Options),
    /// Find the memories for a question, without writing an answer
    Recall(recall::Options),
    /// Store facts
    Remember(remember::Options),
    /// List the memories of a bucket, newest first
    List(list::Options),
    /// Delete single memories
    Forget(forget::Options),
    /// Delete all memories of a bucket
    Clear(clear::Options),
    /// List, create and delete buckets
    Bucket(bucket::Options),
    /// Show or regenerate the profile of a bucket
    Profile(profile::Options),
    /// Store facts from files: JSONL, CSV, text
    Import(import::Options),
    /// Write memories to a file, as JSONL
    Export(export::Options),
    /// Save an API key, once the server has accepted it
    Login(login::Options),
    /// Delete the saved API key
    Logout(logout::Options),
    /// Show which key and server are used, and whether the key works
    Whoami(whoami::Options),
    /// Find out what is wrong, and how to fix it
    Doctor(doctor::Options),
    /// Serve the memory to an MCP client, such as Claude Code, Cursor, Zed, goose, Codex or VS Code
    Mcp(Box<mcp::Options>),
    /// Print what an agent's session should know, for the hooks of coding agents
    Hook(hook::Options),
    /// Run a memory server on this machine
    Serve(Box<serve::Options>),
    /// Print the completions for a shell
    Completions(completions::Options),
    /// Print the manual page
    Man(man::Options),
}

impl Command {
    /// Whether `--json` means something for it.
    fn has_json(&self) -> bool {
        match self {
            Self::Serve(options) => options.has_json(),
            Self::Mcp(_) | Self::Hook(_) | Self::Completions(_) | Self::Man(_) => false,
            _ => true,
        }
    }
}

impl Arguments {
    pub(crate) fn output(&self) -> Output {
        Output { json: self.globals.json }
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let output = self.output();
        let Globals { no_input, connection, .. } = self.globals;
        let context = Context { connection, output, terminal: Terminal::new(no_input) };
        let Some(command) = self.command else {
            context.output.human(|out| out.write_all(FIRST_STEPS.as_bytes()))?;
            return Ok(ExitCode::SUCCESS);
        };
        if output.json && !command.has_json() {
            return Err(Failure::usage("this command has no JSON output").hint("Leave out `--json`."));
        }
        run(command, &context)
    }
}

fn run(command: Command, context: &Context) -> Result<ExitCode, Failure> {
    match command {
        Command::Ask(options) => ask::run(options, context),
        Command::Recall(options) => recall::run(options, context),
        Command::Remember(options) => remember::run(options, context),
        Command::List(options) => list::run(options, context),
        Command::Forget(options) => forget::run(options, context),
        Command::Clear(options) => clear::run(options, context),
        Command::Bucket(options) => bucket::run(options, context),
        Command::Profile(options) => profile::run(options, context),
        Command::Import(options) => import::run(options, context),
        Command::Export(options) => export::run(options, context),
        Command::Login(options) => login::run(&options, context),
        Command::Logout(_) => logout::run(context),
        Command::Whoami(_) => whoami::run(context),
        Command::Doctor(_) => doctor::run(context),
        Command::Mcp(options) => context.wait(mcp::run(*options, &context.connection))?,
        Command::Hook(options) => context.wait(hook::run(options, &context.connection)),
        Command::Serve(options) => return serve::run(*options),
        Command::Completions(options) => completions::run(&options, Arguments::command(), context),
        Command::Man(options) => man::run(&options, Arguments::command(), context),
    }?;
    Ok(ExitCode::SUCCESS)
}
