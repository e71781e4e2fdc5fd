//! Schemas that do not become the types that they look like.

use crate::check::document::{Document, Found};

/// Only named schemas get the tolerant decoding of responses, and the names that the generator gives to others clash.
pub(crate) fn inline_object<'a>(document: &Document<'a>) -> Found<'a> {
    let objects = document.schemas.iter().filter(|schema| schema.get("properties").is_some());
    let wrong = "an object without a name of its own becomes a type that is strict, under a name that may clash: move it below \
        `components/schemas` and refer to it";
    objects.filter(|schema| !document.is_named(schema)).map(|schema| (*schema, wrong.to_owned())).collect()
}

pub(crate) fn inline_enum<'a>(document: &Document<'a>) -> Found<'a> {
    let enums = document.schemas.iter().filter_map(|schema| Some((schema, schema.get("x-extensible-enum")?)));
    let others = enums.filter(|(schema, _)| !document.is_named(schema) || schema["type"] != "string");
    let wrong =
        "only a named schema of type string becomes a type with known values: move it below `components/schemas`";
    others.map(|(_, values)| (values, wrong.to_owned())).collect()
}

pub(crate) fn shared<'a>(document: &Document<'a>) -> Found<'a> {
    let objects = document.in_requests.iter().filter(|schema| schema.get("properties").is_some());
    let wrong =
        "a schema of requests that is part of a response too is decoded strictly: give the response one of its own";
    objects.filter(|schema| document.is_in_response(schema)).map(|schema| (*schema, wrong.to_owned())).collect()
}
