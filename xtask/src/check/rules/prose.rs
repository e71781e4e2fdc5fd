//! What is said in words.

use crate::check::description::Description;
use crate::check::finding::Findings;
use crate::check::node::Node;

pub(crate) fn missing_description(description: &Description<'_>, found: &mut Findings) {
    let mut due: Vec<(String, &Node)> = Vec::new();
    due.extend(description.operations().map(|operation| (operation.name().to_owned(), operation.node)));
    due.extend(description.components("schemas").iter().map(|(name, schema)| (format!("the schema `{name}`"), schema)));
    for schema in description.schemas() {
        let properties = schema.members_of("properties").iter();
        due.extend(properties.map(|(name, property)| (format!("the property `{name}`"), property)));
    }
    let parameters = description.parameters().into_iter();
    due.extend(parameters.map(|node| (format!("the parameter `{}`", node.text_of("name").unwrap_or_default()), node)));
    due.extend(description.headers().into_iter().map(|header| ("the header".to_owned(), header)));
    for (what, node) in due {
        let is_described = node.text_of("description").is_some_and(|text| !text.trim().is_empty());
        if !is_described && node.get("$ref").is_none() {
            found.add(node.line, format!("{what} has no description"), "add `description`, in whole sentences");
        }
    }
}
