//! The view of a description that `drift` gets. It compares the fields of objects by name and follows them, but it stops at `anyOf`
//! and `allOf`, takes the alternatives of `oneOf` by position, is silent about `nullable`, and panics where a media type came or
//! went. So alternatives and media types become fields of an object, and `nullable` an extension.

use serde_json::{Map, Value, json};

/// Says that the fields of an object stand for something else.
pub(super) const PARTS: &str = "x-parts";
/// The one media type of the view, and what [`PARTS`] says of its schema.
pub(super) const CONTENT: &str = "content";

/// What puts a description around a reference.
pub(super) const WRAPPER: &str = "allOf";
const COMPOSITIONS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

pub(super) fn comparable(spec: &Value) -> Value {
    let mut view = spec.clone();
    outside_schemas(&mut view);
    view
}

/// Goes through everything that is no schema.
fn outside_schemas(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(outside_schemas),
        Value::Object(fields) => {
            for (key, child) in fields {
                match key.as_str() {
                    "schema" => schema(child),
                    "schemas" => values(child).for_each(schema),
                    "content" => content(child),
                    // Any JSON at all.
                    "example" | "examples" | "links" => {}
                    key if key.starts_with("x-") => {}
                    _ => outside_schemas(child),
                }
            }
        }
        _ => {}
    }
}

fn values(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().into_iter().flat_map(Map::values_mut)
}

/// Makes all media types one, whose schema has a field for each.
fn content(media_types: &mut Value) {
    outside_schemas(media_types);
    let schemas: Map<String, Value> = media_types
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, media_type)| (name.clone(), media_type.get("schema").cloned().unwrap_or_else(|| json!({}))))
        .collect();
    *media_types = json!({ CONTENT: { "schema": { "type": "object", PARTS: CONTENT, "properties": schemas } } });
}

fn schema(value: &mut Value) {
    let Some(fields) = value.as_object_mut().filter(|fields| !fields.contains_key("$ref")) else {
        return;
    };
    for key in ["additionalProperties", "items", "not"] {
        fields.get_mut(key).into_iter().for_each(schema);
    }
    fields.get_mut("properties").into_iter().flat_map(values).for_each(schema);
    for key in COMPOSITIONS {
        fields.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().for_each(schema);
    }
    COMPOSITIONS.iter().for_each(|key| compose(fields, key));
    // Their order says nothing.
    for key in ["enum", "required"] {
        fields
            .get_mut(key)
            .and_then(Value::as_array_mut)
            .into_iter()
            .for_each(|list| list.sort_by_key(Value::to_string));
    }
    if fields.get("nullable") == Some(&json!(true)) {
        fields.insert("x-nullable".to_owned(), json!(true));
    }
    for (key, kind) in [("properties", "object"), ("items", "array")] {
        if fields.contains_key(key) && !fields.contains_key("type") {
            fields.insert("type".to_owned(), json!(kind));
        }
    }
}

/// Makes fields of the schemas that this one is composed of, but for a reference that an `allOf` around it describes: `drift`
/// knows that it stands for itself.
fn compose(fields: &mut Map<String, Value>, key: &str) {
    if key == WRAPPER && !fields.contains_key("type") && !fields.contains_key("properties") && wrapped(fields).is_some()
    {
        return;
    }
    let Some(Value::Array(schemas)) = fields.remove(key) else {
        return;
    };
    let properties = fields.entry("properties").or_insert_with(|| json!({}));
    for (index, schema) in schemas.into_iter().enumerate() {
        let name = part_name(&schema).unwrap_or_else(|| index.to_string());
        properties[format!("{key}:{name}")] = schema;
    }
}

/// The one schema that this schema is a wrapper of.
pub(super) fn wrapped(fields: &Map<String, Value>) -> Option<&Value> {
    match &fields.get(WRAPPER)?.as_array()?[..] {
        [schema] => Some(schema),
        _ => None,
    }
}

/// Whether `drift` takes another schema for this one.
pub(super) fn stands_for_another(schema: &Value) -> bool {
    schema.as_object().is_some_and(|fields| fields.contains_key("$ref") || wrapped(fields).is_some())
}

fn part_name(schema: &Value) -> Option<String> {
    let reference = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    reference.or(schema["title"].as_str()).map(str::to_owned)
}

/// The way of composing and the name of the part, where this field of the view is one.
pub(super) fn composed(field: &str) -> Option<(&str, &str)> {
    field.split_once(':').filter(|(key, _)| COMPOSITIONS.contains(key))
}

/// What a pointer of `drift` points at in the view.
pub(super) fn lookup<'a>(view: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut value = view;
    for segment in segments(pointer) {
        value = match value {
            Value::Array(items) => items.get(segment.parse::<usize>().ok()?)?,
            // `drift` says no more of what is in a wrapper than its position.
            Value::Object(fields) if segment == "0" && wrapped(fields).is_some() => wrapped(fields)?,
            _ => value.get(&segment)?,
        };
    }
    Some(value)
}

/// The place in the description, as one would write it in a program; parameters by their names.
pub(super) fn place(view: &Value, pointer: &str) -> String {
    let segments = segments(pointer);
    let mut rest: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (mut place, mut above) = (String::new(), Some(view));
    while let [segment, more @ ..] = &rest[..] {
        let (text, taken) = match (*segment, more) {
            ("content", [CONTENT, "schema", "properties", media_type, ..]) => {
                (format!(".content['{media_type}'].schema"), 5)
            }
            ("content", [CONTENT, "schema", ..]) => (".content".to_owned(), 3),
            ("properties", [field, ..]) if let Some((key, name)) = composed(field) => (format!(".{key}[{name}]"), 2),
            _ => (subscript(above, segment), 1),
        };
        for segment in &rest[..taken] {
            above = above.and_then(|above| lookup(above, &format!("/{}", escaped(segment))));
        }
        place += &text;
        rest.drain(..taken);
    }
    place.trim_start_matches('.').to_owned()
}

fn subscript(list: Option<&Value>, segment: &str) -> String {
    let name = list.and_then(|list| list.get(segment.parse::<usize>().ok()?)?["name"].as_str());
    match name.unwrap_or(segment) {
        name if name.chars().all(|character| character.is_ascii_digit()) || name != segment => format!("[{name}]"),
        key if key.chars().all(|character| character.is_alphanumeric() || "_-".contains(character)) => {
            format!(".{key}")
        }
        key => format!("['{key}']"),
    }
}

/// A segment of a pointer.
pub(super) fn escaped(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

pub(super) fn segments(pointer: &str) -> Vec<String> {
    let segments = pointer.trim_start_matches("#/").split('/').filter(|segment| !segment.is_empty());
    segments
        .map(|segment| segment.replace("~1", "/").replace("~0", "~").replace("request_body", "requestBody"))
        .collect()
}
