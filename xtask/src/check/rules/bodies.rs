//! Bodies of requests.

use crate::check::description::{Description, media_types};
use crate::check::finding::Findings;
use crate::codegen::openapi::JSON;

pub(crate) fn media_type(description: &Description<'_>, found: &mut Findings) {
    for body in description.bodies() {
        for media in media_types(body).filter(|media| media.name != JSON) {
            found.add(
                media.node.line,
                format!("the generator makes no call of a body in `{}`", media.name),
                format!("take `{JSON}`, and nothing else"),
            );
        }
    }
}

/// A body is optional where the description does not say `required: true`. The generator always sends one.
pub(crate) fn optional(description: &Description<'_>, found: &mut Findings) {
    for body in description.bodies().into_iter().filter(|body| !body.is_true("required")) {
        let line = body.get("required").map_or(body.line, |required| required.line);
        found.add(
            line,
            "the generator's calls always send a body, and this one may be left out",
            "write `required: true`",
        );
    }
}

pub(crate) fn default_value(description: &Description<'_>, found: &mut Findings) {
    let properties = description.schemas().into_iter().flat_map(|schema| schema.members_of("properties"));
    for (name, default) in properties.filter_map(|(name, property)| Some((name, property.get("default")?))) {
        found.add(
            default.line,
            format!("with a default, `{name}` would be sent even where the caller leaves it out"),
            "say in the description what the server does without it",
        );
    }
}
