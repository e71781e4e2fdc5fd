//! A progress bar on the standard error stream, where that is a terminal.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use crate::terminal::Terminal;

/// It goes away with its last handle. `total` is `None` where it is not known.
pub(crate) fn bar(total: Option<u64>, terminal: Terminal) -> ProgressBar {
    if !terminal.shows_progress() {
        return ProgressBar::hidden();
    }
    // A line that the terminal breaks would not be drawn over.
    let template = match terminal.progress_width() {
        Some(..30) => "{percent} %",
        Some(30..60) => "{human_pos}/{human_len} facts",
        _ => "{wide_bar} {human_pos}/{human_len} facts, {eta} left",
    };
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), template),
        None => (ProgressBar::no_length(), "{spinner} {human_pos} facts"),
    };
    let bar = bar.with_finish(ProgressFinish::AndClear);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
