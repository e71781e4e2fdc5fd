//! The estimate of tokens: a token is a word, that is, what stands between white space. No model is asked.

/// How many tokens the text has.
pub(crate) fn count(text: &str) -> i64 {
    i64::try_from(text.split_whitespace().count()).unwrap_or(i64::MAX)
}

/// The beginning of the text, with at most this many tokens.
pub(crate) fn first(text: &str, tokens: usize) -> &str {
    let end = pieces(text).take(tokens).map(str::len).sum();
    if end == text.len() { text } else { text[..end].trim_end() }
}

/// The text in pieces of one word each, with the white space that follows it.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = rest.find(|character: char| !character.is_whitespace())?;
        let space = rest[word..].find(char::is_whitespace).map_or(rest.len(), |space| word + space);
        let end =
            rest[space..].find(|character: char| !character.is_whitespace()).map_or(rest.len(), |next| space + next);
        let (piece, others) = rest.split_at(end);
        rest = others;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_word() {
        assert_eq!(count(" The user \n prefers\u{3000}dark mode. "), 5);
        assert_eq!(count(" \t"), 0);
    }

    #[test]
    fn the_beginning_keeps_its_white_space() {
        assert_eq!(first("a  b\nc d", 3), "a  b\nc");
        assert_eq!(first("a b", 2), "a b");
        assert_eq!(first("a b", 0), "");
    }

    #[test]
    fn the_pieces_make_up_the_text() {
        for text in ["a  b\n- ü c ", " a", "", "a"] {
            assert_eq!(pieces(text).collect::<String>(), text);
        }
        assert_eq!(pieces(" a  b c").collect::<Vec<_>>(), [" a  ", "b ", "c"]);
    }
}
