//! Large answers, and two ways to read them.

use anyhow::Result;
use lumetra_engram::EngramClient;
use lumetra_engram::api::BareOrWrapped;
use lumetra_engram::api::types::{BatchMemory, StoreMemoriesRequest};
use reqwest::Response;

use crate::bare::{QueryResult, StoreMemoriesResult};

/// The memories of a large answer to a query.
pub const MEMORIES: usize = 1_000;
/// The results of a large batch.
pub const RESULTS: usize = 10_000;

pub async fn engram_query(client: &EngramClient) -> Result<usize> {
    let result = client.query("q").await?;
    Ok(result.explanation.map_or(0, |explanation| explanation.retrieved_memories.len()))
}

/// By the generated client, which does not mind that the results are more than the facts: only their reading is compared.
pub async fn engram_batch(client: &EngramClient) -> Result<usize> {
    Ok(match client.api().store_memories("default", &one_fact()).await?.into_inner() {
        BareOrWrapped::Wrapped(wrapped) => wrapped.memories.len(),
        BareOrWrapped::Bare(results) => results.len(),
    })
}

pub async fn bare_query(answer: Response) -> Result<usize> {
    let result: QueryResult = answer.json().await?;
    Ok(result.explanation.map_or(0, |explanation| explanation.retrieved_memories.len()))
}

pub async fn bare_batch(answer: Response) -> Result<usize> {
    Ok(answer.json::<StoreMemoriesResult>().await?.memories.len())
}

fn one_fact() -> StoreMemoriesRequest {
    StoreMemoriesRequest { memories: vec![BatchMemory { content: "x".to_owned() }], extra: serde_json::Map::new() }
}
