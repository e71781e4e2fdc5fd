//! [`EngramClient`]: one plain method for each operation.

use std::fmt;
use std::sync::Arc;

use crate::generated::client::Client;
use crate::operations::{
    ClearMemories, CreateBucket, DeleteBucket, DeleteMemory, GetProfile, ListBuckets, ListMemories, Query,
    RegenerateProfile, StoreMemories, StoreMemory,
};
use crate::request::{Async, Request};
use crate::stream::QueryStream;

/// A client of the Engram API.
///
/// Cheap to clone; clones share connections. Every method returns a [`Request`]: set what you need, then `.await` it or call
/// `.send()`. A request that you drop is never sent.
///
/// With the feature `blocking` there is a client for code that is not async, `EngramClient<Blocking>`: see the module `blocking`.
///
/// ```no_run
/// # async fn example() -> Result<(), lumetra_engram::EngramError> {
/// let engram = lumetra_engram::EngramClient::from_env()?;
/// engram.store_memory("The user prefers dark mode.").await?;
/// let result = engram.query("What are this user's UI preferences?").top_k(4).await?;
/// println!("{}", result.answer);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Every failure is an [`EngramError`](crate::EngramError), and a request can fail with any of them except
/// [`Config`](crate::EngramError::Config); [`Stream`](crate::EngramError::Stream) is one of [`query_stream`](Self::query_stream) alone.
/// Each method lists what is special to it.
#[derive(Clone)]
pub struct EngramClient<Mode = Async> {
    api: Arc<Client>,
    default_bucket: Arc<str>,
    default_buckets: Arc<[String]>,
    mode: Mode,
}

impl<Mode> fmt::Debug for EngramClient<Mode> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EngramClient")
            .field("base_url", &self.api.baseurl)
            .field("default_bucket", &self.default_bucket)
            .field("default_buckets", &self.default_buckets)
            .finish_non_exhaustive()
    }
}

impl<Mode: Clone> EngramClient<Mode> {
    pub(crate) fn from_parts(api: Client, default_bucket: String, default_buckets: Vec<String>, mode: Mode) -> Self {
        let (default_bucket, default_buckets) = (default_bucket.into(), default_buckets.into());
        Self { api: Arc::new(api), default_bucket, default_buckets, mode }
    }

    pub(crate) fn request<Op>(&self, operation: Op) -> Request<Op, Mode> {
        Request::new(&self.api, &self.default_bucket, self.mode.clone(), operation)
    }

    /// A clone with this default bucket, which shares the connections of this client. If the name cannot be used, calls with it return an
    /// error.
    #[must_use]
    pub fn with_bucket(&self, bucket: impl Into<String>) -> Self {
        let bucket = bucket.into();
        let (api, mode) = (Arc::clone(&self.api), self.mode.clone());
        Self { api, default_bucket: bucket.as_str().into(), default_buckets: [bucket].into(), mode }
    }

    /// The bucket for calls without one.
    #[must_use]
    pub fn default_bucket(&self) -> &str {
        &self.default_bucket
    }

    pub(crate) fn generated(&self) -> &Client {
        &self.api
    }

    /// Stores one fact in the default bucket or [another](Request::bucket). The bucket is created if it does not exist.
    ///
    /// A fact that the server merged into another memory is a success too: see
    /// [`status`](crate::StoreMemoryResult::status).
    pub fn store_memory(&self, content: impl Into<String>) -> Request<StoreMemory, Mode> {
        self.request(StoreMemory::new(content.into()))
    }

    /// Stores many facts in one request, in the default bucket or [another](Request::bucket). There is one result for each fact, in the
    /// same order. Without facts nothing is sent, and there are no results and no response for [`with_response`](Request::with_response).
    ///
    /// The server chooses how similar facts must be to be merged, because a batch has no [`Dedup`](crate::Dedup). The maximum size of a
    /// batch is not published.
    ///
    /// # Errors
    ///
    /// After [`Decode`](crate::EngramError::Decode) the server accepted the facts, but did not say what became of each, for example because
    /// its response has another number of results.
    pub fn store_memories<C: Into<String>>(
        &self,
        contents: impl IntoIterator<Item = C>,
    ) -> Request<StoreMemories, Mode> {
        self.request(StoreMemories::new(contents.into_iter().map(Into::into)))
    }

