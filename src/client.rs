//! [`EngramClient`]: one short method for each operation.

use std::fmt;
use std::sync::Arc;

use crate::call::Setup;
use crate::config::EngramClientBuilder;
use crate::error::EngramError;
use crate::generated::Client;
use crate::generated::types::QueryResult;
use crate::ingest::{Ingest, IntoContents};
use crate::mode::Async;
use crate::requests::{
    ClearMemories, CreateBucket, DeleteBucket, DeleteMemory, GetProfile, ListBuckets, ListMemories, Query,
    RegenerateProfile, StoreMemories, StoreMemory,
};

/// The operations: the same for the async client and the blocking one, whose requests have this mode.
macro_rules! operations {
    ($mode:ty) => {
        /// Stores one fact in the default bucket or [another](StoreMemory::bucket). The bucket is made if it does not exist.
        pub fn store_memory(&self, content: impl Into<String>) -> StoreMemory<$mode> {
            StoreMemory::new(self.setup(), self.default_bucket(), content.into())
        }

        /// Stores many facts in one request, in the default bucket or [another](StoreMemories::bucket).
        pub fn store_memories<C: Into<String>>(&self, contents: impl IntoIterator<Item = C>) -> StoreMemories<$mode> {
            StoreMemories::new(self.setup(), self.default_bucket(), contents.into_iter().map(Into::into))
        }

        /// Stores very many facts, from any iterator, collection or stream of texts, in the default bucket or
        /// [another](Ingest::bucket). They are pulled as they can be sent, and the report says what became of each.
        pub fn ingest<'a, 'p, Kind>(&self, contents: impl IntoContents<'a, Kind>) -> Ingest<'a, 'p, $mode> {
            Ingest::new(self.setup(), self.default_bucket(), contents.into_contents())
        }

        /// Lists one page of the memories in the default bucket or [another](ListMemories::bucket), newest first, or
        /// [all of them](ListMemories::stream).
        pub fn list_memories(&self) -> ListMemories<$mode> {
            ListMemories::new(self.setup(), self.default_bucket())
        }

        /// Deletes one memory in the default bucket or [another](DeleteMemory::bucket).
        pub fn delete_memory(&self, memory_id: impl Into<String>) -> DeleteMemory<$mode> {
            DeleteMemory::new(self.setup(), self.default_bucket(), memory_id.into())
        }

        /// Deletes every memory in the bucket. The bucket must be named, since there is no way back.
        pub fn clear_memories(&self, bucket: impl Into<String>) -> ClearMemories<$mode> {
            ClearMemories::new(self.setup(), bucket.into())
        }

        /// Asks a question of the default buckets or [others](Query::buckets), and gets the answer whole.
        pub fn query(&self, question: impl Into<String>) -> Query<QueryResult, $mode> {
            Query::new(self.setup(), self.default_buckets(), question.into())
        }

        /// Asks a question of the default buckets or [others](Query::buckets), and gets the answer while it is written.
        pub fn query_stream(&self, question: impl Into<String>) -> Query<crate::QueryStream, $mode> {
            Query::new(self.setup(), self.default_buckets(), question.into())
        }

        /// Lists all buckets. Also the cheapest way to check the API key.
        pub fn list_buckets(&self) -> ListBuckets<$mode> {
            ListBuckets::new(self.setup())
        }

        /// Makes an empty bucket. Storing makes its bucket too, so this is only needed for a description.
        pub fn create_bucket(&self, name: impl Into<String>) -> CreateBucket<$mode> {
            CreateBucket::new(self.setup(), name.into())
        }

        /// Deletes the bucket and every memory in it. The bucket must be named, since there is no way back.
        pub fn delete_bucket(&self, bucket: impl Into<String>) -> DeleteBucket<$mode> {
            DeleteBucket::new(self.setup(), bucket.into())
        }

        /// Gets the profile of the default bucket or [another](GetProfile::bucket).
        pub fn get_profile(&self) -> GetProfile<$mode> {
            GetProfile::new(self.setup(), self.default_bucket())
        }

        /// Asks for a new profile of the default bucket or [another](RegenerateProfile::bucket).
        pub fn regenerate_profile(&self) -> RegenerateProfile<$mode> {
            RegenerateProfile::new(self.setup(), self.default_bucket())
        }
    };
}
#[cfg(feature = "blocking")]
pub(crate) use operations;

/// A client of the Engram API.
///
/// Cheap to clone; clones share connections. Every method returns a request: set what you need, then `.await` it (or call
/// `.send()`). A request that is dropped before it is awaited is not sent.
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
#[derive(Clone)]
pub struct EngramClient {
    api: Arc<Client>,
    default_bucket: Arc<str>,
    default_buckets: Arc<[String]>,
}

impl fmt::Debug for EngramClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EngramClient")
            .field("base_url", &self.api.baseurl)
            .field("default_bucket", &self.default_bucket)
            .field("default_buckets", &self.default_buckets)
            .finish_non_exhaustive()
    }
}

impl EngramClient {
    /// A client with this API key and defaults for everything else; the base URL is `ENGRAM_BASE_URL` where that is set.
    ///
    /// # Errors
    ///
    /// [`EngramError::Config`] where the key, or the base URL in the environment, cannot be used.
    pub fn new(api_key: impl Into<String>) -> Result<Self, EngramError> {
        Self::builder().api_key(api_key).build()
    }

    /// A client with the API key in `ENGRAM_API_KEY` and, where it is set, the base URL in `ENGRAM_BASE_URL`.
    ///
    /// # Errors
    ///
    /// [`EngramError::Config`] where there is no key, or one of the two cannot be used.
    pub fn from_env() -> Result<Self, EngramError> {
        Self::builder().build()
    }

    /// A builder, for every other setting.
    pub fn builder() -> EngramClientBuilder {
        EngramClientBuilder::new()
    }

    pub(crate) fn from_parts(api: Client, default_bucket: Arc<str>, default_buckets: Arc<[String]>) -> Self {
        Self { api: Arc::new(api), default_bucket, default_buckets }
    }

    /// A clone whose calls and queries use this bucket where they name none. It shares the connections of this client. A name that
    /// cannot be used is an error of the calls that use it.
    #[must_use]
    pub fn with_bucket(&self, bucket: impl Into<String>) -> Self {
        let bucket = bucket.into();
        Self { api: Arc::clone(&self.api), default_bucket: bucket.as_str().into(), default_buckets: [bucket].into() }
    }

    fn setup(&self) -> Setup<Async> {
        self.setup_for(Async)
    }

    pub(crate) fn setup_for<Mode>(&self, mode: Mode) -> Setup<Mode> {
        Setup::new(&self.api, mode)
    }

    /// The generated client, as the [escape hatch](crate::api).
    pub fn api(&self) -> &Client {
        &self.api
    }

    pub(crate) fn default_bucket(&self) -> &str {
        &self.default_bucket
    }

    pub(crate) fn default_buckets(&self) -> &[String] {
        &self.default_buckets
    }

    operations!(Async);
}
