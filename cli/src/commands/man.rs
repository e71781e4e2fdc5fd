//! `man`: the manual.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;

use crate::context::Context;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram man | man -l -
  lumetra-engram man --dir ~/.local/share/man/man1";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Of `engram-local`, the program that is the server alone
    #[arg(long)]
    server: bool,
}

pub(crate) fn run(options: &Options, program: clap::Command, context: &Context) -> Result<(), Failure> {
    let program = if options.server { lumetra_engram_local::program::command() } else { program };
    if let Some(folder) = &options.dir {
        let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(program, folder));
        written.map_err(|error| Failure::file("write the manual pages to", folder, &error))?;
        return context.output.human(|out| writeln!(out, "Wrote the manual pages to {}.", folder.display()));
    }
    let mut page = Vec::new();
    Man::new(program).render(&mut page)?;
    context.output.human(|out| out.write_all(&page))
}
