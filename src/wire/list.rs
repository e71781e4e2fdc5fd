//! Lists that come bare or inside an object.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A list that some server versions send inside an object and some bare.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
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
