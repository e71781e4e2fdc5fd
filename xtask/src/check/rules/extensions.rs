//! The project's own extensions, which the generator follows where they are right and ignores where they are not.

use lumetra_engram_spec::openapi::{aliases, component_name, elements, members, operations, target};
use serde_json::Value;

use crate::check::document::{Document, Found};

const KNOWN: [&str; 4] = ["x-aliases", "x-extensible-enum", "x-forms", "x-mirror-of"];

pub(crate) fn unknown<'a>(document: &Document<'a>) -> Found<'a> {
    let operations = operations(document.root).map(|operation| operation.value);
    let all = document.schemas.iter().copied().chain(operations).flat_map(members);
    let unknown = all.filter(|(name, _)| name.starts_with("x-") && !KNOWN.contains(name));
    unknown.map(|(name, value)| (value, format!("nothing reads `{name}`: write one of {KNOWN:?}"))).collect()
}

pub(crate) fn forms<'a>(document: &Document<'a>) -> Found<'a> {
    let is_schema = |reference: &str| component_name(reference).and(target(document.root, reference)).is_some();
    let is_right = |form: &Value| {
        let text = |name: &str| form[name].as_str();
        text("operationId").and(text("summary")).is_some()
            && [text("request"), text("response")].into_iter().all(|reference| reference.is_some_and(is_schema))
    };
    let forms = operations(document.root).flat_map(|operation| elements(&operation.value["x-forms"]));
    let wrong = "give the form `operationId`, `summary`, and in `request` and `response` the references of two schemas";
    forms.filter(|form| !is_right(form)).map(|form| (form, wrong.to_owned())).collect()
}

pub(crate) fn mirror<'a>(document: &Document<'a>) -> Found<'a> {
    let mirrors = document.properties().filter_map(|(schema, name, property)| {
        let mirrored = property.get("x-mirror-of")?;
        let is_there = members(&schema["properties"]).any(|(known, _)| mirrored == known && known != name);
        (!is_there || !document.is_in_response(schema)).then_some((mirrored, name))
    });
    let wrong = |name| format!("`{name}` mirrors no other property of a response: name one of the same schema");
    mirrors.map(|(mirrored, name)| (mirrored, wrong(name))).collect()
}

pub(crate) fn alias<'a>(document: &Document<'a>) -> Found<'a> {
    let wrong = document.properties().filter_map(|(schema, name, property)| {
        let list = property.get("x-aliases")?;
        let is_list = aliases(property).count() == elements(list).count().max(1);
        let names_property = aliases(property).any(|alias| schema["properties"].get(alias).is_some());
        (!is_list || names_property || !document.is_in_response(schema)).then_some((list, name))
    });
    let cure = "list texts, none of them the name of a property, in a schema that responses hold";
    wrong.map(|(list, name)| (list, format!("these are no further names of `{name}` in a response: {cure}"))).collect()
}
