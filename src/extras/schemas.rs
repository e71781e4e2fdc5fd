//! JSON Schemas of types that are written by hand.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::generated::types;
use crate::operations::TopKPerBucket;

/// The same as what is sent for it.
impl JsonSchema for TopKPerBucket {
    fn schema_name() -> Cow<'static, str> {
        types::TopKPerBucket::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        types::TopKPerBucket::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        types::TopKPerBucket::json_schema(generator)
    }
}