    /// Lists one page of the memories in the default bucket or [another](Request::bucket), newest first, or
    /// [all of them](Request::stream).
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`](crate::EngramError::InvalidRequest) for a limit of 0.
    pub fn list_memories(&self) -> Request<ListMemories, Mode> {
        self.request(ListMemories::default())
    }

    /// Deletes one memory in the default bucket or [another](Request::bucket). Any 2xx response means that it is deleted.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`](crate::EngramError::InvalidRequest) for an id that is empty, `.` or `..`, which in a URL would address another
    /// route; never [`Decode`](crate::EngramError::Decode).
    pub fn delete_memory(&self, memory_id: impl Into<String>) -> Request<DeleteMemory, Mode> {
        self.request(DeleteMemory::new(memory_id.into()))
    }

    /// Deletes every memory in the bucket. You must name it, since this cannot be undone. Any 2xx response means that they are deleted;
    /// fields of the result that the server did not send are `None`.
    pub fn clear_memories(&self, bucket: impl Into<String>) -> Request<ClearMemories, Mode> {
        self.request(ClearMemories).in_bucket(&bucket.into())
    }

    /// Asks a question and returns the whole answer. Searches the default buckets, or [others](Request::buckets).
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`](crate::EngramError::InvalidRequest) for a number that is 0, a threshold that is not finite, no bucket, an
    /// extra field that has a setter, or a schema that is not an object or is empty.
    pub fn query(&self, question: impl Into<String>) -> Request<Query, Mode> {
        self.request(Query::new(&self.default_buckets, question.into()))
    }

    /// Asks a question and streams the answer as it is written. Searches the default buckets, or [others](Request::buckets). The request
    /// returns once the server starts to respond.
    ///
    /// # Errors
    ///
    /// As for [`query`](Self::query). What goes wrong after the answer began is an item of the stream.
    pub fn query_stream(&self, question: impl Into<String>) -> Request<Query<QueryStream<Mode>>, Mode> {
        self.request(Query::new(&self.default_buckets, question.into()))
    }

    /// Lists all buckets. Also the cheapest way to check the API key.
    pub fn list_buckets(&self) -> Request<ListBuckets, Mode> {
        self.request(ListBuckets)
    }

    /// Creates an empty bucket. Storing creates its bucket too, so this is only needed for a [description](Request::description).
    ///
    /// # Errors
    ///
    /// [`is_conflict`](crate::EngramError::is_conflict) if the bucket already exists;
    /// [`InvalidRequest`](crate::EngramError::InvalidRequest) for a name that is empty, `.` or `..`, which no other call could name.
    pub fn create_bucket(&self, name: impl Into<String>) -> Request<CreateBucket, Mode> {
        self.request(CreateBucket::new(name.into()))
    }

    /// Deletes the bucket and every memory in it. You must name it, since this cannot be undone. Any 2xx response means that it is
    /// deleted.
    pub fn delete_bucket(&self, bucket: impl Into<String>) -> Request<DeleteBucket, Mode> {
        self.request(DeleteBucket).in_bucket(&bucket.into())
    }

    /// Gets the profile of the default bucket or [another](Request::bucket). Without a profiler, or before its first run, there is none;
    /// see [`status`](crate::ProfileResult::status).
    pub fn get_profile(&self) -> Request<GetProfile, Mode> {
        self.request(GetProfile)
    }

    /// Asks for a new profile of the default bucket or [another](Request::bucket). The service only queues the work, so the result may be the
    /// previous profile.
    ///
    /// # Errors
    ///
    /// [`is_profiler_not_installed`](crate::EngramError::is_profiler_not_installed) if the bucket has no profiler.
    pub fn regenerate_profile(&self) -> Request<RegenerateProfile, Mode> {
        self.request(RegenerateProfile)
    }
}

impl EngramClient {
    /// The generated client, as the [escape hatch](crate::api).
    pub fn api(&self) -> &Client {
        &self.api
    }
}
