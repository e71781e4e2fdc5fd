//! What errors say, in one line.

use std::error::Error;

use serde_json::Value;

/// So much of what an endpoint says goes into an error, in characters.
const LONGEST_WORDS: usize = 400;

/// What an endpoint says of an error, in brackets, with a space before; empty where it says nothing.
pub(super) fn words(body: &[u8], key: Option<&str>) -> String {
    let text = message(body).unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let text = match key {
        Some(key) => text.replace(key, "[key]"),
        None => text,
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let words: String = words.join(" ").chars().take(LONGEST_WORDS).collect();
    if words.is_empty() { words } else { format!(" ({words})") }
}

/// The text of an error in JSON, of the shapes that are in use: `{"error": {"message": "…"}}`, `{"error": "…"}` and `{"message": "…"}`.
fn message(body: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let error = &json["error"];
    [&error["message"], error, &json["message"]].into_iter().find_map(Value::as_str).map(str::to_owned)
}

/// The error and its causes.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_the_endpoint_means_on_one_line() {
        for (body, expected) in [
            (r#"{"error":{"message":"no such\n model","code":404}}"#, " (no such model)"),
            (r#"{"error":"pull it first"}"#, " (pull it first)"),
            (r#"{"message":"busy"}"#, " (busy)"),
            (r#"{"detail":"busy"}"#, r#" ({"detail":"busy"})"#),
            ("<h1>\n502</h1>", " (<h1> 502</h1>)"),
            (" \n", ""),
        ] {
            assert_eq!(words(body.as_bytes(), None), expected, "{body}");
        }
        assert_eq!(words("x".repeat(1000).as_bytes(), None).len(), LONGEST_WORDS + 3);
    }

    #[test]
    fn an_error_holds_no_key() {
        let body = r#"{"error":{"message":"the key secret-key is wrong, not secret-key"}}"#;
        assert_eq!(words(body.as_bytes(), Some("secret-key")), " (the key [key] is wrong, not [key])");
    }
}
