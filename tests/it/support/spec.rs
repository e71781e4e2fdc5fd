//! What openapi/engram.yaml says, and its examples.

use std::collections::{BTreeMap, BTreeSet};

use lumetra_engram_spec::openapi::{self, aliases, alternatives, component, members, referenced};
use lumetra_engram_spec::walk;
use serde_json::{Map, Value};

pub fn document() -> Value {
    serde_saphyr::from_str(include_str!("../../../openapi/engram.yaml")).unwrap()
}

/// The schemas that a value of this schema may follow: of a union, those in it.
pub fn branches<'a>(spec: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    if let Some(name) = referenced(schema) {
        return branches(spec, component(spec, name));
    }
    match alternatives(schema) {
        Some(union) => union.iter().flat_map(|branch| branches(spec, branch)).collect(),
        None => vec![schema],
    }
}

/// The names that an object of this schema gives a meaning to.
pub fn known_names(schema: &Value) -> impl Iterator<Item = &str> {
    members(&schema["properties"]).flat_map(|(name, property)| aliases(property).chain([name]))
}

/// The schema that this value follows.
pub fn leaf<'a>(spec: &'a Value, schema: &'a Value, value: &Value) -> &'a Value {
    let branches = branches(spec, schema);
    let fitting = branches.into_iter().filter(|branch| match value {
        Value::Array(_) => branch["type"] == "array" || branch["type"].is_null(),
        Value::Object(_) => branch["type"] == "object" || branch["type"].is_null(),
        _ => true,
    });
    fitting.max_by_key(|branch| known_names(branch).filter(|name| value.get(name).is_some()).count()).unwrap()
}

/// The name under which the property came, if it came with a value. What is no list under a further name of a list is something else.
pub fn came_as<'a>(schema: &'a Value, name: &'a str, members: &Map<String, Value>) -> Option<&'a str> {
    let property = &schema["properties"][name];
    let fits = |value: &Value| !value.is_null() && (property["type"] != "array" || value.is_array());
    [name].into_iter().chain(aliases(property)).find(|name| members.get(*name).is_some_and(fits))
}

/// What the spec says that successful answers look like: operation, media type, content.
pub fn successes(spec: &Value) -> Vec<(&str, &str, &Value)> {
    let contents = openapi::operations(spec).flat_map(|operation| {
        let contents = operation.successes().flat_map(|response| members(&response["content"]));
        contents.map(move |(media, content)| (operation.id().unwrap(), media, content))
    });
    contents.collect()
}

pub fn examples(content: &Value) -> Vec<&Value> {
    walk::shown(content).collect()
}

/// The component schemas of all that a successful answer may hold.
pub fn answer_schemas(spec: &Value) -> BTreeSet<&str> {
    let mut reached = BTreeSet::new();
    successes(spec).into_iter().for_each(|(_, _, content)| openapi::reach(spec, &content["schema"], &mut reached));
    reached.into_iter().filter_map(openapi::component_name).collect()
}

/// Notes, for each component schema beside the value, what the value holds of it.
pub fn collect<'a>(
    spec: &'a Value,
    schema: &'a Value,
    value: &'a Value,
    found: &mut BTreeMap<&'a str, Vec<&'a Value>>,
) {
    if let Some(name) = referenced(schema) {
        found.entry(name).or_default().push(value);
        return collect(spec, component(spec, name), value, found);
    }
    let leaf = match alternatives(schema) {
        None => schema,
        Some(union) => {
            let chosen = leaf(spec, schema, value);
            let holds = |branch: &&Value| branches(spec, branch).into_iter().any(|known| std::ptr::eq(known, chosen));
            return collect(spec, union.iter().find(holds).unwrap(), value, found);
        }
    };
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| collect(spec, &leaf["items"], element, found)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            let property = leaf["properties"].get(name).unwrap_or(&leaf["additionalProperties"]);
            collect(spec, property, member, found);
        }),
        _ => {}
    }
}

/// The examples of each schema of an answer.
pub fn examples_of_schemas(spec: &Value) -> BTreeMap<&str, Vec<&Value>> {
    let mut found = BTreeMap::new();
    for (_, _, content) in successes(spec) {
        examples(content).into_iter().for_each(|example| collect(spec, &content["schema"], example, &mut found));
    }
    found
}

pub fn holds_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}

/// Whether the example has every property of its schema.
pub fn is_full(spec: &Value, schema: &Value, example: &Value) -> bool {
    let leaf = leaf(spec, schema, example);
    let mut properties = members(&leaf["properties"]);
    holds_something(example) && properties.all(|(name, _)| example.get(name).is_some_and(holds_something))
}

pub fn full_examples<'a>(spec: &'a Value, name: &str) -> Vec<&'a Value> {
    let all = examples_of_schemas(spec).remove(name).unwrap_or_default();
    all.into_iter().filter(|example| is_full(spec, component(spec, name), example)).collect()
}
