//! What a model passes to a tool.

use serde_json::{Map, Value};

/// The arguments of a call, however the model's API hands them over: as text in JSON (OpenAI) or as a value (Anthropic, MCP).
///
/// Text that is empty, and `null`, are no arguments: some models send nothing where nothing is required.
#[derive(Clone, Debug)]
pub struct Arguments(pub(crate) Result<Value, String>);

impl From<&str> for Arguments {
    fn from(text: &str) -> Self {
        let text = if text.trim().is_empty() { "{}" } else { text };
        Self(serde_json::from_str(text).map_err(|error| error.to_string())).filled()
    }
}

impl From<String> for Arguments {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<Value> for Arguments {
    fn from(value: Value) -> Self {
        Self(Ok(value)).filled()
    }
}

impl From<Map<String, Value>> for Arguments {
    fn from(arguments: Map<String, Value>) -> Self {
        Value::Object(arguments).into()
    }
}

impl Arguments {
    fn filled(self) -> Self {
        match self.0 {
            Ok(Value::Null) => Self(Ok(Value::Object(Map::new()))),
            other => Self(other),
        }
    }
}
