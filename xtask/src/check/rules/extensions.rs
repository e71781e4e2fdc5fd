//! The project's own extensions, which the generator follows where they are right and ignores where they are not.

use crate::check::description::Description;
use crate::check::finding::Findings;
use crate::check::node::Node;

const KNOWN: &[&str] = &["x-aliases", "x-extensible-enum", "x-forms", "x-mirror-of"];

pub(crate) fn unknown(description: &Description<'_>, found: &mut Findings) {
    let operations: Vec<_> = description.operations().map(|operation| operation.node).collect();
    for node in description.schemas().into_iter().chain(operations) {
        for (name, member) in node.members().iter().filter(|(name, _)| name.starts_with("x-")) {
            if !KNOWN.contains(&name.as_str()) {
                found.add(
                    member.line,
                    format!("nothing reads `{name}`"),
                    format!("write one of: {}", KNOWN.join(", ")),
                );
            }
        }
    }
}

pub(crate) fn inline_enum(description: &Description<'_>, found: &mut Findings) {
    let named = description.components("schemas");
    for schema in description.schemas() {
        let Some(values) = schema.get("x-extensible-enum") else { continue };
        let is_named = named.iter().any(|(_, known)| std::ptr::eq(known, schema));
        if !is_named || schema.text_of("type") != Some("string") {
            found.add(
                values.line,
                "only a named schema of type string becomes a type with known values",
                "move it below `components/schemas`, with `type: string`, and refer to it",
            );
        }
    }
}

pub(crate) fn forms(description: &Description<'_>, found: &mut Findings) {
    for form in description.operations().flat_map(|operation| operation.forms()) {
        let missing = |name: &&str| match *name {
            "request" | "response" => {
                form.text_of(name).and_then(|reference| description.referenced(reference)).is_none()
            }
            _ => form.text_of(name).is_none(),
        };
        let missing: Vec<_> = ["operationId", "summary", "request", "response"].into_iter().filter(missing).collect();
        if !missing.is_empty() {
            found.add(
                form.line,
                format!("a form lacks {}, or names what is not there", missing.join(" and ")),
                "give it `operationId`, `summary`, and in `request` and `response` the references of two schemas",
            );
        }
    }
}

pub(crate) fn mirror(description: &Description<'_>, found: &mut Findings) {
    for (schema, name, mirrored) in marked(description, "x-mirror-of") {
        let is_there = |(known, _): &(String, Node)| Some(known.as_str()) == mirrored.text() && known != name;
        if !is_in_answer(description, schema) || !schema.members_of("properties").iter().any(is_there) {
            found.add(
                mirrored.line,
                format!("`{name}` mirrors no other property of an answer"),
                "name a property of the same schema, one that answers hold",
            );
        }
    }
}

pub(crate) fn alias(description: &Description<'_>, found: &mut Findings) {
    for (schema, name, aliases) in marked(description, "x-aliases") {
        let texts: Vec<_> = aliases.elements().iter().filter_map(Node::text).collect();
        let names_property =
            texts.iter().any(|alias| schema.members_of("properties").iter().any(|(known, _)| known == alias));
        let is_list = !texts.is_empty() && texts.len() == aliases.elements().len();
        if !is_list || names_property || !is_in_answer(description, schema) {
            found.add(
                aliases.line,
                format!("these are no further names of `{name}` in an answer"),
                "list texts, none of them the name of a property, in a schema that answers hold",
            );
        }
    }
}

/// The properties with this extension: their schema, their name and what the extension says.
fn marked<'a>(description: &Description<'a>, extension: &str) -> Vec<(&'a Node, &'a str, &'a Node)> {
    let schemas = description.schemas().into_iter();
    let properties =
        schemas.flat_map(|schema| schema.members_of("properties").iter().map(move |property| (schema, property)));
    properties
        .filter_map(|(schema, (name, property))| Some((schema, name.as_str(), property.get(extension)?)))
        .collect()
}

fn is_in_answer(description: &Description<'_>, schema: &Node) -> bool {
    description.answer_schemas().iter().any(|known| std::ptr::eq(*known, schema))
}
