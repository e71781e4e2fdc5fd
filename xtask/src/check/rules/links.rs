//! Links from an answer to the call that it makes possible.

use crate::check::description::Description;
use crate::check::finding::Findings;

pub(crate) fn links(description: &Description<'_>, found: &mut Findings) {
    let in_answers = description.answers().into_iter().flat_map(|answer| answer.members_of("links"));
    for (name, link) in in_answers.chain(description.components("links")).filter(|(_, link)| link.get("$ref").is_none())
    {
        let target = description
            .operations()
            .find(|operation| operation.node.text_of("operationId") == link.text_of("operationId"));
        let Some(target) = target else {
            found.add(link.line, format!("the link `{name}` names no operation"), "correct its `operationId`");
            continue;
        };
        let parameters: Vec<_> =
            target.parameters().filter_map(|node| description.resolve(node)?.text_of("name")).collect();
        for (parameter, node) in link.members_of("parameters") {
            if !parameters.contains(&parameter.as_str()) {
                found.add(
                    node.line,
                    format!("{} has no parameter `{parameter}`", target.name()),
                    format!("leave it out, or name one of its parameters: {}", or_none(&parameters)),
                );
            }
        }
    }
}

fn or_none(names: &[&str]) -> String {
    if names.is_empty() { "it has none".to_owned() } else { names.join(", ") }
}
