//! What a model is told of a tool.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// A tool, as a model sees it. See [`openai`](Self::openai) and [`anthropic`](Self::anthropic) for the forms that chat APIs take.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Definition {
    /// By which it is called.
    pub name: &'static str,
    /// A short name for people.
    pub title: &'static str,
    /// What it does, for the model.
    pub description: String,
    /// The JSON Schema of its arguments: an object.
    pub parameters: Map<String, Value>,
    /// The JSON Schema of [`Reply::structured`](crate::Reply::structured): an object.
    pub output: Map<String, Value>,
    /// Whether it changes nothing.
    pub is_read_only: bool,
    /// Whether it may delete what was stored.
    pub is_destructive: bool,
    /// Whether calling it twice does no more than calling it once.
    pub is_idempotent: bool,
}

impl Definition {
    /// In the form of OpenAI's chat API and of all that speak it: an entry of `tools`.
    #[must_use]
    pub fn openai(&self) -> Value {
        let Self { name, description, parameters, .. } = self;
        json!({ "type": "function", "function": { "name": name, "description": description, "parameters": parameters } })
    }

    /// In the form of Anthropic's messages API: an entry of `tools`.
    #[must_use]
    pub fn anthropic(&self) -> Value {
        let Self { name, description, parameters, .. } = self;
        json!({ "name": name, "description": description, "input_schema": parameters })
    }
}

/// The JSON Schema of a type, and the type's own documentation.
pub(crate) fn schema_of<T: JsonSchema>() -> (Map<String, Value>, String) {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        // Many endpoints know neither of the two.
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema: Value = settings.into_generator().into_root_schema_for::<T>().into();
    simplify(&mut schema);
    let Value::Object(mut schema) = schema else { return Default::default() };
    // The name of the Rust type, which says nothing to a model.
    schema.remove("title");
    let description = schema.remove("description").and_then(|text| text.as_str().map(str::to_owned));
    (schema, description.unwrap_or_default())
}

/// What may be left out need not be `null` too, and models know no Rust number formats. Endpoints refuse either.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("format");
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            object.values_mut().for_each(simplify);
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}
