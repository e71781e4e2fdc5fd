//! What would break callers when the service's responses change or hold one odd value.

use lumetra_engram_spec::openapi::{alternatives, referenced, resolve};
use serde_json::{Value, json};

use crate::check::document::{Document, Found};

/// Formats whose values become plain texts and numbers of full size, which are decoded leniently.
const PLAIN_FORMATS: [&str; 4] = ["int64", "double", "password", "uri"];

/// Of these the generator makes types that refuse other values, or could. `minProperties` is none of them: it is ignored, and so says
/// to other readers only that an empty object is no response.
const BOUNDS: [&str; 12] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

pub(crate) fn strict<'a>(document: &Document<'a>) -> Found<'a> {
    let keywords = document.in_responses.iter().filter_map(|schema| schema.as_object()).flatten();
    let strict = keywords.filter_map(|(keyword, value)| Some((keyword, value, cure(keyword, value)?)));
    let wrong =
        |keyword| format!("one odd value would break every caller, since the generator is strict about `{keyword}`");
    strict.map(|(keyword, value, cure)| (value, format!("{}: {cure}", wrong(keyword)))).collect()
}

fn cure(keyword: &str, value: &Value) -> Option<&'static str> {
    match keyword {
        "enum" => Some("write `x-extensible-enum`, in a schema of its own"),
        "format" if !PLAIN_FORMATS.iter().any(|format| value == format) => {
            Some("describe it in words, or take `int64` or `double`")
        }
        "additionalProperties" if *value == json!(false) => Some("write `additionalProperties: true`"),
        keyword if BOUNDS.contains(&keyword) => Some("say in the description what to expect"),
        _ => None,
    }
}

/// A response that is an object or the bare list in it has a type of its own, made only of this form.
pub(crate) fn bare_or_wrapped<'a>(document: &Document<'a>) -> Found<'a> {
    let resolved = |schema: &'a Value| resolve(document.root, schema).unwrap_or(schema);
    let is_list = |schema: &'a Value| resolved(schema)["type"] == "array";
    let is_known = |schema: &'a Value| match schema["oneOf"].as_array().map(Vec::as_slice) {
        Some([object, list]) => {
            let all_named = [object, list, &resolved(list)["items"]].into_iter().all(|part| referenced(part).is_some());
            !is_list(object) && all_named
        }
        _ => false,
    };
    let wrong = "the generator knows a response that may be a list in one form only, and decodes others badly: write `oneOf` with two \
        references, first to the object, then to an array whose `items` are a reference";
    let unions = document.in_responses.iter().filter_map(|schema| Some((*schema, alternatives(schema)?)));
    let with_list = unions.filter(|(_, union)| union.iter().any(is_list)).map(|(schema, _)| schema);
    with_list.filter(|schema| !is_known(schema)).map(|schema| (schema, wrong.to_owned())).collect()
}
