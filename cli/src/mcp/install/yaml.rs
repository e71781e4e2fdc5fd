//! YAML, as goose has it. No library edits it in place, so a few lines are put into the text or taken out, and the result is read to see
//! that nothing else is different. Where that is not so, nothing is written.

use std::io;

use serde_json::{Map, Value, json};

use super::entry::{Entry, NAME, refused};

const SECTION: &str = "extensions";

pub(super) fn add(text: &str, entry: &Entry) -> io::Result<String> {
    let before = parse(text)?;
    let wanted = server(entry);
    if let Some(there) = before.get(SECTION).and_then(|section| section.get(NAME)) {
        let is_same = ["cmd", "args"].iter().all(|key| there.get(key) == wanted.get(key));
        let other = "it has a lumetra-engram with another path or other arguments; run `lumetra-engram mcp uninstall goose` first";
        return if is_same { Ok(text.to_owned()) } else { Err(refused(other)) };
    }
    let after = insert(text, &wanted);
    let expected = with_section(before, |section| drop(section.insert(NAME.to_owned(), wanted.clone())));
    checked(after, &expected).ok_or_else(|| {
        refused(format!(
            "this file can't be edited safely. Add this to it yourself:\n\n{SECTION}:\n{}\n",
            lines(&wanted, "  ")
        ))
    })
}

pub(super) fn remove(text: &str) -> io::Result<String> {
    let before = parse(text)?;
    if before.get(SECTION).and_then(|section| section.get(NAME)).is_none() {
        return Ok(text.to_owned());
    }
    let expected = with_section(before, |section| drop(section.remove(NAME)));
    checked(cut(text), &expected)
        .ok_or_else(|| refused("this file can't be edited safely. Remove lumetra-engram from it yourself"))
}

fn server(entry: &Entry) -> Value {
    json!({
        "enabled": true, "type": "stdio", "name": NAME, "description": "A memory that outlasts the session",
        "cmd": entry.command, "args": entry.arguments, "envs": {}, "timeout": 300,
    })
}

fn parse(text: &str) -> io::Result<Value> {
    if text.trim().is_empty() {
        return Ok(json!({}));
    }
    let value: Value = serde_saphyr::from_str(text).map_err(|error| refused(format!("this is not YAML: {error}")))?;
    if value.is_object() { Ok(value) } else { Err(refused("the file is not a YAML mapping")) }
}

/// The document with another section, which may have been missing or empty.
fn with_section(mut document: Value, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut section = match document[SECTION].take() {
        Value::Object(section) => section,
        _ => Map::new(),
    };
    change(&mut section);
    document[SECTION] = Value::Object(section);
    document
}

/// The text, where it means what is expected.
fn checked(text: Option<String>, expected: &Value) -> Option<String> {
    text.filter(|text| parse(text).is_ok_and(|value| value == *expected))
}

/// The lines of the server. A text in JSON is one in YAML too.
fn lines(server: &Value, indent: &str) -> String {
    let keys = ["enabled", "type", "name", "description", "cmd", "args", "envs", "timeout"];
    let fields = keys.map(|key| format!("{indent}{indent}{key}: {}\n", server[key]));
    format!("{indent}{NAME}:\n{}", fields.concat())
}

fn insert(text: &str, server: &Value) -> Option<String> {
    let Some((start, head, body)) = section(text) else {
        let line_end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Some(format!("{text}{line_end}{SECTION}:\n{}", lines(server, "  ")));
    };
    let rest = head.strip_prefix(SECTION)?.strip_prefix(':')?.trim();
    let is_empty = rest == "{}";
    if !is_empty && !rest.is_empty() && !rest.starts_with('#') {
        return None;
    }
    let first = body.lines().find(|line| !is_blank(line)).filter(|line| line.starts_with([' ', '\t']));
    let indent = first.map_or("  ", |line| &line[..line.len() - line.trim_start().len()]);
    let head = if is_empty { format!("{SECTION}:\n") } else { format!("{}\n", head.trim_end()) };
    Some(format!("{start}{head}{}{body}", lines(server, indent)))
}

fn cut(text: &str) -> Option<String> {
    let (start, head, body) = section(text)?;
    let is_ours = |line: &str| line.trim_start().strip_prefix(NAME).is_some_and(|rest| rest.trim_end() == ":");
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let ours = body.lines().find(|line| is_ours(line)).map(indent_of)?;
    let mut kept = String::new();
    let (mut inside, mut others) = (false, false);
    for line in body.split_inclusive('\n') {
        inside = if is_ours(line) { true } else { inside && !is_blank(line) && indent_of(line) > ours };
        if !inside {
            kept += line;
            others |= !is_blank(line) && indent_of(line) >= ours;
        }
    }
    let head = if others { format!("{head}\n") } else { format!("{SECTION}: {{}}\n") };
    Some(format!("{start}{head}{kept}"))
}

/// The text before the section, the section's first line, and the text after that.
fn section(text: &str) -> Option<(&str, &str, &str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.strip_prefix(SECTION).is_some_and(|rest| rest.starts_with(':')) {
            return Some((&text[..at], line.trim_end_matches(['\r', '\n']), &text[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

fn is_blank(line: &str) -> bool {
    let text = line.trim();
    text.is_empty() || text.starts_with('#')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn entry() -> Entry {
        let arguments = ["mcp", "--bucket", "a: b"].map(str::to_owned).into();
        Entry { command: r"C:\bin\lumetra-engram.exe".to_owned(), arguments }
    }

    #[test]
    fn comments_and_everything_else_stay_and_twice_is_once() {
        for before in [
            "# mine\nGOOSE_MODEL: x # fast\nextensions: # all of them\n    # theirs\n    developer:\n        enabled: true\n        args: []\n\nlast: 1\n",
            "extensions:\n  other:\n    cmd: \"x\"\n",
        ] {
            let after = add(before, &entry()).unwrap();
            let value = parse(&after).unwrap();
            assert_eq!(value[SECTION][NAME]["args"], json!(["mcp", "--bucket", "a: b"]), "{after}");
            assert_eq!(value[SECTION][NAME]["cmd"], r"C:\bin\lumetra-engram.exe");
            assert_eq!(add(&after, &entry()).unwrap(), after);
            assert_eq!(remove(&after).unwrap(), before);
        }
    }

    #[test]
    fn a_section_is_made_where_there_is_none_or_an_empty_one() {
        for before in ["", "a: 1", "a: 1\n", "a: 1\nextensions: {}\nb: 2\n", "extensions:\n", "extensions:\nb: 2\n"] {
            let after = add(before, &entry()).unwrap();
            assert!(parse(&after).unwrap()[SECTION][NAME].is_object(), "{after}");
            let removed = remove(&after).unwrap();
            assert_eq!(parse(&removed).unwrap()[SECTION], json!({}), "{removed}");
        }
    }

    #[test]
    fn what_can_t_be_edited_safely_is_refused_with_the_text_to_paste() {
        for before in ["extensions: {other: {cmd: x}}\n", "{extensions: {}}\n", "\"extensions\":\n  a: {}\n"] {
            let error = add(before, &entry()).unwrap_err().to_string();
            assert!(error.contains("Add this to it yourself:\n\nextensions:\n  lumetra-engram:\n"), "{error}");
        }
        let other = "extensions:\n  lumetra-engram:\n    cmd: /old\n";
        assert!(add(other, &entry()).unwrap_err().to_string().contains("mcp uninstall goose"));
        for text in ["- a\n", "a: [\n"] {
            assert!(add(text, &entry()).unwrap_err().to_string().ends_with("Nothing was changed"));
        }
    }
}
