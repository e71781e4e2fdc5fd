//! The program `lumetra-engram`: a memory for agents, from the command line.

// They panic where nothing can be written.
#![warn(clippy::print_stderr, clippy::print_stdout)]

// In layers: a file imports only from those above its own.
mod bucket_name;
mod failure;
mod layout;
mod secret;
mod text;

mod credentials;
mod facts;
mod interrupts;
mod output;
mod terminal;

mod connection;
mod progress;

mod context;
mod project;

mod hook;
mod mcp;

mod commands;

mod arguments;

use std::env;
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use failure::Failure;
use output::Output;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    let output = arguments.output();
    match arguments.run() {
        Ok(code) => code,
        // Whoever read the output has seen enough.
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            output.fail(&failure);
            failure.exit_code()
        }
    }
}

/// Arguments that make no sense, or a wish for help, which clap takes for an error too.
fn refuse(error: &clap::Error) -> ExitCode {
    let wants_json = env::args_os().any(|argument| argument == "--json");
    if !wants_json || !error.use_stderr() {
        // Where it cannot be written there is no one to tell.
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    let message = error.to_string();
    let message: Vec<_> = message.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let message = message.join(" ");
    let failure = Failure::usage(message.trim_start_matches("error: ")).hint("See `lumetra-engram help`.");
    Output { json: true }.fail(&failure);
    failure.exit_code()
}
