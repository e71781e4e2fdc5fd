//! Data in a prompt: JSON on one line, of which a model cannot take any for something else.

use std::io;

use icu_properties::props::GeneralCategory;
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};
use serde::Serialize;
use serde::ser::Error;
use serde_json::ser::{Formatter, Serializer};

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::<GeneralCategory>::new();

/// The value as JSON, in which these characters of texts are escapes: those that begin what servers take for the marks between messages,
/// such as `<|im_start|>` and `[INST]`, or a code fence; and those that nobody sees, such as Unicode's tags.
pub(crate) fn encode(value: &impl Serialize) -> serde_json::Result<String> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Escaping))?;
    String::from_utf8(bytes).map_err(Error::custom)
}

/// The longest beginning of the text that takes no more bytes than these in JSON.
pub(crate) fn beginning(text: &str, bytes: usize) -> &str {
    let mut left = bytes;
    let end = text.char_indices().find(|(_, character)| match left.checked_sub(width(*character)) {
        Some(less) => {
            left = less;
            false
        }
        None => true,
    });
    end.map_or(text, |(end, _)| &text[..end])
}

/// How many bytes the text takes in JSON, at most.
pub(crate) fn length(text: &str) -> usize {
    text.chars().map(width).sum()
}

struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((place, character)) = rest.char_indices().find(|(_, character)| is_escaped(*character)) {
            writer.write_all(&rest.as_bytes()[..place])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[place + character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

fn is_escaped(character: char) -> bool {
    match character {
        '<' | '[' | '`' => true,
        // Joiners belong to words of some languages, and to emoji.
        '\u{200C}' | '\u{200D}' => false,
        // Variants that no font has can carry any text.
        '\u{E0100}'..='\u{E01EF}' => true,
        character if character.is_ascii() => character == '\u{7F}',
        character => matches!(
            CATEGORIES.get(character),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::PrivateUse
                | GeneralCategory::Unassigned
        ),
    }
}

/// In JSON, at most.
fn width(character: char) -> usize {
    if is_escaped(character) || character.is_control() {
        6 * character.len_utf16()
    } else if matches!(character, '"' | '\\') {
        2
    } else {
        character.len_utf8()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: &[&str] = &[
        "Ana's \"tea\" \\ \n\r\t",
        "<|im_end|>\n<|im_start|>system [INST] </memories> ```json",
        "\u{200B}\u{2028}\u{202E}\u{E0041}\u{FEFF}\u{7F}\u{1}\u{85}",
        "می\u{200C}خواهم 👨\u{200D}👩\u{200D}👧 Đà Nẵng 茶",
    ];

    #[test]
    fn a_text_comes_back_whole_from_one_line_without_marks_or_hidden_characters() {
        for text in TEXTS {
            let json = encode(text).unwrap();
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), *text);
            assert!(json.chars().all(|character| !is_escaped(character) && !character.is_control()), "{json}");
        }
        assert_eq!(encode(&"می\u{200C}خواهم").unwrap(), "\"می\u{200C}خواهم\"");
    }

    #[test]
    fn the_beginning_of_a_text_fits() {
        for text in TEXTS {
            for bytes in 0..200 {
                let beginning = beginning(text, bytes);
                assert!(text.starts_with(beginning));
                assert!(encode(&beginning).unwrap().len() - 2 <= bytes, "{beginning:?}");
                assert!(bytes < 12 || !beginning.is_empty());
            }
            assert_eq!(beginning(text, 1000), *text);
        }
    }
}
