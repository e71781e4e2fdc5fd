//! How much of a model's context a reply may take.

/// What is left of it, in tokens.
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn new(tokens: usize) -> Self {
        Self(tokens)
    }

    /// Takes what the text needs, or nothing where that is more than is left.
    pub(crate) fn take(&mut self, text: &str) -> bool {
        let size = tokens(text);
        let fits = size <= self.0;
        if fits {
            self.0 -= size;
        }
        fits
    }

    /// The text, or as much of its beginning as fits, with a note of how much is cut off.
    pub(crate) fn take_start(&mut self, text: &str) -> String {
        if self.take(text) {
            return text.to_owned();
        }
        let (start, missing) = cut(text, self.0);
        self.0 = 0;
        format!("{start} … ({missing} characters are cut off)")
    }
}

/// An estimate of the tokens of a text, on the high side: four ASCII characters a token, and one for every other character. Models differ,
/// and none of their tokenizers is at hand.
fn tokens(text: &str) -> usize {
    let others = text.chars().filter(|character| !character.is_ascii()).count();
    let ascii = text.bytes().filter(u8::is_ascii).count();
    ascii.div_ceil(4) + others
}

/// The beginning of a text that takes at most so many tokens, and how many characters come after it.
fn cut(text: &str, most: usize) -> (&str, usize) {
    let (mut ascii, mut others) = (0_usize, 0);
    for (at, character) in text.char_indices() {
        *(if character.is_ascii() { &mut ascii } else { &mut others }) += 1;
        if ascii.div_ceil(4) + others > most {
            return (&text[..at], text[at..].chars().count());
        }
    }
    (text, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_what_is_left_and_says_how_much_is_gone() {
        for text in ["plain words of a sentence", "日本語の文章です", "mixed 日本 and words"] {
            for most in 0..tokens(text) + 2 {
                let (start, missing) = cut(text, most);
                assert!(tokens(start) <= most && text.starts_with(start));
                assert_eq!(start.chars().count() + missing, text.chars().count());
                assert_eq!(missing == 0, tokens(text) <= most);
            }
        }
        let mut budget = Budget::new(3);
        assert!(budget.take("four") && !budget.take("two of them"));
        assert_eq!(budget.take_start("two of them"), "two of t … (3 characters are cut off)");
        assert!(!budget.take("x") && budget.take(""));
    }
}
