//! Cutting a long text into parts, each of which gets a vector.

/// The longest part, in bytes: what most embeddings models look at, whatever the language. They ignore what is longer, or refuse it.
const LONGEST_PART: usize = 1000;

/// The parts of the text, in order. Each ends at white space where there is any, and none is blank.
pub(crate) fn parts(text: &str) -> impl Iterator<Item = &str> {
    parts_of(text, LONGEST_PART)
}

/// The same, with parts of so many bytes at most.
pub(crate) fn parts_of(text: &str, longest: usize) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (part, others) = rest.split_at(end_of_part(rest, longest));
        rest = others.trim_start();
        Some(part.trim_end())
    })
}

fn end_of_part(text: &str, longest: usize) -> usize {
    if text.len() <= longest {
        return text.len();
    }
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    let space = text[..end].rfind(char::is_whitespace).filter(|space| *space > 0);
    space.unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_hold_the_whole_text() {
        for text in
            ["", " ", "tea", &"tea and ".repeat(1000), &"茶".repeat(1000), &"x".repeat(5000), &" \n".repeat(3000)]
        {
            let parts: Vec<&str> = parts(text).collect();
            assert!(parts.iter().all(|part| !part.is_empty() && part.len() <= LONGEST_PART), "{parts:?}");
            let without_spaces = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(without_spaces(&parts.concat()), without_spaces(text));
        }
    }
}
