//! Whether somebody sits in front of the program, and asking them.

use std::env;
use std::io::{self, IsTerminal, Write};

use terminal_size::{Width, terminal_size_of};

use crate::failure::Failure;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    stdin: bool,
    stdout: bool,
    stderr: bool,
    no_input: bool,
}

impl Terminal {
    pub(crate) fn new(no_input: bool) -> Self {
        let (stdin, stdout) = (io::stdin().is_terminal(), io::stdout().is_terminal());
        Self { stdin, stdout, stderr: io::stderr().is_terminal(), no_input }
    }

    pub(crate) fn stdin_is_a_terminal(self) -> bool {
        self.stdin
    }

    /// Whether an answer is shown as it is written.
    pub(crate) fn shows_output(self) -> bool {
        self.stdout
    }

    /// How wide the terminal is that the output is shown on; `None` where the output goes elsewhere.
    pub(crate) fn width(self) -> Option<usize> {
        terminal_size_of(io::stdout()).map(|(Width(columns), _)| columns.into())
    }

    /// How wide the terminal is that progress is shown on.
    pub(crate) fn progress_width(self) -> Option<usize> {
        terminal_size_of(io::stderr()).map(|(Width(columns), _)| columns.into())
    }

    pub(crate) fn shows_progress(self) -> bool {
        self.stderr && env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    pub(crate) fn can_ask(self) -> bool {
        self.stdin && self.stderr && !self.no_input
    }

    /// One line of the user.
    pub(crate) fn ask(self, question: &str) -> Result<String, Failure> {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question}")?;
        stderr.flush()?;
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// One line that is not shown while it is typed.
    pub(crate) fn ask_secret(self, question: &str) -> Result<String, Failure> {
        Ok(rpassword::prompt_password(question)?.trim().to_owned())
    }
}
