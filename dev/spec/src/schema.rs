//! A schema of the spec as a validator of JSON Schema, strict about names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value, json};

use crate::mismatch::{Finding, child};
use crate::openapi;

/// Why a spec cannot be checked against.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SpecError(pub(crate) String);

/// Turns the schemas of a spec into JSON Schema, and compiles each of them once.
#[derive(Debug)]
pub struct Schemas {
    document: Value,
    /// The named ones, as JSON Schema.
    translated: Value,
    compiled: BTreeMap<String, Arc<Schema>>,
}

impl Schemas {
    /// Those of this document.
    #[must_use]
    pub fn new(document: &Value) -> Self {
        let mut schemas = Self { document: document.clone(), translated: Value::Null, compiled: BTreeMap::new() };
        schemas.translated = each(&document["components"]["schemas"], |schema| schemas.translate(schema));
        schemas
    }

    /// A schema of the document.
    ///
    /// # Errors
    ///
    /// Where it is no schema, or refers to what is not there.
    pub fn compile(&mut self, schema: &Value) -> Result<Arc<Schema>, SpecError> {
        let text = schema.to_string();
        if let Some(known) = self.compiled.get(&text) {
            return Ok(Arc::clone(known));
        }
        let mut reached = BTreeSet::new();
        openapi::reach(&self.document, schema, &mut reached);
        let leads_nowhere = |it: &&&str| openapi::resolve(&self.document, &json!({ "$ref": it })).is_none();
        if let Some(reference) = reached.iter().find(leads_nowhere) {
            return Err(SpecError(format!("{reference} leads to no schema")));
        }
        let mut root = self.closed(schema);
        root["components"] = json!({ "schemas": self.translated });
        let validator = jsonschema::draft202012::new(&root)
            .map_err(|error| SpecError(format!("a schema is not valid: {error}: {text}")))?;
        let schema = Arc::new(Schema { validator });
        self.compiled.insert(text, Arc::clone(&schema));
        Ok(schema)
    }

    /// The schema where a value follows it: the value has no properties but those that the schema names, in whichever of its parts.
    /// The alternatives of a union are closed themselves, so that no value is a mixture of them.
    fn closed(&self, schema: &Value) -> Value {
        let mut translated = self.translate(schema);
        if !self.is_union(schema) {
            translated["unevaluatedProperties"] = json!(false);
        }
        translated
    }

    fn is_union(&self, schema: &Value) -> bool {
        openapi::resolve(&self.document, schema).and_then(openapi::alternatives).is_some()
    }

    /// OpenAPI 3.0 in JSON Schema's words.
    fn translate(&self, schema: &Value) -> Value {
        // What stands beside a reference does not count in OpenAPI 3.0.
        if let Some(reference) = schema.get("$ref") {
            return json!({ "$ref": reference });
        }
        let mut translated = schema.as_object().cloned().unwrap_or_default();
        let closed = |schema: &Value| self.closed(schema);
        for (keyword, value) in &mut translated {
            match keyword.as_str() {
                "properties" => *value = each(value, closed),
                "items" | "additionalProperties" if value.is_object() => *value = self.closed(value),
                "oneOf" | "anyOf" => *value = each(value, closed),
                "allOf" => *value = each(value, |part| self.translate(part)),
                _ => {}
            }
        }
        open_only_what_names_nothing(&mut translated);
        allow_null(&mut translated);
        bound_by_format(&mut translated);
        translated.into()
    }
}

fn each(values: &Value, change: impl Fn(&Value) -> Value) -> Value {
    match values {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), change(value))).collect(),
        Value::Array(elements) => elements.iter().map(change).collect(),
        _ => values.clone(),
    }
}

/// A schema that names properties has no others; one that names none, and is not made of other schemas, has any.
fn open_only_what_names_nothing(schema: &mut Map<String, Value>) {
    let is_open = !schema.get("additionalProperties").is_some_and(Value::is_object);
    let names_something = ["properties", "oneOf", "anyOf", "allOf"].iter().any(|keyword| schema.contains_key(*keyword));
    if is_open && names_something {
        schema.remove("additionalProperties");
    } else if is_open {
        schema.entry("additionalProperties").or_insert(json!(true));
    }
}

