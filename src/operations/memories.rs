//! Storing, listing and deleting memories.

use serde_json::{Map, Value};

use super::common::{Extensible, InBucket, at_least_one, check_extra, check_segment, unsendable};
use crate::error::EngramError;
use crate::generated::client::{self, Client};
use crate::generated::types::{BatchMemory, StoreMemoriesRequest, StoreMemoriesResult, StoreMemoryRequest};
pub use crate::generated::types::{
    ClearMemoriesResult, Dedup, ListMemoriesResult, Memory, MergeReason, StoreMemoryResult, StoreStatus,
};
use crate::request::{Operation, Received, Request};
use crate::transport::{Call, Empty, Endpoint, Json, JsonOrDefault};
use crate::wire::BareOrWrapped;

const DEFAULT_LIMIT: u32 = 20;

/// Stores one fact: see [`EngramClient::store_memory`](crate::EngramClient::store_memory).
#[derive(Clone, Debug)]
pub struct StoreMemory {
    body: StoreMemoryRequest,
}

impl StoreMemory {
    pub(crate) fn new(content: String) -> Self {
        Self { body: StoreMemoryRequest { content, dedup: None, extra: Map::new() } }
    }
}

impl<Mode> Request<StoreMemory, Mode> {
    /// How similar this fact and a stored one must be to be merged. Default: the server's choice, today [`Dedup::Loose`]. Use
    /// [`Dedup::Off`] for facts that are similar but distinct, such as the readings of a sensor.
    pub fn dedup(mut self, dedup: Dedup) -> Self {
        self.operation.body.dedup = Some(dedup);
        self
    }
}

impl InBucket for StoreMemory {}

impl Extensible for StoreMemory {
    fn extra_fields(&mut self) -> &mut Map<String, Value> {
        &mut self.body.extra
    }
}

impl<Mode> Operation<Mode> for StoreMemory {
    type Output = StoreMemoryResult;
    type Response = Json<StoreMemoryResult>;
    const ENDPOINT: &'static Endpoint = &client::STORE_MEMORY;

    /// The server deduplicates, unless it is told not to.
    fn is_idempotent(&self) -> bool {
        self.body.dedup != Some(Dedup::Off)
    }

    fn call(&mut self, api: &Client, bucket: &str) -> Result<Call<Self::Response>, EngramError> {
        check_segment("bucket", bucket)?;
        check_extra(&self.body, client::STORE_MEMORY.operation_id, &[])?;
        api.store_memory_call(bucket, &self.body).map_err(unsendable)
    }

    fn output(self, result: StoreMemoryResult, _: Received<'_, Mode>) -> Result<StoreMemoryResult, EngramError> {
        Ok(result)
    }
}

/// Stores many facts: see [`EngramClient::store_memories`](crate::EngramClient::store_memories).
#[derive(Clone, Debug)]
pub struct StoreMemories {
    body: StoreMemoriesRequest,
}

impl StoreMemories {
    pub(crate) fn new(contents: impl Iterator<Item = String>) -> Self {
        let memories = contents.map(|content| BatchMemory { content }).collect();
        Self { body: StoreMemoriesRequest { memories, extra: Map::new() } }
    }
}

impl InBucket for StoreMemories {}

impl Extensible for StoreMemories {
    fn extra_fields(&mut self) -> &mut Map<String, Value> {
        &mut self.body.extra
    }
}

impl<Mode> Operation<Mode> for StoreMemories {
    type Output = Vec<StoreMemoryResult>;
    type Response = Json<BareOrWrapped<StoreMemoriesResult, StoreMemoryResult>>;
    const ENDPOINT: &'static Endpoint = &client::STORE_MEMORIES;

    /// The server deduplicates a batch in any case.
    fn is_idempotent(&self) -> bool {
        true
    }

    fn call(&mut self, api: &Client, bucket: &str) -> Result<Call<Self::Response>, EngramError> {
        check_segment("bucket", bucket)?;
        check_extra(&self.body, client::STORE_MEMORIES.operation_id, &[])?;
        api.store_memories_call(bucket, &self.body).map_err(unsendable)
    }

    /// Without facts there is nothing to send.
    fn known_output(&self) -> Option<Vec<StoreMemoryResult>> {
        self.body.memories.is_empty().then(Vec::new)
    }

