//! A memory, as `list` and `export` show it.

use lumetra_engram::Memory;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct Fact {
    pub(crate) id: String,
    pub(crate) content: String,
    bucket: String,
    created_at: Option<String>,
}

impl Fact {
    pub(crate) fn new(memory: Memory, bucket: &str) -> Self {
        let Memory { id, content, created_at, .. } = memory;
        Self { id, content, bucket: bucket.to_owned(), created_at }
    }
}
