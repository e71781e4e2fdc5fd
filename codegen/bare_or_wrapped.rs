//! Responses that come as an object or as the bare list in it: a schema `oneOf: [object, array]`.

use serde_json::Value;

use super::openapi::{component, components, referenced};

/// A schema of such a response.
pub(crate) struct BareOrWrapped {
    pub(crate) name: String,
    wrapped: String,
    item: String,
}

impl BareOrWrapped {
    /// The hand-written type that decodes both; serde's untagged enums would buffer the response and hide what is wrong in it.
    pub(crate) fn rust_type(&self) -> String {
        let (wrapped, item) = (&self.wrapped, &self.item);
        let types = "crate::generated::types";
        format!("crate::wire::BareOrWrapped<{types}::{wrapped}, {types}::{item}>")
    }
}

/// All such schemas among the components.
pub(crate) fn find(document: &Value) -> Vec<BareOrWrapped> {
    let found = components(document).filter_map(|(name, union)| {
        let [object, list] = union.get("oneOf")?.as_array()?.as_slice() else {
            return None;
        };
        let (wrapped, list) = (referenced(object)?, referenced(list)?);
        let item = referenced(&component(document, list)["items"])?;
        Some(BareOrWrapped { name: name.to_owned(), wrapped: wrapped.to_owned(), item: item.to_owned() })
    });
    found.collect()
}
