//! What the rules look at.

use anyhow::{Context, Result, ensure};
use lumetra_engram_spec::openapi::{elements, members, operations, resolve, target};
use lumetra_engram_spec::walk;
use serde_json::Value;

/// What is wrong, and what to do about it; with the value that it is wrong with.
pub(crate) type Found<'a> = Vec<(&'a Value, String)>;

/// A spec, with its schemas by what they are part of.
pub(crate) struct Document<'a> {
    pub(crate) root: &'a Value,
    /// The same, read by YAML 1.2, in which only `true` and `false` are booleans.
    pub(crate) strict: &'a Value,
    pub(crate) schemas: Vec<&'a Value>,
    pub(crate) in_requests: Vec<&'a Value>,
    pub(crate) in_responses: Vec<&'a Value>,
}

/// A spec in both readings.
pub(crate) struct Parsed(Value, Value);

impl Parsed {
    pub(crate) fn read(text: &str) -> Result<Self> {
        let strictly = serde_saphyr::options! { strict_booleans: true };
        let root: Value = serde_saphyr::from_str(text)?;
        ensure!(root.get("openapi").is_some(), "this is not an OpenAPI document: begin it with `openapi: 3.0.3`");
        Ok(Self(root, serde_saphyr::from_str_with_options(text, strictly).context("not YAML 1.2")?))
    }

    pub(crate) fn document(&self) -> Document<'_> {
        let Self(root, strict) = self;
        let forms = |name: &'static str| {
            let forms = operations(root).flat_map(|operation| elements(&operation.value["x-forms"]));
            forms.filter_map(move |form| target(root, form[name].as_str()?))
        };
        let responses = operations(root).flat_map(|operation| members(&operation.value["responses"]));
        let responses = responses.filter_map(|(_, response)| resolve(root, response)).flat_map(bodies);
        let requests = operations(root).filter_map(|operation| resolve(root, &operation.value["requestBody"]));
        Document {
            root,
            strict,
            schemas: walk::schemas(root),
            in_requests: walk::used(root, &requests.flat_map(bodies).chain(forms("request")).collect::<Vec<_>>()),
            in_responses: walk::used(root, &responses.chain(forms("response")).collect::<Vec<_>>()),
        }
    }
}

/// The schemas of a body in each of its media types.
fn bodies(carrier: &Value) -> impl Iterator<Item = &Value> {
    members(&carrier["content"]).map(|(_, media)| &media["schema"])
}

impl<'a> Document<'a> {
    /// Whether the schema has a name of its own.
    pub(crate) fn is_named(&self, schema: &Value) -> bool {
        members(&self.root["components"]["schemas"]).any(|(_, known)| std::ptr::eq(known, schema))
    }

    pub(crate) fn is_in_response(&self, schema: &Value) -> bool {
        self.in_responses.iter().any(|known| std::ptr::eq(*known, schema))
    }

    /// All properties, each with its schema and its name.
    pub(crate) fn properties(&self) -> impl Iterator<Item = (&'a Value, &'a str, &'a Value)> {
        let properties =
            |schema: &'a Value| members(&schema["properties"]).map(move |(name, property)| (schema, name, property));
        self.schemas.iter().copied().flat_map(properties)
    }
}
