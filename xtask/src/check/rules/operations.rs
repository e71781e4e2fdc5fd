//! What an operation is called, and where it belongs.

use std::collections::BTreeSet;

use heck::ToSnakeCase;

use crate::check::description::{Description, media_types};
use crate::check::finding::Findings;
use crate::codegen::openapi::EVENT_STREAM;

/// The ids that the generator makes of the ids of the description: one for a streamed answer, one for each form of a request.
pub(crate) fn derived_id(description: &Description<'_>, found: &mut Findings) {
    let mut known = BTreeSet::new();
    for operation in description.operations() {
        let Some(id) = operation.node.get("operationId") else { continue };
        let forms = operation.forms().iter().filter_map(|form| form.get("operationId"));
        let mut ids: Vec<_> = forms.map(|form| (form.line, form.text().unwrap_or_default().to_snake_case())).collect();
        if ids.is_empty() {
            ids.push((id.line, operation.name().to_snake_case()));
        }
        if operation.successes().flat_map(|(_, answer)| media_types(answer)).any(|media| media.name == EVENT_STREAM) {
            ids.push((id.line, format!("{}_stream", operation.name().to_snake_case())));
        }
        for (line, id) in ids {
            if !known.insert(id.clone()) {
                found.add(line, format!("the generator makes two methods of the name `{id}`"), "give one another id");
            }
        }
    }
}

pub(crate) fn id_form(description: &Description<'_>, found: &mut Findings) {
    for operation in description.operations() {
        let forms = operation.forms().iter().filter_map(|form| form.get("operationId"));
        for id in operation.node.get("operationId").into_iter().chain(forms) {
            let text = id.text().unwrap_or_default();
            let snake_case = text.to_snake_case();
            if text != snake_case {
                found.add(id.line, format!("the id `{text}` is not in snake_case"), format!("write `{snake_case}`"));
            }
        }
    }
}

pub(crate) fn one_tag(description: &Description<'_>, found: &mut Findings) {
    let declared: Vec<_> = description.root.elements_of("tags").iter().filter_map(|tag| tag.text_of("name")).collect();
    for operation in description.operations() {
        let tags = operation.node.elements_of("tags");
        let known = tags.iter().filter(|tag| tag.text().is_some_and(|tag| declared.contains(&tag))).count();
        if tags.len() != 1 || known != 1 {
            let line = operation.node.get("tags").map_or(operation.node.line, |tags| tags.line);
            found.add(
                line,
                format!("{} has not exactly one tag of those declared", operation.name()),
                format!("give it one of: {}", declared.join(", ")),
            );
        }
    }
}
