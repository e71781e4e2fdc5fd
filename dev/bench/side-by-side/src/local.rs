//! The local server and bare SQLite, each with the same memories and questions.

mod bare;
mod load;

use anyhow::Result;

use crate::bare::BareClient;
pub use bare::Bare;
pub use load::Load;

/// What a memory says: words, which are stems already.
pub type Fact = Vec<String>;

/// What both can do that are compared.
pub trait Memories {
    /// Stores the facts in one batch, on the disk when it returns.
    fn store(&mut self, bucket: u32, facts: &[Fact]) -> impl Future<Output = Result<()>>;

    /// Retrieves the best eight memories, and says how many came.
    fn query(&mut self, bucket: u32, words: &[String]) -> impl Future<Output = Result<usize>>;
}

/// The server, asked without this client.
impl Memories for &BareClient {
    async fn store(&mut self, bucket: u32, facts: &[Fact]) -> Result<()> {
        let (bucket, contents) =
            (format!("bucket-{bucket}"), facts.iter().map(|fact| fact.join(" ")).collect::<Vec<_>>());
        match contents.as_slice() {
            [content] => self.store_memory(&bucket, content).await.map(drop),
            contents => self.store_memories(&bucket, contents).await,
        }
    }

    async fn query(&mut self, bucket: u32, words: &[String]) -> Result<usize> {
        let result = BareClient::query(self, &format!("bucket-{bucket}"), &words.join(" ")).await?;
        Ok(result.explanation.map_or(0, |explanation| explanation.retrieved_memories.len()))
    }
}
