//! Finds things in an OpenAPI 3.0 document, for everything in this project that reads one.

use std::collections::BTreeSet;

use serde_json::Value;

/// The media type of JSON.
pub const JSON: &str = "application/json";
/// The media type of server-sent events.
pub const EVENT_STREAM: &str = "text/event-stream";

/// The keys of a path item that are operations.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

const SCHEMAS: &str = "#/components/schemas/";

/// An operation, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'a> {
    /// The path template.
    pub path: &'a str,
    /// The path item that holds the operation.
    pub item: &'a Value,
    /// In lower case.
    pub method: &'a str,
    /// The operation object.
    pub value: &'a Value,
}

impl<'a> Operation<'a> {
    /// The `operationId`, if there is one.
    pub fn id(&self) -> Option<&'a str> {
        self.value["operationId"].as_str()
    }

    /// The parameters of the path item, then those of the operation. References are not followed.
    pub fn parameters(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        elements(&self.item["parameters"]).chain(elements(&self.value["parameters"]))
    }

    /// The responses with a status of 2xx. References are not followed.
    pub fn successes(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        successes(&self.value["responses"])
    }
}

/// All operations.
pub fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    members(&document["paths"]).flat_map(move |(path, item)| {
        // A path item may be a reference.
        let item = resolve(document, item).unwrap_or(item);
        let methods = members(item).filter(|(key, _)| METHODS.contains(key));
        methods.map(move |(method, value)| Operation { path, item, method, value })
    })
}

/// The responses with a status of 2xx among all responses of an operation.
pub fn successes(responses: &Value) -> impl Iterator<Item = &Value> {
    members(responses).filter(|(status, _)| status.starts_with('2')).map(|(_, response)| response)
}

/// The value, or what its reference leads to, if that is in the document.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> Option<&'a Value> {
    let mut value = value;
    // A reference may lead to another one, but not for ever.
    for _ in 0..10 {
        let Some(reference) = value["$ref"].as_str() else { return Some(value) };
        value = target(document, reference)?;
    }
    None
}

/// What a reference leads to, if that is in the document.
pub fn target<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    document.pointer(reference.strip_prefix('#')?)
}

/// Adds every reference in the value, and in what those lead to.
pub fn reach<'a>(document: &'a Value, value: &'a Value, reached: &mut BTreeSet<&'a str>) {
    if let Some(reference) = value["$ref"].as_str() {
        // What stands beside a reference does not count in OpenAPI 3.0.
        if reached.insert(reference)
            && let Some(target) = target(document, reference)
        {
            reach(document, target, reached);
        }
        return;
    }
    match value {
        Value::Object(members) => members.values().for_each(|member| reach(document, member, reached)),
        Value::Array(elements) => elements.iter().for_each(|element| reach(document, element, reached)),
        _ => {}
    }
}

/// The component schemas, by name.
pub fn components(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    members(&document["components"]["schemas"])
}

/// The component schema of this name, or null.
pub fn component<'a>(document: &'a Value, name: &str) -> &'a Value {
    &document["components"]["schemas"][name]
}

/// The name of the component schema that the value refers to.
pub fn referenced(value: &Value) -> Option<&str> {
    value["$ref"].as_str().and_then(component_name)
}

/// The name of the component schema that a reference is to.
pub fn component_name(reference: &str) -> Option<&str> {
    reference.strip_prefix(SCHEMAS)
}

/// Whether an object of this schema must have this property.
pub fn is_required(schema: &Value, name: &str) -> bool {
    elements(&schema["required"]).any(|required| required == name)
}

/// Whether an object of this schema may have any further members.
pub fn is_open(schema: &Value) -> bool {
    schema["additionalProperties"] == true
}

/// The schemas that a union chooses from.
pub fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    schema["oneOf"].as_array().or(schema["anyOf"].as_array())
}

/// The further names that a property may have (`x-aliases`).
pub fn aliases(property: &Value) -> impl Iterator<Item = &str> {
    elements(&property["x-aliases"]).filter_map(Value::as_str)
}

/// The members of an object, or none.
pub fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, member)| (name.as_str(), member))
}

/// The elements of an array, or none.
pub fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
