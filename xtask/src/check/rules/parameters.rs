//! Parameters.

use crate::check::description::Description;
use crate::check::finding::Findings;
use crate::check::node::Node;

pub(crate) fn style(description: &Description<'_>, found: &mut Findings) {
    for parameter in description.parameters() {
        let wrong =
            parameter.get("in").filter(|place| place.text() == Some("cookie")).or_else(|| written_oddly(parameter));
        if let Some(node) = wrong {
            found.add(
                node.line,
                "the generator sends parameters only in the usual style of a path, a query or a header",
                "leave out `style`, `explode` and `content`, and use no cookie",
            );
        }
    }
}

fn written_oddly(parameter: &Node) -> Option<&Node> {
    let usual = if parameter.text_of("in") == Some("query") { "form" } else { "simple" };
    let style = parameter.get("style").filter(|style| style.text() != Some(usual));
    let explode = parameter.get("explode").filter(|_| usual == "form" && !parameter.is_true("explode"));
    style.or(explode).or(parameter.get("content"))
}

pub(crate) fn optional_in_path(description: &Description<'_>, found: &mut Findings) {
    let in_path = description.parameters().into_iter().filter(|parameter| parameter.text_of("in") == Some("path"));
    for parameter in in_path.filter(|parameter| !parameter.is_true("required")) {
        let line = parameter.get("required").map_or(parameter.line, |required| required.line);
        found.add(line, "a parameter of a path cannot be left out", "write `required: true`");
    }
}
