//! A YAML document as a tree whose nodes know their lines.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{DefaultMessageFormatter, MessageFormatter, Spanned};

use super::finding::Finding;

/// A value of the document.
pub(crate) struct Node {
    /// The line of its name, or of itself where it is an element of a list. The first line is 1.
    pub(crate) line: u64,
    /// How many characters it is written in.
    pub(crate) length: u64,
    content: Content,
}

enum Content {
    Scalar(Value),
    List(Vec<Node>),
    Members(Vec<(String, Node)>),
}

impl Node {
    /// Reads a document, by the library that the generator reads it with.
    pub(crate) fn parse(text: &str) -> Result<Self, Finding> {
        serde_saphyr::from_str(text).map_err(|error| Finding {
            line: error.location().map_or(1, |location| location.line().max(1)),
            wrong: DefaultMessageFormatter.format_message(error.without_snippet()).into_owned(),
            cure: "write one YAML document without this error".to_owned(),
        })
    }

    /// The members, where it is an object.
    pub(crate) fn members(&self) -> &[(String, Self)] {
        match &self.content {
            Content::Members(members) => members,
            _ => &[],
        }
    }

    /// The elements, where it is a list.
    pub(crate) fn elements(&self) -> &[Self] {
        match &self.content {
            Content::List(elements) => elements,
            _ => &[],
        }
    }

    /// The member of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(known, _)| known == name).map(|(_, member)| member)
    }

    /// The member at the end of these names.
    pub(crate) fn at(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |node, name| node.get(name))
    }

    /// The members of the member of this name, if there is one.
    pub(crate) fn members_of(&self, name: &str) -> &[(String, Self)] {
        self.get(name).map_or(&[], Self::members)
    }

    /// The elements of the member of this name, if there is one.
    pub(crate) fn elements_of(&self, name: &str) -> &[Self] {
        self.get(name).map_or(&[], Self::elements)
    }

    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        self.scalar()?.as_str()
    }

    /// The text of the member of this name.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// Its value, where it is neither an object nor a list.
    pub(crate) fn scalar(&self) -> Option<&Value> {
        match &self.content {
            Content::Scalar(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the member of this name is true.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name).and_then(Self::scalar) == Some(&Value::Bool(true))
    }

    /// The node at the end of a JSON pointer, or the last one on the way that is there.
    pub(crate) fn follow(&self, pointer: &str) -> &Self {
        let mut node = self;
        for name in pointer.split('/').skip(1) {
            let name = name.replace("~1", "/").replace("~0", "~");
            let element = name.parse().ok().and_then(|index: usize| node.elements().get(index));
            match element.or_else(|| node.get(&name)) {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    pub(crate) fn to_json(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(elements) => elements.iter().map(Self::to_json).collect(),
            Content::Members(members) => {
                members.iter().map(|(name, member)| (name.clone(), member.to_json())).collect()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value: content, referenced, .. } = Spanned::deserialize(deserializer)?;
        Ok(Self { line: referenced.line(), length: referenced.span().len(), content })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Content, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element()? {
            elements.push(element);
        }
        Ok(Content::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut members = Vec::new();
        while let Some((name, mut member)) = map.next_entry::<Spanned<String>, Node>()? {
            member.line = name.referenced.line();
            members.push((name.value, member));
        }
        Ok(Content::Members(members))
    }
}
