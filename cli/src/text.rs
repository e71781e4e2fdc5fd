//! Texts of others, made fit to be shown.

/// The text without what would steer the terminal: a memory may hold anything. Line breaks and tabs stay.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|character| matches!(character, '\n' | '\t') || !character.is_control()).collect()
}

/// The text in one line.
pub(crate) fn one_line(text: &str) -> String {
    shown(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `1 fact`, `2 facts`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_cannot_steer_the_terminal() {
        assert_eq!(shown("red \u{1b}[31mtea\r\n\u{9b}2J"), "red [31mtea\n2J");
        assert_eq!(one_line("a\n b\tc"), "a b c");
    }
}
