//! What a tool returns.

use serde::Serialize;
use serde_json::{Map, Value};

/// What came of a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply {
    /// For the model: short plain text that stands alone and names its bucket.
    pub text: String,
    /// The same as values, as [`Definition::output`](crate::Definition::output) describes them.
    pub structured: Map<String, Value>,
}

impl Reply {
    pub(crate) fn new(text: String, structured: &impl Serialize) -> Self {
        let structured = match serde_json::to_value(structured) {
            Ok(Value::Object(structured)) => structured,
            _ => Map::new(),
        };
        Self { text, structured }
    }
}
