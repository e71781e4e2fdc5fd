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
}

pub(crate) fn run(options: &Options, mut program: clap::Command, context: &Context) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut program, "lumetra-engram", &mut script);
    context.output.human(|out| out.write_all(&script))
}
