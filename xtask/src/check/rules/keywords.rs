//! Keywords that the generator does not know, or not as they are meant.

use serde_json::Value;

use crate::check::description::{Description, media_types};
use crate::check::finding::Findings;
use crate::check::node::Node;

pub(crate) fn version(description: &Description<'_>, found: &mut Findings) {
    let version = description.root.get("openapi");
    if !version.and_then(Node::text).is_some_and(|version| version.starts_with("3.0.")) {
        let line = version.map_or(1, |version| version.line);
        found.add(line, "the generator reads OpenAPI 3.0 only", "begin the file with `openapi: 3.0.3`");
    }
}

/// Keywords of OpenAPI 3.1, and what to write in 3.0.
const NEWER: &[(&str, &str)] = &[
    ("const", "write an `enum` of one value"),
    ("examples", "write a single `example`"),
    ("prefixItems", "write `items` with a `oneOf`"),
    ("patternProperties", "write `additionalProperties`"),
    ("$defs", "name the schema below `components/schemas`"),
    ("if", "describe the condition in words"),
    ("dependentRequired", "describe the condition in words"),
    ("contentEncoding", "write `format: byte`"),
];

pub(crate) fn newer(description: &Description<'_>, found: &mut Findings) {
    for schema in description.schemas() {
        for (keyword, cure) in NEWER {
            if let Some(node) = schema.get(keyword) {
                found.add(node.line, format!("`{keyword}` is of OpenAPI 3.1, and ignored in 3.0"), *cure);
            }
        }
        if let Some(node) = schema.get("type").filter(|node| node.text().is_none()) {
            found.add(
                node.line,
                "a list of types is of OpenAPI 3.1",
                "write one `type`, with `nullable: true` for null",
            );
        }
    }
}

pub(crate) fn unsupported(description: &Description<'_>, found: &mut Findings) {
    for node in description.schemas().into_iter().filter_map(|schema| schema.get("not")) {
        found.add(node.line, "the generator has no type for `not`", "describe in words what a value may not be");
    }
    let carriers = description.bodies().into_iter().chain(description.answers());
    for node in carriers.flat_map(media_types).filter_map(|media| media.node.get("encoding")) {
        found.add(node.line, "the generator knows no `encoding`", "leave it out: bodies are JSON");
    }
}

pub(crate) fn discriminator(description: &Description<'_>, found: &mut Findings) {
    for node in description.schemas().into_iter().filter_map(|schema| schema.get("discriminator")) {
        found.add(
            node.line,
            "the generator ignores a `discriminator` and takes the first schema of the union that fits",
            "leave it out, and make the schemas differ in what they require",
        );
    }
}

/// Words such as `off` are booleans for some readers of YAML, the generator's among them, and texts for others.
pub(crate) fn ambiguous_boolean(description: &Description<'_>, found: &mut Findings) {
    each(description.root, &mut |node| {
        let plain = match node.scalar() {
            Some(Value::Bool(true)) => node.length == "true".len() as u64,
            Some(Value::Bool(false)) => node.length == "false".len() as u64,
            _ => true,
        };
        if !plain {
            found.add(
                node.line,
                "some readers of YAML take this word for a text, others for true or false",
                "put a text in quotes, and write a boolean as `true` or `false`",
            );
        }
    });
}

fn each(node: &Node, visit: &mut impl FnMut(&Node)) {
    visit(node);
    node.elements().iter().for_each(|element| each(element, visit));
    node.members().iter().for_each(|(_, member)| each(member, visit));
}
