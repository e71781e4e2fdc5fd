//! Examples: that there are some, and that they are true.

use serde_json::{Value, json};

use crate::check::description::{Description, branches, examples, media_types};
use crate::check::finding::Findings;
use crate::check::node::Node;

pub(crate) fn missing(description: &Description<'_>, found: &mut Findings) {
    let carriers = description.bodies().into_iter().chain(description.answers());
    for media in carriers.flat_map(media_types).filter(|media| examples(media.node).next().is_none()) {
        found.add(
            media.node.line,
            format!("`{}` has no example here", media.name),
            "add `example`, or `examples` by name",
        );
    }
}

pub(crate) fn valid(description: &Description<'_>, found: &mut Findings) {
    let components = description.root.get("components").map(Node::to_json).unwrap_or_default();
    for (schema, example) in all(description) {
        let mut json_schema = schema.to_json();
        json_schema["components"] = components.clone();
        as_json_schema(&mut json_schema);
        // A schema that is none is for the validators to find.
        let Ok(validator) = jsonschema::draft4::new(&json_schema) else { continue };
        let value = example.to_json();
        for error in validator.iter_errors(&value) {
            for (path, wrong) in causes(&error) {
                found.add(example.follow(&path).line, said(&path, &wrong), "correct the example, or its schema");
            }
        }
    }
}

/// Why a value is not valid: of a union, why it does not fit the schema that it fits best.
fn causes(error: &jsonschema::ValidationError<'_>) -> Vec<(String, String)> {
    use jsonschema::error::ValidationErrorKind::{AnyOf, OneOfNotValid};
    let best = match error.kind() {
        AnyOf { context } | OneOfNotValid { context } => context.iter().min_by_key(|errors| errors.len()),
        _ => None,
    };
    match best {
        Some(errors) if !errors.is_empty() => errors.iter().flat_map(causes).collect(),
        _ => vec![(error.instance_path().to_string(), error.to_string())],
    }
}

fn said(path: &str, wrong: &str) -> String {
    let path = if path.is_empty() { "/" } else { path };
    format!("the example does not fit its schema at `{path}`: {wrong}")
}

/// Each example with its schema.
fn all<'a>(description: &Description<'a>) -> Vec<(&'a Node, &'a Node)> {
    let media =
        description.bodies().into_iter().chain(description.answers()).flat_map(media_types).map(|media| media.node);
    let carriers = media.chain(description.parameters()).chain(description.headers());
    let beside = carriers.filter_map(|node| Some((node.get("schema")?, node)));
    let inside = description.schemas().into_iter().map(|schema| (schema, schema));
    let pairs = beside.flat_map(|(schema, node)| examples(node).map(move |example| (schema, example)));
    pairs.chain(inside.filter_map(|(schema, node)| Some((schema, node.get("example")?)))).collect()
}

/// What OpenAPI 3.0 writes otherwise: `nullable` is a type of its own in JSON Schema.
fn as_json_schema(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("nullable") == Some(&json!(true)) && object.get("type").is_some_and(Value::is_string) {
                let kind = object["type"].take();
                object["type"] = json!([kind, "null"]);
            }
            object.values_mut().for_each(as_json_schema);
        }
        Value::Array(values) => values.iter_mut().for_each(as_json_schema),
        _ => {}
    }
}

/// Schemas are open, so that a misspelt name in an example is valid; it is meant to be one that the schema has.
pub(crate) fn unknown_field(description: &Description<'_>, found: &mut Findings) {
    for (schema, example) in all(description) {
        for (line, name) in unknown(description, schema, example) {
            found.add(
                line,
                format!("the schema of this example has no property `{name}`"),
                "correct its name, or add it to the schema",
            );
        }
    }
}

fn unknown<'a>(description: &Description<'a>, schema: &'a Node, value: &'a Node) -> Vec<(u64, &'a str)> {
    let Some(schema) = description.resolve(schema) else { return Vec::new() };
    let of_branches = branches(schema).filter(|branch| is_alike(description, branch, value));
    if let Some(fewest) = of_branches.map(|branch| unknown(description, branch, value)).min_by_key(Vec::len) {
        return fewest;
    }
    let elements = value.elements().iter().zip(std::iter::repeat(schema.get("items")));
    let in_elements = elements.filter_map(|(element, items)| Some(unknown(description, items?, element))).flatten();
    let properties = schema.members_of("properties");
    let further = schema.get("additionalProperties").filter(|schema| !schema.members().is_empty());
    let in_members = value.members().iter().flat_map(|(name, member)| {
        match properties.iter().find(|(known, property)| known == name || is_alias(property, name)) {
            Some((_, property)) => unknown(description, property, member),
            None => match further {
                Some(further) => unknown(description, further, member),
                None if properties.is_empty() => Vec::new(),
                None => vec![(member.line, name.as_str())],
            },
        }
    });
    in_elements.chain(in_members).collect()
}

/// Whether the value is of the kind that the schema asks for, if it asks for one.
fn is_alike(description: &Description<'_>, schema: &Node, value: &Node) -> bool {
    match description.resolve(schema).and_then(|schema| schema.text_of("type")) {
        Some("array") => value.members().is_empty() && value.scalar().is_none(),
        Some("object") => value.elements().is_empty() && value.scalar().is_none(),
        Some(_) => value.scalar().is_some(),
        None => true,
    }
}

fn is_alias(property: &Node, name: &str) -> bool {
    property.elements_of("x-aliases").iter().any(|alias| alias.text() == Some(name))
}
