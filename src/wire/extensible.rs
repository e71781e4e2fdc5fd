//! Request bodies that carry fields which the spec does not know.

use serde_json::{Map, Value};

/// A request body with such fields beside those of the spec.
pub(crate) trait ExtensibleBody {
    /// The fields of the spec that every request has.
    const REQUIRED: &'static [&'static str];
    /// The other fields of the spec.
    const OPTIONAL: &'static [&'static str];

    fn extra(&self) -> &Map<String, Value>;
}
