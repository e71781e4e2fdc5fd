//! Foreign text, made fit for an error message.

use std::error::Error as StdError;

/// The longest text that a message repeats, in characters.
const LIMIT: usize = 200;

/// The text in one line without control characters, which a terminal would obey, cut where it is long. Redact a server's text first.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// What the last error of the chain says, which is the one that names a cause.
pub(crate) fn root_cause(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    one_line(&cause.to_string())
}

/// Whether this is the content type of JSON.
pub(crate) fn is_json(content_type: &str) -> bool {
    content_type.to_ascii_lowercase().contains("json")
}
