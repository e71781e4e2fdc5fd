//! A bucket, as rig has indexes.

use lumetra_engram::{EngramClient, RetrievedMemory};
use rig_core::vector_store::request::{Filter, FilterError, VectorSearchRequest};
use rig_core::vector_store::{VectorSearchIdResult, VectorSearchResult, VectorStoreError, VectorStoreIndex};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The facts of a bucket, found by Engram's own search: for
/// [`AgentBuilder::dynamic_context`](https://docs.rs/rig-agent/0.44/rig_agent/struct.AgentBuilder.html#method.dynamic_context) and
/// for whatever else takes a [`VectorStoreIndex`]. You need no embedding model, and the Engram account no model key.
///
/// - **Documents** are the texts of the facts, so the `T` of [`top_n`](VectorStoreIndex::top_n) is `String`, or what can be made of a string.
/// - **Scores** are the [`weighted_score`](lumetra_engram::RetrievedMemory::weighted_score) that Engram ranks by, the best first. What
///   range they have is for the server to say.
/// - **The threshold** of a request is the least such score.
/// - **A filter** is refused: Engram finds facts by the question, and by nothing else.
///
/// ```no_run
/// use lumetra_engram::EngramClient;
/// use rig_core::vector_store::{VectorSearchRequest, VectorStoreIndex};
/// use rig_engram::EngramIndex;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let index = EngramIndex::new(EngramClient::from_env()?).bucket("user-17");
/// let request = VectorSearchRequest::builder().query("Where does the user live?").samples(3).build();
/// for found in index.top_n::<String>(request).await? {
///     println!("{:.3} {}", found.score, found.document);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct EngramIndex {
    engram: EngramClient,
}

impl EngramIndex {
    /// The client's default bucket.
    pub fn new(engram: EngramClient) -> Self {
        Self { engram }
    }

    /// Another bucket. One that does not exist yet is empty.
    pub fn bucket(self, name: impl Into<String>) -> Self {
        Self { engram: self.engram.with_bucket(name) }
    }

    async fn search(&self, request: VectorSearchRequest) -> Result<Vec<RetrievedMemory>, VectorStoreError> {
        if request.filter().is_some() {
            return Err(no_filter().into());
        }
        let (requested, max) = (request.samples(), u32::MAX);
        let count =
            u32::try_from(requested).map_err(|_| VectorStoreError::SamplesOutOfRange { requested, max: max.into() })?;
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut query = self.engram.query(request.query()).skip_synthesis(true).top_k(count);
        if let Some(threshold) = request.threshold() {
            query = query.min_weighted_score(threshold);
        }
        let result = query.await.map_err(VectorStoreError::datastore)?;
        Ok(result.explanation.unwrap_or_default().retrieved_memories)
    }
}

fn no_filter() -> FilterError {
    let cure = "be left out: Engram finds facts by the question only. To search another bucket, create an index for it with EngramIndex::bucket";
    FilterError::Must("filter".to_owned(), cure.to_owned())
}

/// What the server ranked the fact by. It may leave it out, and rig has no result without one.
fn score(memory: &RetrievedMemory) -> Result<f64, VectorStoreError> {
    let missing = || VectorStoreError::DatastoreError("the Engram server sent a fact without a score".into());
    memory.weighted_score.ok_or_else(missing)
}

impl VectorStoreIndex for EngramIndex {
    type Filter = Filter<Value>;

    async fn top_n<T: DeserializeOwned + Send>(
        &self,
        request: VectorSearchRequest,
    ) -> Result<Vec<VectorSearchResult<T>>, VectorStoreError> {
        let found = |memory: RetrievedMemory| {
            let score = score(&memory)?;
            let document = serde_json::from_value(Value::String(memory.content))?;
            Ok(VectorSearchResult { score, id: memory.memory_id, document })
        };
        self.search(request).await?.into_iter().map(found).collect()
    }

    async fn top_n_ids(&self, request: VectorSearchRequest) -> Result<Vec<VectorSearchIdResult>, VectorStoreError> {
        let found = |memory: RetrievedMemory| Ok(VectorSearchIdResult { score: score(&memory)?, id: memory.memory_id });
        self.search(request).await?.into_iter().map(found).collect()
    }
}
