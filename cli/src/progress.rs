//! A progress bar on the standard error stream, where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal::Terminal;

/// `total` is `None` where it is not known.
pub(crate) fn bar(total: Option<u64>, terminal: Terminal) -> ProgressBar {
    if !terminal.shows_progress() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{wide_bar} {human_pos}/{human_len} facts, {eta} left"),
        None => (ProgressBar::no_length(), "{spinner} {human_pos} facts"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
