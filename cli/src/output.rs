//! What is printed: for people, or as one JSON envelope.

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;

/// What stands out.
pub(crate) const STRONG: Style = Style::new().bold();
/// What is there to be copied, such as an id.
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// A text in a style. `anstream` takes the style away where the output is no terminal, for `NO_COLOR` and for `TERM=dumb`.
pub(crate) fn styled(style: Style, text: impl fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Prints the outcome of a command: the data as JSON, or what `human` writes.
    pub(crate) fn print<T: Serialize>(
        self,
        data: &T,
        human: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if self.json {
            return print_json(&json!({"ok": true, "data": data}));
        }
        self.human(human)
    }

    /// Prints for people what was done before a failure, which is told even where this can't be written.
    pub(crate) fn before_failure(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if !self.json {
            let _ = self.human(write);
        }
    }

    /// Prints for people only.
    pub(crate) fn human(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let mut stdout = anstream::stdout().lock();
        write(&mut stdout)?;
        Ok(stdout.flush()?)
    }

    /// Says something beside the data.
    pub(crate) fn note(self, note: &str) {
        // Where the standard error stream is closed there is no one to tell.
        let _ = writeln!(anstream::stderr(), "{note}");
    }

    pub(crate) fn fail(self, failure: &Failure) {
        if self.json {
            let Err(unwritten) = print_json(&failure.envelope()) else { return };
            self.note(&format!("The output can't be written: {unwritten}"));
        }
        self.note(&format!("{} {failure}", styled(BAD, "error:")));
        if let Some(advice) = failure.advice() {
            self.note(&advice);
        }
    }
}

fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{value}")?;
    Ok(stdout.flush()?)
}
