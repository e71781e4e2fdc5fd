//! Tolerance towards answers: what the generated types are decoded with, and how older answers get the names of newer ones.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::generated::types::{Bucket, QueryResult, RetrievedMemory, StoreMemoryResult};

/// A list that some server versions send inside an object and some bare.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[allow(clippy::exhaustive_enums)] // JSON has no third form of a list.
pub enum BareOrWrapped<Wrapped, Item> {
    /// The list inside an object.
    Wrapped(Wrapped),
    /// The list itself.
    Bare(Vec<Item>),
}

impl<'de, Wrapped: Deserialize<'de>, Item: Deserialize<'de>> Deserialize<'de> for BareOrWrapped<Wrapped, Item> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BareOrWrappedVisitor(PhantomData))
    }
}

struct BareOrWrappedVisitor<Wrapped, Item>(PhantomData<(Wrapped, Item)>);

impl<'de, Wrapped: Deserialize<'de>, Item: Deserialize<'de>> Visitor<'de> for BareOrWrappedVisitor<Wrapped, Item> {
    type Value = BareOrWrapped<Wrapped, Item>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Wrapped::deserialize(MapAccessDeserializer::new(map)).map(BareOrWrapped::Wrapped)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(elements)).map(BareOrWrapped::Bare)
    }
}

/// Decodes `null` as the empty value of the type.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// An answer whose properties may come under an older or a newer name (`x-mirror-of` in the description of the API).
pub(crate) trait Settle: Sized {
    /// Gives each property its present name. Fails, with what is wrong, where something that no caller can do without came
    /// under neither name.
    fn settle(self) -> Result<Self, &'static str>;
}

impl Settle for StoreMemoryResult {
    fn settle(mut self) -> Result<Self, &'static str> {
        fill(&mut self.id, &self.memory_id);
        if self.id.is_empty() { Err("a store result has no id") } else { Ok(self) }
    }
}

impl Settle for Bucket {
    fn settle(mut self) -> Result<Self, &'static str> {
        fill(&mut self.name, &self.bucket_name);
        if self.name.is_empty() { Err("a bucket has no name") } else { Ok(self) }
    }
}

impl<T: Settle> Settle for Vec<T> {
    fn settle(self) -> Result<Self, &'static str> {
        self.into_iter().map(T::settle).collect()
    }
}

impl Settle for QueryResult {
    fn settle(mut self) -> Result<Self, &'static str> {
        let explained = self.explanation.iter_mut().flat_map(|explanation| &mut explanation.retrieved_memories);
        explained.for_each(settle_retrieved_memory);
        Ok(self)
    }
}

fn settle_retrieved_memory(memory: &mut RetrievedMemory) {
    fill(&mut memory.memory_id, &memory.id);
    fill(&mut memory.bucket_name, &memory.bucket);
    memory.weighted_score = memory.weighted_score.or(memory.score);
}

fn fill(value: &mut String, mirror: &Option<String>) {
    if let (true, Some(mirror)) = (value.is_empty(), mirror) {
        value.clone_from(mirror);
    }
}
