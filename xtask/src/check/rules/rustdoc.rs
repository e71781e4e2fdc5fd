//! Descriptions are the documentation of the generated code, and rustdoc reads it as Markdown with meanings of its own.

use lumetra_engram_spec::openapi::{elements, operations, resolve};
use pulldown_cmark::{BrokenLink, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::check::document::{Document, Found};

pub(crate) fn rustdoc<'a>(document: &Document<'a>) -> Found<'a> {
    let operations = operations(document.root).flat_map(|operation| {
        let parameters = operation.parameters().filter_map(|parameter| resolve(document.root, parameter));
        std::iter::once(operation.value).chain(elements(&operation.value["x-forms"])).chain(parameters)
    });
    let described = document.schemas.iter().copied().chain(operations);
    let texts = described.flat_map(|value| [value.get("summary"), value.get("description")]).flatten();
    texts
        .flat_map(|text| faults(text.as_str().unwrap_or_default()).into_iter().map(move |fault| (text, fault)))
        .collect()
}

fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut broken = Vec::new();
    let mut note_broken = |link: BrokenLink<'_>| {
        broken
            .push(format!("rustdoc takes `[{}]` for a link to a Rust item: put it between backticks", link.reference));
        None
    };
    let mut links = 0_usize;
    for event in Parser::new_with_broken_link_callback(text, Options::empty(), Some(&mut note_broken)) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) if is_test(&kind) => {
                faults.push("rustdoc would run this block of code: label its fence `text`, `json` or `sh`".to_owned());
            }
            Event::Start(Tag::Link { .. }) => links += 1,
            Event::End(TagEnd::Link) => links = links.saturating_sub(1),
            Event::Text(text) if links == 0 && (text.contains("http://") || text.contains("https://")) => {
                faults.push("rustdoc warns of a bare URL: put it between `<` and `>`".to_owned());
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                faults.push(format!("rustdoc takes `{}` for HTML: put it between backticks", html.trim()));
            }
            _ => {}
        }
    }
    faults.extend(broken);
    faults
}

/// Whether rustdoc takes the block for Rust.
fn is_test(kind: &CodeBlockKind<'_>) -> bool {
    match kind {
        CodeBlockKind::Indented => true,
        CodeBlockKind::Fenced(label) => label.is_empty() || label.starts_with("rust"),
    }
}
