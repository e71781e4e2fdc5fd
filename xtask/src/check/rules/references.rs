//! References that lead nowhere, or hide something from the generator.

use crate::check::description::Description;
use crate::check::finding::Findings;
use crate::check::node::Node;

pub(crate) fn unresolved(description: &Description<'_>, found: &mut Findings) {
    for node in references(description.root) {
        let reference = node.text_of("$ref").unwrap_or_default();
        if description.resolve(node).is_none() {
            found.add(
                node.line,
                format!("there is no component `{reference}` in this file"),
                "correct the name, or add the component below `components`",
            );
        }
    }
}

/// Of a reference, OpenAPI 3.0 ignores every other member.
pub(crate) fn beside(description: &Description<'_>, found: &mut Findings) {
    for node in references(description.root) {
        for (name, ignored) in node.members().iter().filter(|(name, _)| name != "$ref" && !name.starts_with("x-")) {
            found.add(
                ignored.line,
                format!("`{name}` beside `$ref` is ignored"),
                "write it in the schema that is referred to, or in a schema of its own",
            );
        }
    }
}

/// The generator looks for the media types and schemas of bodies and of successful answers where they are used.
pub(crate) fn answer_in_place(description: &Description<'_>, found: &mut Findings) {
    for operation in description.operations() {
        let answers = operation.successes().map(|(_, answer)| answer);
        for node in answers.chain(operation.body()).filter(|node| node.get("$ref").is_some()) {
            found.add(
                node.line,
                format!(
                    "the generator does not look behind the reference of a body or a 2xx answer of {}",
                    operation.name()
                ),
                "write it out in the operation, and name its schema instead",
            );
        }
    }
}

/// All objects with a `$ref`, but for what examples hold.
fn references(node: &Node) -> Vec<&Node> {
    let mut found = Vec::new();
    collect(node, "", &mut found);
    found
}

fn collect<'a>(node: &'a Node, name: &str, found: &mut Vec<&'a Node>) {
    if node.text_of("$ref").is_some() {
        found.push(node);
    }
    node.elements().iter().for_each(|element| collect(element, "", found));
    for (member_name, member) in node.members() {
        let is_data = matches!(member_name.as_str(), "example" | "examples" | "default") && name != "properties";
        if !is_data {
            collect(member, member_name, found);
        }
    }
}