/// `nullable` is a type of its own in JSON Schema.
fn allow_null(schema: &mut Map<String, Value>) {
    if schema.get("nullable") == Some(&json!(true))
        && let Some(kind) = schema.get_mut("type")
    {
        *kind = json!([kind.take(), "null"]);
    }
}

/// The formats of whole numbers are bounds.
fn bound_by_format(schema: &mut Map<String, Value>) {
    let (least, most) = match schema.get("format").and_then(Value::as_str) {
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        Some("int64") => (json!(i64::MIN), json!(i64::MAX)),
        _ => return,
    };
    schema.entry("minimum").or_insert(least);
    schema.entry("maximum").or_insert(most);
}

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
}

impl Schema {
    /// What is wrong with the value, with paths from its root.
    #[must_use]
    pub fn check(&self, value: &Value) -> Vec<Finding> {
        let errors: Vec<_> = self.validator.iter_errors(value).collect();
        errors.iter().flat_map(causes).flat_map(findings).collect()
    }

    /// The same for JSON as it came.
    pub(crate) fn check_json(&self, json: &[u8]) -> Vec<Finding> {
        match serde_json::from_slice(json) {
            Ok(value) => self.check(&value),
            Err(error) => vec![Finding::new("", format!("is not JSON: {error}"))],
        }
    }

    /// The same for a value that came as text, as in a URL or a header.
    pub(crate) fn check_text(&self, text: &str) -> Vec<Finding> {
        let as_text = self.check(&text.into());
        if as_text.is_empty() {
            return as_text;
        }
        let scalar = serde_json::from_str(text).ok().filter(|value: &Value| value.is_number() || value.is_boolean());
        scalar.map_or(as_text, |value| self.check(&value))
    }
}

/// What the error says, place by place.
fn findings(error: &ValidationError<'_>) -> Vec<Finding> {
    let path = error.instance_path().as_str();
    match error.kind() {
        Kind::UnevaluatedProperties { unexpected } => {
            unexpected.iter().map(|name| Finding::new(child(path, name), "is not in the spec")).collect()
        }
        Kind::Required { property } => {
            vec![Finding::new(child(path, property.as_str().unwrap_or_default()), "is required, and missing")]
        }
        _ => vec![Finding::new(path, problem(error))],
    }
}

/// The error in one line, without text of the message.
fn problem(error: &ValidationError<'_>) -> String {
    let value = match error.instance().as_ref() {
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        scalar => scalar.to_string(),
    };
    error.masked_with(value).to_string()
}

/// The errors that this one stands for: of a union, those of the alternative that the value comes nearest to, if it is of the type of one.
fn causes<'a, 'i>(error: &'a ValidationError<'i>) -> Vec<&'a ValidationError<'i>> {
    let (Kind::AnyOf { context } | Kind::OneOfNotValid { context }) = error.kind() else { return vec![error] };
    let is_here = |cause: &&&ValidationError<'_>| cause.instance_path() == error.instance_path();
    let alternatives = context.iter().map(|errors| errors.iter().flat_map(causes).collect::<Vec<_>>());
    let of_its_type = alternatives.filter(|causes| !causes.iter().filter(is_here).any(|cause| is_other_type(cause)));
    let nearest = of_its_type.min_by_key(|causes| {
        let names: usize = causes.iter().filter(is_here).map(|cause| names(cause)).sum();
        (names, causes.len())
    });
    nearest.unwrap_or_else(|| vec![error])
}

fn is_other_type(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), Kind::Type { .. } | Kind::AnyOf { .. } | Kind::OneOfNotValid { .. })
}

/// How many names the value has too many, or lacks.
fn names(error: &ValidationError<'_>) -> usize {
    if let Kind::UnevaluatedProperties { unexpected } = error.kind() { unexpected.len() } else { 1 }
}
