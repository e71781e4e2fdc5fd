//! Where in a JSON text a decoding error is. Decoding does not keep track of it, which would cost every call; it is found from the line and
//! the column of the error.

use std::fmt;

use serde_json::Error;

/// What serde says of a JSON text, and where in it.
#[derive(Debug)]
pub(crate) struct Located {
    /// Such as `memories[3].content`; empty for the whole.
    path: String,
    pub(crate) error: Error,
}

impl Located {
    pub(crate) fn new(error: Error, json: &[u8]) -> Self {
        Self { path: path(up_to(&error, json)), error }
    }
}

impl fmt::Display for Located {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => self.error.fmt(formatter),
            path => write!(formatter, "{path}: {}", self.error),
        }
    }
}

/// The text that was read before the error.
fn up_to<'a>(error: &Error, json: &'a [u8]) -> &'a [u8] {
    let lines = json.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    let end = lines.map(<[u8]>::len).sum::<usize>() + error.column();
    json.get(..end).unwrap_or(json)
}

/// What has begun in a text, and not ended.
enum Open<'a> {
    /// An object, in the member of this name.
    Object(Option<&'a [u8]>),
    /// An array, in the element of this index.
    Array(usize),
}

/// The path to the value at which the text ends.
fn path(json: &[u8]) -> String {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut rest = json;
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, open.last_mut()) {
            (b'{', _) => open.push(Open::Object(None)),
            (b'[', _) => open.push(Open::Array(0)),
            (b'}' | b']', _) => drop(open.pop()),
            (b',', Some(Open::Object(name))) => *name = None,
            (b',', Some(Open::Array(index))) => *index += 1,
            (b'"', last) => {
                let text = &after[..text_length(after)];
                rest = after.get(text.len() + 1..).unwrap_or_default();
                if let Some(Open::Object(name @ None)) = last {
                    *name = Some(text);
                }
            }
            _ => {}
        }
    }
    open.iter().fold(String::new(), |path, open| match open {
        Open::Object(None) => path,
        Open::Object(Some(name)) if path.is_empty() => String::from_utf8_lossy(name).into_owned(),
        Open::Object(Some(name)) => format!("{path}.{}", String::from_utf8_lossy(name)),
        Open::Array(index) => format!("{path}[{index}]"),
    })
}

/// How long a text is that has just begun.
fn text_length(json: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = json.iter().position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(json.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        text: Option<String>,
        number: Option<i8>,
        inner: Option<Vec<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Inner {
        id: String,
        list: Option<Vec<bool>>,
    }

    fn path(json: &str) -> String {
        let error = serde_json::from_str::<Outer>(json).expect_err(json);
        Located::new(error, json.as_bytes()).path
    }

    #[test]
    fn the_path_is_that_of_the_value_of_the_wrong_type() {
        for (json, expected) in [
            (r#"{"text":5}"#, "text"),
            (r#"{"text":57,"number":1}"#, "text"),
            (r#"{"text":-1.5e+7}"#, "text"),
            (r#"{"text":true}"#, "text"),
            (r#"{"text":[]}"#, "text"),
            (r#"{"text":{"a":1}}"#, "text"),
            (r#"{"text":"a","number":"many"}"#, "number"),
            (r#"{"number":300}"#, "number"),
            (r#"{"inner":{"id":"a"}}"#, "inner"),
            (r#"{"inner":[{"id":"a"},{"id":null}]}"#, "inner[1].id"),
            (r#"{"inner":[{"id":"a"},5]}"#, "inner[1]"),
            (r#"{"inner":[{"id":"a","list":[true,false,3]}]}"#, "inner[0].list[2]"),
            (r#"{"inner":[{"id":"a","list":[true,[]]}]}"#, "inner[0].list[1]"),
            ("{\n \"text\": \"a\",\n \"inner\": [\n  { \"id\": 5 }\n ]\n}", "inner[0].id"),
            (r#"{"text":"\"é\\","inner":[7]}"#, "inner[0]"),
            (r#"{"":"{[,","text":7}"#, "text"),
            ("57", ""),
            (r#""text""#, ""),
        ] {
            assert_eq!(path(json), expected, "{json}");
        }
    }

    #[test]
    fn what_is_missing_or_cut_short_is_so_where_it_should_be() {
        for (json, expected) in [
            (r#"{"inner":[{"id":"a"},{"list":[]}]}"#, "inner[1]"),
            (r#"{"inner":[{"id":"a"},{}]}"#, "inner[1]"),
            (r#"{"inner":[{"id":"a"#, "inner[0].id"),
            ("", ""),
            ("<html>", ""),
            ("{} {}", ""),
            ("}]", ""),
        ] {
            assert_eq!(path(json), expected, "{json}");
        }
    }
}
