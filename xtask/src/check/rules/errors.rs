//! The answers that say why a request failed.

use crate::check::description::Description;
use crate::check::finding::Findings;
use crate::codegen::openapi::JSON;

const ERROR: &str = "#/components/schemas/Error";

pub(crate) fn declared(description: &Description<'_>, found: &mut Findings) {
    for operation in description.operations() {
        let in_path = |node| description.resolve(node).is_some_and(|parameter| parameter.text_of("in") == Some("path"));
        let mut due = vec!["400", "401", "403", "429", "5XX"];
        due.extend(operation.parameters().any(in_path).then_some("404"));
        due.extend(operation.body().is_some().then_some(["413", "422"]).into_iter().flatten());
        let answers = operation.node.members_of("responses");
        due.retain(|status| !answers.iter().any(|(known, _)| known == status));
        if !due.is_empty() {
            let line = operation.node.get("responses").map_or(operation.node.line, |answers| answers.line);
            found.add(
                line,
                format!("{} does not declare the errors that it may answer: {}", operation.name(), due.join(", ")),
                "refer to an answer below `components/responses` for each",
            );
        }
    }
}

pub(crate) fn schema(description: &Description<'_>, found: &mut Findings) {
    let answers = description.operations().flat_map(|operation| operation.node.members_of("responses"));
    let errors = answers
        .filter(|(status, _)| status.starts_with(['4', '5']))
        .filter_map(|(_, answer)| description.resolve(answer));
    for error in errors {
        let schema = error.at(&["content", JSON, "schema"]);
        if schema.and_then(|schema| schema.text_of("$ref")) != Some(ERROR) {
            let line = schema.map_or(error.line, |schema| schema.line);
            found.add(
                line,
                "an error has not the one shape that callers expect",
                format!("refer to `{ERROR}` in `{JSON}`"),
            );
        }
    }
}

pub(crate) fn retry_after(description: &Description<'_>, found: &mut Findings) {
    let answers = description.operations().flat_map(|operation| operation.node.members_of("responses"));
    let busy = answers.filter(|(status, _)| status == "429").filter_map(|(_, answer)| description.resolve(answer));
    for answer in busy.filter(|answer| answer.at(&["headers", "Retry-After"]).is_none()) {
        found.add(answer.line, "the answer 429 does not say when to try again", "declare its header `Retry-After`");
    }
}
