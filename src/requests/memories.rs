//! Storing, listing and deleting memories.

use std::num::NonZeroU32;

use serde_json::Map;

use super::{awaitable, bucket_setter, check_extra, extra_setter};
use crate::answers::BareOrWrapped;
use crate::call::Call;
use crate::error::EngramError;
use crate::generated::Client;
use crate::generated::types::{
    ClearMemoriesResult, Dedup, ListMemoriesResult, NewMemory, StoreMemoriesRequest, StoreMemoryRequest,
    StoreMemoryResult,
};
use crate::path::check_segment;

const DEFAULT_LIMIT: u32 = 20;

/// Stores one fact: see [`EngramClient::store_memory`](crate::EngramClient::store_memory).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct StoreMemory {
    api: Client,
    bucket: String,
    body: StoreMemoryRequest,
}

impl StoreMemory {
    pub(crate) fn new(api: &Client, bucket: &str, content: String) -> Self {
        let body = StoreMemoryRequest { content, dedup: None, extra: Map::new() };
        Self { api: api.clone(), bucket: bucket.to_owned(), body }
    }

    bucket_setter!();

    /// How alike this fact and a stored one must be to be merged. Default: the server's choice, today [`Dedup::Loose`]. Use
    /// [`Dedup::Off`] for facts that are alike but distinct, such as readings of a sensor.
    pub fn dedup(mut self, dedup: Dedup) -> Self {
        self.body.dedup = Some(dedup);
        self
    }

    extra_setter!(extra, body.extra, "the body");

    /// Sends the request. A fact that the server merged into another memory is a success too: see
    /// [`status`](StoreMemoryResult::status).
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`. After [`EngramError::Decode`] the fact is stored; after a timeout or a broken
    /// connection it may be.
    pub async fn send(self) -> Result<StoreMemoryResult, EngramError> {
        check_segment("bucket", &self.bucket)?;
        check_extra(&self.body, "store_memory", &[])?;
        let call = Call::new(&self.api);
        let outcome = call.api.store_memory(&self.bucket, &self.body).await;
        call.answer(outcome).await
    }
}

awaitable!(StoreMemory => StoreMemoryResult);

/// Stores many facts: see [`EngramClient::store_memories`](crate::EngramClient::store_memories).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct StoreMemories {
    api: Client,
    bucket: String,
    body: StoreMemoriesRequest,
}

impl StoreMemories {
    pub(crate) fn new(api: &Client, bucket: &str, contents: impl Iterator<Item = String>) -> Self {
        let memories = contents.map(|content| NewMemory { content }).collect();
        let body = StoreMemoriesRequest { memories, extra: Map::new() };
        Self { api: api.clone(), bucket: bucket.to_owned(), body }
    }

    bucket_setter!();

    extra_setter!(extra, body.extra, "the body, beside the facts");

    /// Sends the request. The results are those of the server, one for each fact and in their order. Without facts nothing is sent
    /// and there are no results.
    ///
    /// The server chooses how alike facts must be to be merged: a batch carries no [`Dedup`]. Its largest batch is not published.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`. After [`EngramError::Decode`] the server accepted the facts, but did not say what
    /// became of each, for example because its answer has another number of results; after a timeout or a broken connection they
    /// may be stored.
    pub async fn send(self) -> Result<Vec<StoreMemoryResult>, EngramError> {
        check_segment("bucket", &self.bucket)?;
        check_extra(&self.body, "store_memories", &[])?;
        if self.body.memories.is_empty() {
            return Ok(Vec::new());
        }
        let call = Call::new(&self.api);
        let outcome = call.api.store_memories(&self.bucket, &self.body).await;
        let results = match call.answer(outcome).await? {
            BareOrWrapped::Wrapped(wrapped) => wrapped.memories,
            BareOrWrapped::Bare(memories) => memories,
        };
        // Which fact a result belongs to is known by its place only.
        if results.len() != self.body.memories.len() {
            return Err(call.unusable("it has another number of results than facts were sent"));
        }
        Ok(results)
    }
}

awaitable!(StoreMemories => Vec<StoreMemoryResult>);

/// Lists one page of memories: see [`EngramClient::list_memories`](crate::EngramClient::list_memories).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct ListMemories {
    api: Client,
    bucket: String,
    limit: u32,
    offset: u64,
}

impl ListMemories {
    pub(crate) fn new(api: &Client, bucket: &str) -> Self {
        Self { api: api.clone(), bucket: bucket.to_owned(), limit: DEFAULT_LIMIT, offset: 0 }
    }

    bucket_setter!();

    /// How many memories at most, from 1. Default: 20. The server may return fewer than asked for; its limit is not published.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// How many of the newest memories to skip. Default: 0.
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`; [`EngramError::InvalidRequest`] for a limit of 0.
    pub async fn send(self) -> Result<ListMemoriesResult, EngramError> {
        check_segment("bucket", &self.bucket)?;
        let limit = NonZeroU32::new(self.limit)
            .ok_or_else(|| EngramError::invalid_request("limit must be at least 1".to_owned()))?;
        let offset = i64::try_from(self.offset)
            .map_err(|_| EngramError::invalid_request(format!("offset must be at most {}", i64::MAX)))?;
        let call = Call::new(&self.api);
        let outcome = call.api.list_memories(&self.bucket, Some(limit), Some(offset)).await;
        Ok(match call.answer(outcome).await? {
            BareOrWrapped::Wrapped(page) => page,
            BareOrWrapped::Bare(memories) => ListMemoriesResult { memories, ..Default::default() },
        })
    }
}

awaitable!(ListMemories => ListMemoriesResult);

/// Deletes one memory: see [`EngramClient::delete_memory`](crate::EngramClient::delete_memory).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct DeleteMemory {
    api: Client,
    bucket: String,
    memory_id: String,
}

impl DeleteMemory {
    pub(crate) fn new(api: &Client, bucket: &str, memory_id: String) -> Self {
        Self { api: api.clone(), bucket: bucket.to_owned(), memory_id }
    }

    bucket_setter!();

    /// Sends the request. Any 2xx answer means that the memory is deleted.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config`, `Decode` and `Stream`; [`EngramError::InvalidRequest`] for an id that is empty, `.` or
    /// `..`, which in a URL would name another route.
    pub async fn send(self) -> Result<(), EngramError> {
        check_segment("bucket", &self.bucket)?;
        check_segment("memory id", &self.memory_id)?;
        let call = Call::new(&self.api);
        let outcome = call.api.delete_memory(&self.bucket, &self.memory_id).await;
        call.accepted(outcome).await
    }
}

awaitable!(DeleteMemory => ());

/// Deletes every memory in a bucket: see [`EngramClient::clear_memories`](crate::EngramClient::clear_memories).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct ClearMemories {
    api: Client,
    bucket: String,
}

impl ClearMemories {
    pub(crate) fn new(api: &Client, bucket: String) -> Self {
        Self { api: api.clone(), bucket }
    }

    /// Sends the request. Any 2xx answer means that the memories are deleted; the fields of the result are `None` where the server
    /// did not send them.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`.
    pub async fn send(self) -> Result<ClearMemoriesResult, EngramError> {
        check_segment("bucket", &self.bucket)?;
        let call = Call::new(&self.api);
        let outcome = call.api.clear_memories(&self.bucket).await;
        call.answer_or_default(outcome).await
    }
}

awaitable!(ClearMemories => ClearMemoriesResult);
