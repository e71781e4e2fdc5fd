//! Schemas that do not become the types that they look like.

use crate::check::description::{Description, branches};
use crate::check::finding::Findings;
use crate::check::node::Node;

/// Only named schemas get the tolerant decoding of answers, and the names that the generator gives to others clash.
pub(crate) fn inline_object(description: &Description<'_>, found: &mut Findings) {
    let named = description.components("schemas");
    for schema in description.schemas().into_iter().filter(|schema| !schema.members_of("properties").is_empty()) {
        if !named.iter().any(|(_, known)| std::ptr::eq(known, schema)) {
            found.add(
                schema.line,
                "an object without a name of its own becomes a type that is strict, under a name that may clash",
                "move it below `components/schemas` and refer to it",
            );
        }
    }
}

/// An answer that is an object or the bare list in it has a type of its own, made only of this form.
pub(crate) fn bare_or_wrapped(description: &Description<'_>, found: &mut Findings) {
    let is_list = |node: &Node| description.resolve(node).is_some_and(|schema| schema.text_of("type") == Some("array"));
    for schema in description.answer_schemas().into_iter().filter(|schema| branches(schema).any(is_list)) {
        let [object, list] = schema.elements_of("oneOf") else {
            add_bare_or_wrapped(schema, found);
            continue;
        };
        let items = description.resolve(list).and_then(|list| list.get("items"));
        let all_named =
            [Some(object), Some(list), items].iter().all(|node| node.is_some_and(|node| node.get("$ref").is_some()));
        if is_list(object) || !all_named {
            add_bare_or_wrapped(schema, found);
        }
    }
}

fn add_bare_or_wrapped(schema: &Node, found: &mut Findings) {
    let union = schema.get("oneOf").or_else(|| schema.get("anyOf"));
    found.add(
        union.map_or(schema.line, |union| union.line),
        "the generator knows an answer that may be a list in one form only, and decodes others badly",
        "write `oneOf` with two references: first to the object, then to an array whose `items` are a reference",
    );
}

/// Of an `allOf` the generator merges the properties, but not what is required nor how it is decoded.
pub(crate) fn all_of(description: &Description<'_>, found: &mut Findings) {
    for node in description.schemas().into_iter().filter_map(|schema| schema.get("allOf")) {
        // One schema in it is a way to describe a reference.
        if node.elements().len() < 2 {
            continue;
        }
        found.add(
            node.line,
            "of an `allOf` the generator forgets which properties are required, and their other names",
            "write the properties out in one schema",
        );
    }
}

pub(crate) fn shared(description: &Description<'_>, found: &mut Findings) {
    let bodies = description.body_schemas();
    for schema in description.answer_schemas() {
        let is_object = !schema.members_of("properties").is_empty();
        if is_object && bodies.iter().any(|body| std::ptr::eq(*body, schema)) {
            found.add(
                schema.line,
                "a schema of requests that is part of an answer too is decoded strictly",
                "give the answer a schema of its own",
            );
        }
    }
}
