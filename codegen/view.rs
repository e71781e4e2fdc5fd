//! The view of the spec that progenitor gets. It exists in memory only; the file stays a plain spec of the API for every
//! language.

use serde_json::{Map, Value, json};

use super::openapi::{EVENT_STREAM, JSON, is_required, members, successes};

/// Marks a text of which null is an empty one; in the view alone.
pub(crate) const NULL_IS_EMPTY: &str = "x-null-is-empty";

/// Makes the view:
///
/// - error responses are dropped, so that each reaches the transport as it came, with its status and body intact;
/// - all 2xx responses of an operation become one, `2XX`; where one of them has no body, none is needed;
/// - an operation with several forms (`x-forms`), or with a whole and a streamed response, becomes one operation for each. Their
///   paths differ in the fragment, which is never sent;
/// - a text that other properties mirror (`x-mirror-of`) is empty where it may be left out, rather than optional;
/// - a required text is empty where it may be null, rather than optional.
pub(crate) fn codegen_view(spec: &Value) -> Result<Value, String> {
    let mut view = spec.clone();
    let paths = object(&mut view, "paths")?;
    let mut split = Map::new();
    for (path, item) in std::mem::take(paths) {
        split_path(&path, &item, &mut split)?;
    }
    *paths = split;
    for schema in object(object_value(&mut view, "components")?, "schemas")?.values_mut() {
        default_mirrored(schema);
        fill_null_texts(schema);
    }
    Ok(view)
}

fn object_value<'a>(value: &'a mut Value, key: &str) -> Result<&'a mut Value, String> {
    value.get_mut(key).ok_or_else(|| format!("`{key}` is missing"))
}

fn object<'a>(value: &'a mut Value, key: &str) -> Result<&'a mut Map<String, Value>, String> {
    object_value(value, key)?.as_object_mut().ok_or_else(|| format!("`{key}` is not an object"))
}

/// Puts the path into `paths`, with the operations that its operations are split into on paths of their own.
fn split_path(path: &str, item: &Value, paths: &mut Map<String, Value>) -> Result<(), String> {
    let mut plain = item.clone();
    for (method, operation) in item.as_object().into_iter().flatten() {
        if operation.get("responses").is_none() {
            continue;
        }
        for (index, part) in split_operation(operation)?.into_iter().enumerate() {
            if index == 0 {
                plain[method] = part;
                continue;
            }
            let fragment = part["operationId"].as_str().unwrap_or_default().to_owned();
            let mut twin = json!({});
            twin["parameters"] = item.get("parameters").cloned().unwrap_or_else(|| json!([]));
            twin[method] = part;
            paths.insert(format!("{path}#{fragment}"), twin);
        }
    }
    paths.insert(path.to_owned(), plain);
    Ok(())
}

fn split_operation(operation: &Value) -> Result<Vec<Value>, String> {
    let mut operation = operation.clone();
    let id = operation["operationId"].as_str().ok_or("an operation has no operationId")?.to_owned();
    operation["responses"] = json!({ "2XX": success(&id, &operation["responses"])? });
    if let Some(forms) = operation.get("x-forms").and_then(Value::as_array) {
        return Ok(forms.iter().map(|form| one_form(&operation, form)).collect());
    }
    Ok(split_stream(&id, operation))
}

/// The one response that stands for all successful ones.
fn success(id: &str, responses: &Value) -> Result<Value, String> {
    let successes: Vec<&Value> = successes(responses).collect();
    let without_body = successes.iter().find(|response| response.get("content").is_none());
    let response = without_body.or(successes.first()).ok_or_else(|| format!("{id} declares no 2xx response"))?;
    Ok((*response).clone())
}

fn one_form(operation: &Value, form: &Value) -> Value {
    let mut part = operation.clone();
    part["operationId"] = form["operationId"].clone();
    part["summary"] = form["summary"].clone();
    part["requestBody"]["content"] = json!({ JSON: { "schema": { "$ref": form["request"] } } });
    part["responses"]["2XX"]["content"] = json!({ JSON: { "schema": { "$ref": form["response"] } } });
    part
}

fn split_stream(id: &str, mut whole: Value) -> Vec<Value> {
    let content = whole["responses"]["2XX"].get_mut("content").and_then(Value::as_object_mut);
    let Some(stream) = content.and_then(|content| content.remove(EVENT_STREAM)) else {
        return vec![whole];
    };
    let mut streamed = whole.clone();
    streamed["operationId"] = json!(format!("{id}_stream"));
    streamed["responses"]["2XX"]["content"] = json!({ EVENT_STREAM: stream });
    vec![whole, streamed]
}

/// A mirrored text names something, and an empty name says as much as none. So callers get a text, whichever of the two names the
/// server sent it under.
fn default_mirrored(schema: &mut Value) {
    let properties = &schema["properties"];
    let mirrored: Vec<String> = members(properties)
        .filter_map(|(_, property)| property["x-mirror-of"].as_str())
        .filter(|name| properties[*name]["type"] == "string" && !is_required(schema, name))
        .map(str::to_owned)
        .collect();
    for name in mirrored {
        schema["properties"][name]["default"] = json!("");
    }
}

/// A null text says as much as an empty one: it is marked for the decoding.
fn fill_null_texts(schema: &mut Value) {
    let properties = &schema["properties"];
    let texts: Vec<String> = members(properties)
        .filter(|(name, property)| {
            property["type"] == "string" && property["nullable"] == true && is_required(schema, name)
        })
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in texts {
        schema["properties"][&name]["nullable"] = json!(false);
        schema["properties"][&name][NULL_IS_EMPTY] = json!(true);
    }
}
