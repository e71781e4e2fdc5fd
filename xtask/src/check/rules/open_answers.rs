//! What would break callers when the service's answers change or hold one odd value.

use serde_json::json;

use crate::check::description::Description;
use crate::check::finding::Findings;

pub(crate) fn closed_enum(description: &Description<'_>, found: &mut Findings) {
    for node in description.answer_schemas().into_iter().filter_map(|schema| schema.get("enum")) {
        found.add(
            node.line,
            "an answer may not have a closed `enum`, since a new value would break every caller",
            "write `x-extensible-enum` in its place, in a schema of its own",
        );
    }
}

/// Formats whose values become plain texts and numbers of full size, which are decoded leniently.
const PLAIN_FORMATS: &[&str] = &["int64", "double", "password", "uri"];

pub(crate) fn strict_format(description: &Description<'_>, found: &mut Findings) {
    for node in description.answer_schemas().into_iter().filter_map(|schema| schema.get("format")) {
        let format = node.text().unwrap_or_default();
        if !PLAIN_FORMATS.contains(&format) {
            found.add(
                node.line,
                format!("the generator refuses a whole answer for one value that is not quite `{format}`"),
                "leave `format` out of a text and describe it, and take `int64` or `double` for a number",
            );
        }
    }
}

/// Of these the generator makes types that refuse other values, or could. `minProperties` is none of them: it is ignored, and so says
/// to other readers only that an empty object is no answer.
const BOUNDS: &[&str] = &[
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

pub(crate) fn strict_bounds(description: &Description<'_>, found: &mut Findings) {
    for schema in description.answer_schemas() {
        for (name, node) in schema.members().iter().filter(|(name, _)| BOUNDS.contains(&name.as_str())) {
            found.add(
                node.line,
                format!("the generator refuses a whole answer for one value that breaks `{name}`"),
                "leave it out, and say in the description what values to expect",
            );
        }
    }
}

pub(crate) fn closed_object(description: &Description<'_>, found: &mut Findings) {
    for node in description.answer_schemas().into_iter().filter_map(|schema| schema.get("additionalProperties")) {
        if node.scalar() == Some(&json!(false)) {
            found.add(
                node.line,
                "a field that the service adds would be refused or lost",
                "write `additionalProperties: true`, so that it is kept",
            );
        }
    }
}
