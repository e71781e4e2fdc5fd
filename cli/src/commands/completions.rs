//! `completions`: what a shell needs to complete the command line.

use clap::Args;
use clap_complete::Shell;

use crate::context::Context;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram completions bash > ~/.local/share/bash-completion/completions/lumetra-engram
  lumetra-engram completions zsh > ~/.zfunc/_lumetra-engram
  lumetra-engram completions fish > ~/.config/fish/completions/lumetra-engram.fish";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    /// The shell
    shell: Shell,
    /// For `engram-local`, the program that is the server alone
    #[arg(long)]
    server: bool,
}

pub(crate) fn run(options: &Options, program: clap::Command, context: &Context) -> Result<(), Failure> {
    let mut program = if options.server { lumetra_engram_local::program::command() } else { program };
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut program, name, &mut script);
    context.output.human(|out| out.write_all(&script))
}
