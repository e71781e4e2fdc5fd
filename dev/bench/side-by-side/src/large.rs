//! Large answers, and two ways to read them: to the number of their elements.

use anyhow::{Result, ensure};
use bytes::Bytes;
use lumetra_engram::api::BareOrWrapped;
use lumetra_engram::api::types::{BatchMemory, StoreMemoriesRequest};
use reqwest::Response;

use crate::answers;
use crate::bare::{QueryResult, StoreMemoriesResult};
use crate::from_memory::{Reader, answer, in_pieces};

type Read = fn(&Reader, Response) -> Result<usize>;

/// The ways, this client's first.
pub const WAYS: [&str; 2] = ["lumetra-engram", "serde_json"];

pub struct Large {
    pub name: &'static str,
    pub bytes: usize,
    elements: usize,
    pieces: Vec<Bytes>,
    /// In the order of [`WAYS`].
    read: [Read; 2],
}

/// A query's answer with 1,000 memories, and a batch of 10,000 store results.
pub fn all() -> [Large; 2] {
    let large = |name, elements, answer: serde_json::Value, read| {
        let answer = answer.to_string();
        // About what a connection gives at once.
        Large { name, bytes: answer.len(), elements, pieces: in_pieces(answer.as_bytes(), 16_000), read }
    };
    [
        large("query", 1_000, answers::query(1_000), [engram_query, bare_query]),
        large("batch", 10_000, answers::batch(10_000), [engram_batch, bare_batch]),
    ]
}

impl Large {
    pub fn answer(&self) -> Result<Response> {
        answer("application/json", &self.pieces)
    }

    pub fn read(&self, way: usize, reader: &Reader, answer: Response) -> Result<()> {
        let elements = self.read[way](reader, answer)?;
        ensure!(elements == self.elements, "{elements} of {} came", self.elements);
        Ok(())
    }
}

fn engram_query(reader: &Reader, answer: Response) -> Result<usize> {
    let result = reader.read(answer, async { reader.client.query("q").await })?;
    Ok(result.explanation.map_or(0, |explanation| explanation.retrieved_memories.len()))
}

/// By the generated client, which does not mind that the results are more than the facts: only their reading is compared.
fn engram_batch(reader: &Reader, answer: Response) -> Result<usize> {
    let memories = vec![BatchMemory { content: "x".to_owned() }];
    let one_fact = StoreMemoriesRequest { memories, extra: serde_json::Map::new() };
    let call = async { reader.client.api().store_memories("default", &one_fact).await };
    Ok(match reader.read(answer, call)?.into_inner() {
        BareOrWrapped::Wrapped(wrapped) => wrapped.memories.len(),
        BareOrWrapped::Bare(results) => results.len(),
    })
}

fn bare_query(reader: &Reader, answer: Response) -> Result<usize> {
    let result: QueryResult = reader.run(answer.json())?;
    Ok(result.explanation.map_or(0, |explanation| explanation.retrieved_memories.len()))
}

fn bare_batch(reader: &Reader, answer: Response) -> Result<usize> {
    Ok(reader.run(answer.json::<StoreMemoriesResult>())?.memories.len())
}
