//! JSON, with comments or without: an object of servers by name.

use std::io;

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};

use super::entry::{Entry, NAME, refused};

/// How a client has it.
pub(super) struct Json {
    /// The key of the servers.
    pub(super) section: &'static str,
    /// Whether a server says that it speaks over standard input and output.
    pub(super) has_type: bool,
}

impl Json {
    pub(super) fn add(&self, text: &str, entry: &Entry) -> io::Result<String> {
        let root = parse(text)?;
        let problem = |what: &str| refused(format!("{what} is not a JSON object"));
        let top = root.object_value_or_create().ok_or_else(|| problem("the file"))?;
        let servers = top.object_value_or_create(self.section).ok_or_else(|| problem(self.section))?;
        let server = servers.object_value_or_create(NAME).ok_or_else(|| problem(NAME))?;
        let arguments = entry.arguments.iter().cloned().map(CstInputValue::String).collect();
        if self.has_type {
            set(&server, "type", CstInputValue::String("stdio".to_owned()));
        }
        // What else a user has written there, such as variables, is theirs.
        set(&server, "command", CstInputValue::String(entry.command.clone()));
        set(&server, "args", CstInputValue::Array(arguments));
        let text = root.to_string();
        Ok(if text.ends_with('\n') { text } else { text + "\n" })
    }

    pub(super) fn remove(&self, text: &str) -> io::Result<String> {
        let root = parse(text)?;
        let servers = root.object_value().and_then(|top| top.object_value(self.section));
        let Some(server) = servers.and_then(|servers| servers.get(NAME)) else { return Ok(text.to_owned()) };
        server.remove();
        Ok(root.to_string())
    }
}

fn parse(text: &str) -> io::Result<CstRootNode> {
    CstRootNode::parse(text, &ParseOptions::default()).map_err(|error| refused(format!("this is not JSON: {error}")))
}

/// Writes nothing where the value is there.
fn set(object: &CstObject, key: &str, value: CstInputValue) {
    match object.get(key) {
        None => drop(object.append(key, value)),
        Some(property) => {
            let is_there = property.value().and_then(|value| value.to_serde_value());
            if is_there != Some(plain(&value)) {
                property.set_value(value);
            }
        }
    }
}

/// A text, or a list of texts.
fn plain(value: &CstInputValue) -> serde_json::Value {
    match value {
        CstInputValue::String(text) => text.as_str().into(),
        CstInputValue::Array(items) => items.iter().map(plain).collect(),
        _ => serde_json::Value::Null,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const ZED: Json = Json { section: "context_servers", has_type: false };

    fn entry() -> Entry {
        Entry { command: "/opt/bin/lumetra-engram".to_owned(), arguments: vec!["mcp".to_owned()] }
    }

    #[test]
    fn comments_and_everything_else_stay_and_twice_is_once() {
        let before = "// My settings\n{\n  \"theme\": \"One\", // dark\n  \"context_servers\": {\n    /* mine */\n    \"other\": {\n      \"command\": \"x\",\n    },\n  },\n}\n";
        let after = ZED.add(before, &entry()).unwrap();
        for kept in ["// My settings\n", "\"theme\": \"One\", // dark\n", "/* mine */", "\"command\": \"x\",\n"] {
            assert!(after.contains(kept), "{after}");
        }
        assert!(after.contains("\"lumetra-engram\": {\n      \"command\": \"/opt/bin/lumetra-engram\",\n"), "{after}");
        assert_eq!(ZED.add(&after, &entry()).unwrap(), after);
        assert_eq!(ZED.remove(&after).unwrap(), before);
    }

    #[test]
    fn an_entry_is_brought_up_to_date_and_keeps_what_its_user_wrote() {
        let before =
            r#"{"context_servers":{"lumetra-engram":{"command":"/old","args":[],"env":{"ENGRAM_BUCKET":"b"}}}}"#;
        let after = ZED.add(before, &entry()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&after).unwrap();
        let server = &value["context_servers"]["lumetra-engram"];
        assert_eq!(server["command"], "/opt/bin/lumetra-engram");
        assert_eq!((&server["args"][0], &server["env"]["ENGRAM_BUCKET"]), (&"mcp".into(), &"b".into()));
    }

    #[test]
    fn a_new_file_is_plain_json_and_what_is_no_object_is_refused() {
        let json = Json { section: "mcpServers", has_type: true };
        let value: serde_json::Value = serde_json::from_str(&json.add("", &entry()).unwrap()).unwrap();
        let server = serde_json::json!({ "type": "stdio", "command": "/opt/bin/lumetra-engram", "args": ["mcp"] });
        assert_eq!(value, serde_json::json!({ "mcpServers": { "lumetra-engram": server } }));
        assert_eq!(json.remove("").unwrap(), "");
        for text in ["[]", r#"{"mcpServers": 1}"#, r#"{"mcpServers": {"lumetra-engram": null}}"#, "{"] {
            let error = json.add(text, &entry()).err().unwrap().to_string();
            assert!(error.ends_with("Nothing was changed"), "{error}");
        }
    }
}
