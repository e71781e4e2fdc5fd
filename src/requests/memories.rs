//! Storing, listing and deleting memories.

use std::num::NonZeroU32;

use serde_json::Map;

use super::{bucket_setter, check_extra, extra_setter, request, setup};
use crate::answers::BareOrWrapped;
use crate::call::{Call, Operation, Setup};
use crate::error::EngramError;
use crate::generated::types::{
    BatchMemory, ClearMemoriesResult, Dedup, ListMemoriesResult, Memory, StoreMemoriesRequest, StoreMemoryRequest,
    StoreMemoryResult,
};
use crate::mode::Async;
use crate::pager::MemoryStream;
use crate::path::check_segment;
use crate::retry::Repeat;

const DEFAULT_LIMIT: u32 = 20;
/// The page size of a list that is read whole. 100 is the most that the service's own tools ask for.
const DEFAULT_PAGE_SIZE: u32 = 100;

/// Stores one fact: see [`EngramClient::store_memory`](crate::EngramClient::store_memory).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct StoreMemory<Mode = Async> {
    setup: Setup<Mode>,
    bucket: String,
    body: StoreMemoryRequest,
}

impl<Mode> StoreMemory<Mode> {
    pub(crate) fn new(setup: Setup<Mode>, bucket: &str, content: String) -> Self {
        let body = StoreMemoryRequest { content, dedup: None, extra: Map::new() };
        Self { setup, bucket: bucket.to_owned(), body }
    }

    bucket_setter!();

    /// How alike this fact and a stored one must be to be merged. Default: the server's choice, today [`Dedup::Loose`]. Use
    /// [`Dedup::Off`] for facts that are alike but distinct, such as readings of a sensor.
    pub fn dedup(mut self, dedup: Dedup) -> Self {
        self.body.dedup = Some(dedup);
        self
    }

    extra_setter!(extra, body.extra, "the body");
}

impl<Mode: Send> Operation for StoreMemory<Mode> {
    const NAME: &str = "store_memory";
    type Answer = StoreMemoryResult;

    setup!();

    fn repeat(&self) -> Repeat {
        match self.body.dedup {
            Some(Dedup::Off) => Repeat::OnlyIfUnsent,
            _ => Repeat::Safe,
        }
    }

    async fn run(self, call: &Call) -> Result<StoreMemoryResult, EngramError> {
        check_segment("bucket", &self.bucket)?;
        check_extra(&self.body, Self::NAME, &[])?;
        let outcome = call.api.store_memory(&self.bucket, &self.body).await;
        call.answer(outcome).await
    }
}

