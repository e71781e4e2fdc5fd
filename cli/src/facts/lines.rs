//! The lines of a file.

use std::io::{self, BufRead};

/// The lines that are not empty, with their numbers from 1, and without a byte order mark.
pub(super) fn lines(file: impl BufRead) -> impl Iterator<Item = (u64, io::Result<String>)> {
    let lines = (1..).zip(file.lines()).map(|(number, line)| {
        let line = line.map(|line| line.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(line));
        (number, line)
    });
    lines.filter(|(_, line)| !line.as_ref().is_ok_and(|line| line.trim().is_empty()))
}
