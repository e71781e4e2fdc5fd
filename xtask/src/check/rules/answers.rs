//! Successful answers that the generator cannot make one type of.

use crate::check::description::{Description, Operation, media_types};
use crate::check::finding::Findings;
use crate::check::node::Node;
use crate::codegen::openapi::{EVENT_STREAM, JSON};

pub(crate) fn default_answer(description: &Description<'_>, found: &mut Findings) {
    for operation in description.operations() {
        if let Some((_, answer)) = operation.node.members_of("responses").iter().find(|(status, _)| status == "default")
        {
            found.add(
                answer.line,
                format!("the generator drops the `default` answer of {}", operation.name()),
                "declare the statuses: 200 or another 2xx for success, 4xx and `5XX` for errors",
            );
        }
    }
}

pub(crate) fn different_schemas(description: &Description<'_>, found: &mut Findings) {
    for operation in description.operations() {
        for name in [JSON, EVENT_STREAM] {
            let mut schemas = answer_schemas(&operation, name);
            let first = schemas.next();
            for schema in schemas.filter(|schema| Some(schema.to_json()) != first.map(Node::to_json)) {
                found.add(
                    schema.line,
                    format!("the generator reads every 2xx answer of {} by the schema of the first", operation.name()),
                    "give all its 2xx answers one schema, a `oneOf` if need be",
                );
            }
        }
    }
}

fn answer_schemas<'a>(operation: &Operation<'a>, name: &str) -> impl Iterator<Item = &'a Node> {
    let media = operation.successes().flat_map(|(_, answer)| media_types(answer));
    media.filter(move |media| media.name == name).filter_map(|media| media.node.get("schema"))
}

pub(crate) fn media_type(description: &Description<'_>, found: &mut Findings) {
    for operation in description.operations() {
        let media = operation.successes().flat_map(|(_, answer)| media_types(answer));
        for media in media.filter(|media| media.name != JSON && media.name != EVENT_STREAM) {
            found.add(
                media.node.line,
                format!("the generator makes no type of an answer in `{}`", media.name),
                format!("answer in `{JSON}`, or also in `{EVENT_STREAM}`"),
            );
        }
    }
}

pub(crate) fn stream_beside_json(description: &Description<'_>, found: &mut Findings) {
    for operation in description.operations() {
        for (_, answer) in operation.successes() {
            let stream = media_types(answer).find(|media| media.name == EVENT_STREAM);
            if let Some(stream) = stream.filter(|_| media_types(answer).all(|media| media.name != JSON)) {
                found.add(
                    stream.node.line,
                    format!(
                        "{} streams its answer only, and the generator also makes a call that reads nothing",
                        operation.name()
                    ),
                    format!("declare the whole answer too, as `{JSON}`"),
                );
            }
        }
    }
}

pub(crate) fn missing_schema(description: &Description<'_>, found: &mut Findings) {
    for operation in description.operations() {
        let answers = operation.successes().map(|(_, answer)| answer);
        for media in
            answers.chain(operation.body()).flat_map(media_types).filter(|media| media.node.get("schema").is_none())
        {
            found.add(
                media.node.line,
                format!("a body or an answer of {} has no schema", operation.name()),
                "add one with `schema: {$ref: '#/components/schemas/…'}`",
            );
        }
    }
}
