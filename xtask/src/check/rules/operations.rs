//! Operations that the generator makes the wrong methods of, and links between them.

use std::collections::BTreeSet;

use heck::ToSnakeCase;
use lumetra_engram_spec::openapi::{EVENT_STREAM, JSON, elements, members, operations, resolve};
use serde_json::Value;

use crate::check::document::{Document, Found};

/// The ids that the generator makes of the ids of the spec: one for a streamed response, one for each form of a request.
pub(crate) fn derived_id<'a>(document: &Document<'a>) -> Found<'a> {
    let (mut known, mut found) = (BTreeSet::new(), Vec::new());
    for operation in operations(document.root) {
        let snake_case = |id: &'a Value| (id, id.as_str().unwrap_or_default().to_snake_case());
        let mut ids: Vec<_> =
            elements(&operation.value["x-forms"]).map(|form| snake_case(&form["operationId"])).collect();
        let own = snake_case(&operation.value["operationId"]);
        let is_streamed = operation.successes().any(|response| response["content"].get(EVENT_STREAM).is_some());
        let streamed = is_streamed.then(|| (own.0, format!("{}_stream", own.1)));
        if ids.is_empty() {
            ids.push(own);
        }
        let twice = ids.into_iter().chain(streamed).filter(|(_, id)| !known.insert(id.clone()));
        found
            .extend(twice.map(|(at, id)| (at, format!("the generator makes two methods `{id}`: give one another id"))));
    }
    found
}

pub(crate) fn different_schemas<'a>(document: &Document<'a>) -> Found<'a> {
    let schemas = operations(document.root).flat_map(|operation| {
        [JSON, EVENT_STREAM].map(|media| {
            let contents = operation.successes().filter_map(move |response| response["content"].get(media));
            contents.map(|content| &content["schema"]).collect::<Vec<_>>()
        })
    });
    let others = schemas.flat_map(|schemas| {
        let first = schemas.first().copied();
        schemas.into_iter().filter(move |schema| Some(*schema) != first)
    });
    let wrong = "the generator reads every 2xx response of an operation by the schema of the first: give all of them one schema";
    others.map(|schema| (schema, wrong.to_owned())).collect()
}

pub(crate) fn links<'a>(document: &Document<'a>) -> Found<'a> {
    let root = document.root;
    let responses = operations(root).flat_map(|operation| members(&operation.value["responses"]));
    let responses = responses.filter_map(|(_, response)| resolve(root, response));
    let links = responses.flat_map(|response| members(&response["links"])).filter_map(|(_, link)| resolve(root, link));
    let mut found = Vec::new();
    for link in links {
        let Some(called) = operations(root).find(|operation| operation.value["operationId"] == link["operationId"])
        else {
            found.push((link, "the link has no operation: correct its `operationId`".to_owned()));
            continue;
        };
        let names = called.parameters().filter_map(|parameter| resolve(root, parameter)?["name"].as_str());
        let names: Vec<_> = names.collect();
        let unknown = members(&link["parameters"]).filter(|(name, _)| !names.contains(name));
        found
            .extend(unknown.map(|(name, at)| (at, format!("the operation has no parameter `{name}`, only {names:?}"))));
    }
    found
}
