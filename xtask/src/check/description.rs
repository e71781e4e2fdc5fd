//! Finds one's way in a description of an API.

use std::collections::HashSet;

use super::node::Node;
use crate::codegen::openapi::METHODS;

/// A description, read by a rule.
pub(crate) struct Description<'a> {
    pub(crate) root: &'a Node,
}

/// A method of a path.
pub(crate) struct Operation<'a> {
    pub(crate) node: &'a Node,
    item: &'a Node,
}

/// The place where the schema of a body or an answer is used.
pub(crate) struct MediaType<'a> {
    pub(crate) name: &'a str,
    pub(crate) node: &'a Node,
}

impl<'a> Operation<'a> {
    /// Its id, for messages.
    pub(crate) fn name(&self) -> &'a str {
        self.node.text_of("operationId").unwrap_or("an operation")
    }

    /// Its answers with a status of 2xx, as they are written.
    pub(crate) fn successes(&self) -> impl Iterator<Item = &'a (String, Node)> {
        self.node.members_of("responses").iter().filter(|(status, _)| status.starts_with('2'))
    }

    /// The parameters of the operation and of its path, as they are written.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'a Node> {
        self.item.elements_of("parameters").iter().chain(self.node.elements_of("parameters"))
    }

    pub(crate) fn body(&self) -> Option<&'a Node> {
        self.node.get("requestBody")
    }

    /// The calls that the generator makes of it where it takes several shapes of request.
    pub(crate) fn forms(&self) -> &'a [Node] {
        self.node.elements_of("x-forms")
    }
}

impl<'a> Description<'a> {
    pub(crate) fn operations(&self) -> impl Iterator<Item = Operation<'a>> {
        let items = self.root.members_of("paths").iter().map(|(_, item)| item);
        items.flat_map(|item| {
            let methods = item.members().iter().filter(|(name, _)| METHODS.contains(&name.as_str()));
            methods.map(move |(_, node)| Operation { node, item })
        })
    }

    /// The components of a kind, such as `schemas`.
    pub(crate) fn components(&self, kind: &str) -> &'a [(String, Node)] {
        self.root.get("components").map_or(&[], |components| components.members_of(kind))
    }

    /// What a reference to a component names, if it is there.
    pub(crate) fn referenced(&self, reference: &str) -> Option<&'a Node> {
        let (kind, name) = reference.strip_prefix("#/components/")?.split_once('/')?;
        self.components(kind).iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    /// The node, or what it refers to, if that is there.
    pub(crate) fn resolve(&self, node: &'a Node) -> Option<&'a Node> {
        let mut node = node;
        // A component may refer to another one, but not for ever.
        for _ in 0..10 {
            match node.text_of("$ref") {
                Some(reference) => node = self.referenced(reference)?,
                None => return Some(node),
            }
        }
        None
    }

    /// All parameters, each where it is written.
    pub(crate) fn parameters(&self) -> Vec<&'a Node> {
        let items = self.root.members_of("paths").iter().flat_map(|(_, item)| item.elements_of("parameters"));
        let operations = self.operations().flat_map(|operation| operation.node.elements_of("parameters"));
        let components = self.components("parameters").iter().map(|(_, parameter)| parameter);
        written(items.chain(operations).chain(components))
    }

    /// All answers, each where it is written.
    pub(crate) fn answers(&self) -> Vec<&'a Node> {
        let answers = self.operations().flat_map(|operation| operation.node.members_of("responses"));
        written(answers.chain(self.components("responses")).map(|(_, answer)| answer))
    }

    /// All bodies of requests, each where it is written.
    pub(crate) fn bodies(&self) -> Vec<&'a Node> {
        let components = self.components("requestBodies").iter().map(|(_, body)| body);
        written(self.operations().filter_map(|operation| operation.body()).chain(components))
    }

    /// All headers of answers, each where it is written.
    pub(crate) fn headers(&self) -> Vec<&'a Node> {
        let headers = self.answers().into_iter().flat_map(|answer| answer.members_of("headers"));
        written(headers.chain(self.components("headers")).map(|(_, header)| header))
    }

    /// The schemas that answers are made of, each once, references followed.
    pub(crate) fn answer_schemas(&self) -> Vec<&'a Node> {
        let answers = self.answers();
        let forms =
            self.operations().flat_map(|operation| operation.forms()).filter_map(|form| form.text_of("response"));
        let forms = forms.filter_map(|reference| self.referenced(reference));
        self.reach(answers.into_iter().flat_map(media_types).filter_map(|media| media.node.get("schema")).chain(forms))
    }

    /// The schemas that bodies of requests are made of, each once, references followed.
    pub(crate) fn body_schemas(&self) -> Vec<&'a Node> {
        let bodies = self.bodies();
        let forms =
            self.operations().flat_map(|operation| operation.forms()).filter_map(|form| form.text_of("request"));
        let forms = forms.filter_map(|reference| self.referenced(reference));
        self.reach(bodies.into_iter().flat_map(media_types).filter_map(|media| media.node.get("schema")).chain(forms))
    }

    /// All schemas, each once.
    pub(crate) fn schemas(&self) -> Vec<&'a Node> {
        let described = self.parameters().into_iter().chain(self.headers()).filter_map(|node| node.get("schema"));
        let carriers = self.answers().into_iter().chain(self.bodies());
        let carried = carriers.flat_map(media_types).filter_map(|media| media.node.get("schema"));
        let named = self.components("schemas").iter().map(|(_, schema)| schema);
        self.reach(named.chain(carried).chain(described))
    }

    fn reach(&self, roots: impl Iterator<Item = &'a Node>) -> Vec<&'a Node> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        let mut waiting: Vec<_> = roots.collect();
        while let Some(node) = waiting.pop() {
            let Some(schema) = self.resolve(node) else { continue };
            if seen.insert(std::ptr::from_ref(schema)) {
                found.push(schema);
                waiting.extend(parts(schema));
            }
        }
        found.sort_by_key(|schema| schema.line);
        found
    }
}

/// Those that are no reference.
fn written<'a>(nodes: impl Iterator<Item = &'a Node>) -> Vec<&'a Node> {
    nodes.filter(|node| node.get("$ref").is_none()).collect()
}

/// What the body or the answer may be sent as.
pub(crate) fn media_types(carrier: &Node) -> impl Iterator<Item = MediaType<'_>> {
    carrier.members_of("content").iter().map(|(name, node)| MediaType { name, node })
}

/// The schemas directly in a schema.
pub(crate) fn parts(schema: &Node) -> impl Iterator<Item = &Node> {
    let properties = schema.members_of("properties").iter().map(|(_, property)| property);
    let single = ["items", "additionalProperties", "not"].into_iter().filter_map(|name| schema.get(name));
    properties
        .chain(single.filter(|part| !part.members().is_empty()))
        .chain(branches(schema))
        .chain(schema.elements_of("allOf"))
}

/// The schemas of a union.
pub(crate) fn branches(schema: &Node) -> impl Iterator<Item = &Node> {
    schema.elements_of("oneOf").iter().chain(schema.elements_of("anyOf"))
}

/// The examples of a body, an answer, a parameter or a header: their values.
pub(crate) fn examples(node: &Node) -> impl Iterator<Item = &Node> {
    let named = node.members_of("examples").iter().filter_map(|(_, example)| example.get("value"));
    named.chain(node.get("example"))
}
