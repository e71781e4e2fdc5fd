//! The tools that change what is stored.

use lumetra_engram::StoreStatus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tool::{Effect, OnText, Tool};
use crate::error::ToolError;
use crate::memory::Memory;
use crate::reply::Reply;

/// Stores one fact, so that it is known in later conversations too. Store what will matter again, such as preferences, decisions and names;
/// no secrets, and nothing that is true only now.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StoreMemory {
    /// The fact, as a sentence that makes sense on its own, such as "The user prefers dark mode."
    content: String,
    /// The bucket to store it in. Leave it out unless the user names one.
    bucket: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Stored {
    bucket: String,
    memory_id: String,
    /// Whether the fact was merged into a memory that was there before.
    is_merged: bool,
}

impl Tool for StoreMemory {
    const NAME: &'static str = "store_memory";
    const TITLE: &'static str = "Store a fact";
    const EFFECT: Effect = Effect::Adds;
    type Output = Stored;

    async fn run(self, memory: &Memory, _: OnText<'_>) -> Result<Reply, ToolError> {
        let bucket = memory.bucket(self.bucket)?;
        let stored = memory.engram.store_memory(self.content).bucket(&bucket).await?;
        let is_merged = stored.status == Some(StoreStatus::Merged);
        let memory_id = stored.deduped_into.filter(|_| is_merged).unwrap_or(stored.id);
        let text = if is_merged {
            format!("Bucket {bucket:?} knew this already: it is part of memory {memory_id}.")
        } else {
            format!("Stored in bucket {bucket:?} as memory {memory_id}.")
        };
        Ok(Reply::new(text, &Stored { bucket, memory_id, is_merged }))
    }
}

/// Permanently deletes one stored fact. Only for facts that the user wants forgotten, or that are no longer true.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteMemory {
    /// The id of the memory, as another tool has shown it.
    memory_id: String,
    /// The bucket that it is in, as the other tool has shown it. Leave it out for the default bucket.
    bucket: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Deleted {
    bucket: String,
    memory_id: String,
}

impl Tool for DeleteMemory {
    const NAME: &'static str = "delete_memory";
    const TITLE: &'static str = "Delete a fact";
    const EFFECT: Effect = Effect::Deletes;
    type Output = Deleted;

    async fn run(self, memory: &Memory, _: OnText<'_>) -> Result<Reply, ToolError> {
        let (bucket, memory_id) = (memory.bucket(self.bucket)?, self.memory_id);
        memory.engram.delete_memory(&memory_id).bucket(&bucket).await?;
        Ok(Reply::new(format!("Deleted memory {memory_id} from bucket {bucket:?}."), &Deleted { bucket, memory_id }))
    }
}

/// Deletes all facts of a bucket for good. Only where the user has asked for just this, and named the bucket.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClearMemories {
    /// The bucket to empty.
    bucket: String,
    /// The name of the bucket once more, to confirm that all of it is to be deleted.
    confirm: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Cleared {
    bucket: String,
    /// How many memories were deleted, where the service says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
}

impl Tool for ClearMemories {
    const NAME: &'static str = "clear_memories";
    const TITLE: &'static str = "Delete all facts of a bucket";
    const EFFECT: Effect = Effect::Deletes;
    type Output = Cleared;

    async fn run(self, memory: &Memory, _: OnText<'_>) -> Result<Reply, ToolError> {
        if self.confirm != self.bucket {
            return Err(ToolError::Arguments(format!(
                "Nothing was deleted: `confirm` must be the bucket's name, {:?}. Ask the user first.",
                self.bucket
            )));
        }
        let bucket = memory.bucket(Some(self.bucket))?;
        let count = memory.engram.clear_memories(&bucket).await?.cleared_count;
        let how_many = count.map_or_else(|| "All".to_owned(), |count| count.to_string());
        Ok(Reply::new(format!("{how_many} memories were deleted from bucket {bucket:?}."), &Cleared { bucket, count }))
    }
}