request!(
    /// Sends the request. A fact that the server merged into another memory is a success too: see
    /// [`status`](StoreMemoryResult::status).
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`. After [`EngramError::Decode`] the fact is stored; after a timeout or a broken
    /// connection it may be.
    StoreMemory[] => StoreMemoryResult
);

/// Stores many facts: see [`EngramClient::store_memories`](crate::EngramClient::store_memories).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct StoreMemories<Mode = Async> {
    setup: Setup<Mode>,
    bucket: String,
    body: StoreMemoriesRequest,
}

impl<Mode> StoreMemories<Mode> {
    pub(crate) fn new(setup: Setup<Mode>, bucket: &str, contents: impl Iterator<Item = String>) -> Self {
        let memories = contents.map(|content| BatchMemory { content }).collect();
        Self { setup, bucket: bucket.to_owned(), body: StoreMemoriesRequest { memories, extra: Map::new() } }
    }

    bucket_setter!();

    extra_setter!(extra, body.extra, "the body, beside the facts");
}

impl<Mode: Send> Operation for StoreMemories<Mode> {
    const NAME: &str = "store_memories";
    type Answer = Vec<StoreMemoryResult>;

    setup!();

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn run(self, call: &Call) -> Result<Vec<StoreMemoryResult>, EngramError> {
        check_segment("bucket", &self.bucket)?;
        check_extra(&self.body, Self::NAME, &[])?;
        if self.body.memories.is_empty() {
            return Ok(Vec::new());
        }
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

request!(
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
    StoreMemories[] => Vec<StoreMemoryResult>
);

/// Lists one page of memories: see [`EngramClient::list_memories`](crate::EngramClient::list_memories).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct ListMemories<Mode = Async> {
    setup: Setup<Mode>,
    bucket: String,
    limit: Option<u32>,
    offset: u64,
}

impl<Mode> ListMemories<Mode> {
    pub(crate) fn new(setup: Setup<Mode>, bucket: &str) -> Self {
        Self { setup, bucket: bucket.to_owned(), limit: None, offset: 0 }
    }

    bucket_setter!();

    /// How many memories at most, from 1. Default: 20. The server may return fewer than asked for; its limit is not published.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// How many of the newest memories to skip. Default: 0.
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }
}

impl<Mode: Clone + Send + 'static> ListMemories<Mode> {
    /// Every memory of the bucket from the [`offset`](Self::offset) on, fetched page by page as it is read. [`limit`](Self::limit)
    /// is the size of a page then, 100 where none is set; the server may send smaller ones.
    pub fn stream(self) -> MemoryStream<Mode> {
        let (offset, page_size) = (self.offset, self.limit.unwrap_or(DEFAULT_PAGE_SIZE));
        MemoryStream::new(self, offset, page_size)
    }

    #[cfg(feature = "blocking")]
    pub(crate) fn mode(&self) -> Mode {
        self.setup.mode.clone()
    }
}

impl ListMemories {
    /// Every memory of the bucket, as [`stream`](Self::stream) has them, in one list.
    ///
    /// # Errors
    ///
    /// Any error of a page. The memories before it are not returned: half a list is never a whole one.
    pub async fn all(self) -> Result<Vec<Memory>, EngramError> {
        self.stream().collect().await
    }
}

#[cfg(feature = "blocking")]
impl ListMemories<crate::blocking::Blocking> {
    /// Every memory of the bucket, as [`stream`](Self::stream) has them, in one list.
    ///
    /// # Errors
    ///
    /// Any error of a page. The memories before it are not returned: half a list is never a whole one.
    pub fn all(self) -> Result<Vec<Memory>, EngramError> {
        let mode = self.mode();
        mode.wait(self.stream().collect())
    }
}

impl<Mode: Send> Operation for ListMemories<Mode> {
    const NAME: &str = "list_memories";
    type Answer = ListMemoriesResult;

    setup!();

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn run(self, call: &Call) -> Result<ListMemoriesResult, EngramError> {
        check_segment("bucket", &self.bucket)?;
        let limit = NonZeroU32::new(self.limit.unwrap_or(DEFAULT_LIMIT))
            .ok_or_else(|| EngramError::invalid_request("limit must be at least 1".to_owned()))?;
        let offset = i64::try_from(self.offset)
            .map_err(|_| EngramError::invalid_request(format!("offset must be at most {}", i64::MAX)))?;
        let outcome = call.api.list_memories(&self.bucket, Some(limit), Some(offset)).await;
        Ok(match call.answer(outcome).await? {
            BareOrWrapped::Wrapped(page) => page,
            BareOrWrapped::Bare(memories) => ListMemoriesResult { memories, ..Default::default() },
        })
    }
}

request!(
    /// Sends the request.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`; [`EngramError::InvalidRequest`] for a limit of 0.
    ListMemories[] => ListMemoriesResult
);

/// Deletes one memory: see [`EngramClient::delete_memory`](crate::EngramClient::delete_memory).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct DeleteMemory<Mode = Async> {
    setup: Setup<Mode>,
    bucket: String,
    memory_id: String,
}

impl<Mode> DeleteMemory<Mode> {
    pub(crate) fn new(setup: Setup<Mode>, bucket: &str, memory_id: String) -> Self {
        Self { setup, bucket: bucket.to_owned(), memory_id }
    }

    bucket_setter!();
}

impl<Mode: Send> Operation for DeleteMemory<Mode> {
    const NAME: &str = "delete_memory";
    type Answer = ();

    setup!();

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn run(self, call: &Call) -> Result<(), EngramError> {
        check_segment("bucket", &self.bucket)?;
        check_segment("memory id", &self.memory_id)?;
        let outcome = call.api.delete_memory(&self.bucket, &self.memory_id).await;
        call.accepted(outcome).await
    }
}

request!(
    /// Sends the request. Any 2xx answer means that the memory is deleted.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config`, `Decode` and `Stream`; [`EngramError::InvalidRequest`] for an id that is empty, `.` or
    /// `..`, which in a URL would name another route.
    DeleteMemory[] => ()
);

/// Deletes every memory in a bucket: see [`EngramClient::clear_memories`](crate::EngramClient::clear_memories).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct ClearMemories<Mode = Async> {
    setup: Setup<Mode>,
    bucket: String,
}

impl<Mode> ClearMemories<Mode> {
    pub(crate) fn new(setup: Setup<Mode>, bucket: String) -> Self {
        Self { setup, bucket }
    }
}

impl<Mode: Send> Operation for ClearMemories<Mode> {
    const NAME: &str = "clear_memories";
    type Answer = ClearMemoriesResult;

    setup!();

    fn repeat(&self) -> Repeat {
        Repeat::OnlyIfUnsent
    }

    async fn run(self, call: &Call) -> Result<ClearMemoriesResult, EngramError> {
        check_segment("bucket", &self.bucket)?;
        let outcome = call.api.clear_memories(&self.bucket).await;
        call.answer_or_default(outcome).await
    }
}

request!(
    /// Sends the request. Any 2xx answer means that the memories are deleted; the fields of the result are `None` where the server
    /// did not send them.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`.
    ClearMemories[] => ClearMemoriesResult
);