    fn output(
        self,
        value: BareOrWrapped<StoreMemoriesResult, StoreMemoryResult>,
        received: Received<'_, Mode>,
    ) -> Result<Vec<StoreMemoryResult>, EngramError> {
        let results = match value {
            BareOrWrapped::Wrapped(wrapped) => wrapped.memories,
            BareOrWrapped::Bare(memories) => memories,
        };
        // Which fact a result belongs to is known by its position only.
        if results.len() != self.body.memories.len() {
            let problem = "the number of results differs from the number of facts that were sent";
            return Err(EngramError::decode(received.head.status, problem));
        }
        Ok(results)
    }
}

/// Lists one page of memories: see [`EngramClient::list_memories`](crate::EngramClient::list_memories).
#[derive(Clone, Debug, Default)]
pub struct ListMemories {
    pub(crate) limit: Option<u32>,
    pub(crate) offset: u64,
}

impl<Mode> Request<ListMemories, Mode> {
    /// How many memories at most, from 1. Default: 20. The server may return fewer than asked for; its limit is not published.
    pub fn limit(mut self, limit: u32) -> Self {
        self.operation.limit = Some(limit);
        self
    }

    /// How many of the newest memories to skip. Default: 0.
    pub fn offset(mut self, offset: u64) -> Self {
        self.operation.offset = offset;
        self
    }
}

impl InBucket for ListMemories {}

impl<Mode> Operation<Mode> for ListMemories {
    type Output = ListMemoriesResult;
    type Response = Json<BareOrWrapped<ListMemoriesResult, Memory>>;
    const ENDPOINT: &'static Endpoint = &client::LIST_MEMORIES;

    fn is_idempotent(&self) -> bool {
        true
    }

    fn call(&mut self, api: &Client, bucket: &str) -> Result<Call<Self::Response>, EngramError> {
        check_segment("bucket", bucket)?;
        let limit = at_least_one("limit", self.limit.unwrap_or(DEFAULT_LIMIT))?;
        let offset = i64::try_from(self.offset)
            .map_err(|_| EngramError::invalid_request(format!("offset must be at most {}", i64::MAX)))?;
        api.list_memories_call(bucket, Some(limit), Some(offset)).map_err(unsendable)
    }

    fn output(
        self,
        value: BareOrWrapped<ListMemoriesResult, Memory>,
        _: Received<'_, Mode>,
    ) -> Result<ListMemoriesResult, EngramError> {
        Ok(match value {
            BareOrWrapped::Wrapped(page) => page,
            BareOrWrapped::Bare(memories) => ListMemoriesResult { memories, ..Default::default() },
        })
    }
}

/// Deletes one memory: see [`EngramClient::delete_memory`](crate::EngramClient::delete_memory).
#[derive(Clone, Debug)]
pub struct DeleteMemory {
    memory_id: String,
}

impl DeleteMemory {
    pub(crate) fn new(memory_id: String) -> Self {
        Self { memory_id }
    }
}

impl InBucket for DeleteMemory {}

impl<Mode> Operation<Mode> for DeleteMemory {
    type Output = ();
    type Response = Empty;
    const ENDPOINT: &'static Endpoint = &client::DELETE_MEMORY;

    fn is_idempotent(&self) -> bool {
        true
    }

    fn call(&mut self, api: &Client, bucket: &str) -> Result<Call<Self::Response>, EngramError> {
        check_segment("bucket", bucket)?;
        check_segment("memory id", &self.memory_id)?;
        api.delete_memory_call(bucket, &self.memory_id).map_err(unsendable)
    }

    fn output(self, (): (), _: Received<'_, Mode>) -> Result<(), EngramError> {
        Ok(())
    }
}

/// Deletes every memory in a bucket: see [`EngramClient::clear_memories`](crate::EngramClient::clear_memories).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClearMemories;

impl<Mode> Operation<Mode> for ClearMemories {
    type Output = ClearMemoriesResult;
    type Response = JsonOrDefault<ClearMemoriesResult>;
    const ENDPOINT: &'static Endpoint = &client::CLEAR_MEMORIES;

    fn is_idempotent(&self) -> bool {
        false
    }

    fn call(&mut self, api: &Client, bucket: &str) -> Result<Call<Self::Response>, EngramError> {
        check_segment("bucket", bucket)?;
        Ok(api.clear_memories_call(bucket).map_err(unsendable)?.or_default())
    }

    fn output(self, result: ClearMemoriesResult, _: Received<'_, Mode>) -> Result<ClearMemoriesResult, EngramError> {
        Ok(result)
    }
}
