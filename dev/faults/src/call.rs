//! The call of a case, the same for every client.

use serde::Serialize;

/// A call. As JSON it is an object with the name of the operation and its argument, which the official client's driver reads.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "operation", content = "argument", rename_all = "snake_case")]
pub enum Call {
    /// Stores a fact.
    StoreMemory,
    /// Stores two facts at once.
    StoreMemories,
    /// Lists the memories of the default bucket.
    ListMemories,
    /// Reads the whole list of memories, two a page.
    AllMemories,
    /// Stores 24 facts, two a request.
    Ingest,
    /// Deletes the memory with this id.
    DeleteMemory(&'static str),
    /// Deletes all memories of this bucket.
    ClearMemories(&'static str),
    /// Asks a question.
    Query,
    /// Asks a question, and reads the streamed answer to its end.
    QueryStream,
    /// Lists the buckets.
    ListBuckets,
    /// Makes a bucket.
    CreateBucket,
    /// Deletes this bucket.
    DeleteBucket(&'static str),
    /// Reads the profile of the default bucket.
    GetProfile,
    /// Makes the profile of the default bucket anew.
    RegenerateProfile,
    /// Makes a client with this key, and nothing more.
    NewClient(&'static str),
}

impl Call {
    /// The name of the operation.
    pub fn name(&self) -> &'static str {
        match self {
            Self::StoreMemory => "store_memory",
            Self::StoreMemories => "store_memories",
            Self::ListMemories => "list_memories",
            Self::AllMemories => "list_memories, all",
            Self::Ingest => "ingest",
            Self::DeleteMemory(_) => "delete_memory",
            Self::ClearMemories(_) => "clear_memories",
            Self::Query => "query",
            Self::QueryStream => "query_stream",
            Self::ListBuckets => "list_buckets",
            Self::CreateBucket => "create_bucket",
            Self::DeleteBucket(_) => "delete_bucket",
            Self::GetProfile => "get_profile",
            Self::RegenerateProfile => "regenerate_profile",
            Self::NewClient(_) => "new client",
        }
    }
}
