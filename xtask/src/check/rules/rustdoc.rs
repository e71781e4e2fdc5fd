//! Descriptions are the documentation of the generated code, and rustdoc reads it as Markdown with meanings of its own.

use pulldown_cmark::{BrokenLink, CodeBlockKind, Event, Parser, Tag};

use crate::check::description::Description;
use crate::check::finding::Findings;
use crate::check::node::Node;

pub(crate) fn rustdoc(description: &Description<'_>, found: &mut Findings) {
    let operations =
        description.operations().flat_map(|operation| std::iter::once(operation.node).chain(operation.forms()));
    let nodes = description.schemas().into_iter().chain(description.parameters()).chain(operations);
    for text in nodes.flat_map(|node| ["summary", "description"].into_iter().filter_map(|name| node.get(name))) {
        for (wrong, cure) in faults(text) {
            found.add(text.line, wrong, cure);
        }
    }
}

fn faults(node: &Node) -> Vec<(String, &'static str)> {
    let text = node.text().unwrap_or_default();
    let mut faults = Vec::new();
    let mut broken = Vec::new();
    let mut note_broken = |link: BrokenLink<'_>| {
        broken.push(link.reference.to_string());
        None
    };
    let mut links = 0_usize;
    for event in Parser::new_with_broken_link_callback(text, pulldown_cmark::Options::empty(), Some(&mut note_broken)) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) if is_test(&kind) => {
                faults.push((
                    "rustdoc would compile and run this block of code".to_owned(),
                    "fence it, and label the fence `text`, `json` or `sh`",
                ));
            }
            Event::Start(Tag::Link { .. }) => links += 1,
            Event::End(pulldown_cmark::TagEnd::Link) => links = links.saturating_sub(1),
            Event::Text(text) if links == 0 && (text.contains("http://") || text.contains("https://")) => {
                faults.push(("rustdoc warns of a bare URL".to_owned(), "put it between `<` and `>`"));
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                faults.push((format!("rustdoc takes `{}` for HTML", html.trim()), "put it between backticks"));
            }
            _ => {}
        }
    }
    let broken = broken.into_iter();
    faults.extend(
        broken.map(|name| (format!("rustdoc takes `[{name}]` for a link to a Rust item"), "put it between backticks")),
    );
    faults
}

/// Whether rustdoc takes the block for Rust.
fn is_test(kind: &CodeBlockKind<'_>) -> bool {
    match kind {
        CodeBlockKind::Indented => true,
        CodeBlockKind::Fenced(label) => label.is_empty() || label.starts_with("rust"),
    }
}
