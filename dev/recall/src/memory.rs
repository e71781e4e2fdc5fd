//! A local server that is asked.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use lumetra_engram::{Dedup, EngramClient, IngestOutcome, QueryResult};
use lumetra_engram_local::{LocalServer, LocalServerBuilder};
use tokio::time::{Instant, sleep};

/// More memories than this are retrieved by no question.
pub(crate) const MOST: usize = 1000;
/// A question without a word to find a memory by: whatever it finds has a vector.
const WORDLESS: &str = "What is it?";
/// How long to wait for the next vector.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with memories.
pub(crate) struct Memory {
    engram: EngramClient,
    /// It stops when this is dropped.
    _server: LocalServer,
}

/// What a question finds.
pub(crate) struct Reply {
    pub(crate) answer: String,
    /// The best first.
    pub(crate) found: Vec<Found>,
}

/// A memory that was found.
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) raw_score: f64,
}

impl Memory {
    /// A server of this kind.
    pub(crate) async fn start(server: &LocalServerBuilder) -> Result<Self> {
        let server = server.clone().start().await?;
        Ok(Self { engram: server.client()?, _server: server })
    }

    /// Stores each text as a memory of its own, and says which text each memory's id is of. One after the other, so that of two which
    /// match a question as well the same one is always the newer.
    pub(crate) async fn store(&self, bucket: &str, texts: &[&str]) -> Result<HashMap<String, usize>> {
        let ingest = self.engram.ingest(texts.iter().copied()).bucket(bucket).dedup(Dedup::Off).concurrency(1);
        let report = ingest.await?;
        if let Some(error) = report.stopped.or_else(|| Some(report.failures.first()?.error.clone())) {
            return Err(error).context("not all texts are stored");
        }
        let ids = report.outcomes.into_iter().enumerate().map(|(place, outcome)| match outcome {
            IngestOutcome::Stored { id } => Ok((id.into(), place)),
            other => bail!("a text is no memory of its own: {other:?}"),
        });
        ids.collect()
    }

    /// Waits until so many memories of the bucket have vectors.
    pub(crate) async fn embedded(&self, bucket: &str, count: usize) -> Result<()> {
        ensure!(count <= MOST, "{bucket} has {count} texts; no more than {MOST} can be measured");
        let (mut last, mut since) = (0, Instant::now());
        loop {
            let result = self.retrieve(bucket, WORDLESS, MOST).await?;
            let embedded = result.explanation.as_ref().map_or(0, |explanation| explanation.retrieved_memories.len());
            if embedded == count {
                return Ok(());
            }
            if embedded > last {
                (last, since) = (embedded, Instant::now());
            }
            if since.elapsed() > PATIENCE {
                let problem = warning(&result).unwrap_or("the server's log says why, with RUST_LOG=info");
                bail!(
                    "{embedded} of the {count} texts have vectors, and for {PATIENCE:?} no other one got one: {problem}"
                );
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Asks for memories alone.
    pub(crate) async fn find(&self, bucket: &str, question: &str, count: usize) -> Result<Vec<Found>> {
        Ok(reply(self.retrieve(bucket, question, count).await?)?.found)
    }

    /// Asks for an answer.
    pub(crate) async fn ask(&self, bucket: &str, question: &str) -> Result<Reply> {
        reply(self.engram.query(question).bucket(bucket).await?)
    }

    async fn retrieve(&self, bucket: &str, question: &str, count: usize) -> Result<QueryResult> {
        let count = u32::try_from(count)?;
        Ok(self.engram.query(question).bucket(bucket).top_k(count).skip_synthesis(true).await?)
    }
}

/// What was found by words alone where it should not have been would make the figures wrong.
fn reply(result: QueryResult) -> Result<Reply> {
    if let Some(warning) = warning(&result) {
        bail!("{warning}");
    }
    let memories = result.explanation.context("the answer has no explanation")?.retrieved_memories;
    let found = memories.into_iter().map(|memory| {
        let raw_score = memory.raw_score.context("a memory has no score")?;
        Ok(Found { id: memory.memory_id, raw_score })
    });
    Ok(Reply { answer: result.answer, found: found.collect::<Result<_>>()? })
}

fn warning(result: &QueryResult) -> Option<&str> {
    result.explanation.as_ref()?.extra.get("warning")?.as_str()
}
