//! Output that keeps to the width of a terminal. Where there is no `width`, as in a pipe, a record is a line.

use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter};

/// A second column with less room than this goes below the first.
const NARROWEST: usize = 20;

/// The text in lines of whole words, the first of which begin so.
pub(crate) fn wrapped(text: &str, first: &str, others: &str, width: Option<usize>) -> String {
    match width {
        Some(width) => textwrap::fill(text, options(width).initial_indent(first).subsequent_indent(others)),
        None => format!("{first}{text}"),
    }
}

/// Whole words: what is longer than a line, such as an id or a path, is there to be copied.
fn options<'a>(width: usize) -> Options<'a> {
    let options = Options::new(width).break_words(false);
    options.word_separator(WordSeparator::AsciiSpace).word_splitter(WordSplitter::NoHyphenation)
}

/// Two texts, the second of which begins at this column, or below the first where there is no room for it.
pub(crate) fn columns(left: &str, right: &str, column: usize, width: Option<usize>) -> String {
    if right.trim().is_empty() {
        return wrapped(left.trim_end(), "", "  ", width);
    }
    let longest = right.split(' ').map(display_width).max().unwrap_or_default();
    if width.is_some_and(|width| width < column + longest.max(NARROWEST)) {
        let above = if left.is_empty() { String::new() } else { wrapped(left, "", "  ", width) + "\n" };
        return above + &wrapped(right, "  ", "  ", width);
    }
    let gap = " ".repeat(column.saturating_sub(display_width(left)));
    wrapped(right, &format!("{left}{gap}"), &" ".repeat(column), width)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Ana prefers green tea from the hills of Uji.";

    #[test]
    fn the_second_column_is_wrapped_beside_the_first_or_below_it() {
        assert_eq!(columns("one", TEXT, 5, None), format!("one  {TEXT}"));
        let beside = "one  Ana prefers green tea\n     from the hills of Uji.";
        assert_eq!(columns("one", TEXT, 5, Some(30)), beside);
        let below = "one\n  Ana prefers green\n  tea from the hills\n  of Uji.";
        assert_eq!(columns("one", TEXT, 5, Some(20)), below);
        assert_eq!(columns("one", "in https://example.com/tea", 5, Some(25)), "one\n  in\n  https://example.com/tea");
        for width in [Some(20), Some(80), None] {
            assert_eq!(columns("one", "", 5, width), "one", "{width:?}");
        }
        assert_eq!(columns("", TEXT, 5, Some(20)), "  Ana prefers green\n  tea from the hills\n  of Uji.");
    }

    #[test]
    fn no_word_is_broken_and_wide_characters_and_styles_are_measured_as_they_are_shown() {
        let id = "01a217ed-ce8f-7681-aa95-bb18086d5b0c";
        assert_eq!(wrapped(&format!("tea {id}"), "", "  ", Some(20)), format!("tea\n  {id}"));
        assert_eq!(wrapped("日本 日本 日本", "", "", Some(9)), "日本 日本\n日本");
        assert_eq!(columns("\u{1b}[1mone\u{1b}[0m", "tea", 5, None), "\u{1b}[1mone\u{1b}[0m  tea");
    }
}
