//! The work in the background.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::budget::Budget;
use super::request::request;
use super::{entities, own, reply};
use crate::chat::{Chat, ChatError};
use crate::embeddings::parts_of;
use crate::recall::meaning::Meaning;
use crate::store::graph::{self, Batch, Done, NewFact, Pending};
use crate::store::{Database, Store, StoreError};
use crate::tenant::Tenant;

/// What one request asks about: so many memories, and not much more than so many bytes.
const MEMORIES_OF_A_REQUEST: usize = 8;
const BYTES_OF_A_REQUEST: usize = 8 * 1024;
/// A memory alone is asked about so often before it may be given up.
const MOST_ATTEMPTS: u32 = 3;
/// A model that can do nothing with this is no use for any memory.
const PROBE: &str = "Ana lives in Lisbon.";
/// The waits between attempts double from the first to the last.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LAST_BACKOFF: Duration = Duration::from_secs(60);
/// Other programs may store into the same database.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Takes facts from memories, in the background.
#[derive(Debug)]
pub(crate) struct Extraction {
    chat: Arc<Chat>,
    store: Arc<Store>,
    meaning: Option<Arc<Meaning>>,
    per_minute: usize,
    wake: Notify,
}

impl Extraction {
    pub(crate) fn new(chat: Arc<Chat>, store: Arc<Store>, meaning: Option<Arc<Meaning>>, per_minute: usize) -> Self {
        Self { chat, store, meaning, per_minute, wake: Notify::new() }
    }

    /// To be called when memories have been stored.
    pub(crate) fn notice_store(&self) {
        self.wake.notify_one();
    }

    /// Takes the facts from the memories that are there, and from those that come. It never ends by itself.
    pub(crate) async fn run(&self) {
        let mut worker =
            Worker { extraction: self, budget: Budget::new(self.per_minute), last_bucket: 0, troubles: HashMap::new() };
        let mut backoff = FIRST_BACKOFF;
        let mut problem: Option<String> = None;
        loop {
            match worker.step().await {
                Ok(Step::Worked) => {
                    backoff = FIRST_BACKOFF;
                    if problem.take().is_some() {
                        tracing::info!("facts are taken from memories again");
                    }
                }
                Ok(Step::Retry) => {}
                Ok(Step::Idle) => {
                    // A store meanwhile has left its permit.
                    let _ = timeout(LOOK_AGAIN, self.wake.notified()).await;
                }
                Err(message) => {
                    if problem.as_ref() != Some(&message) {
                        tracing::warn!(problem = message, "facts can't be taken from memories for now");
                    }
                    problem = Some(message);
                    sleep(backoff).await;
                    backoff = (backoff * 2).min(LAST_BACKOFF);
                }
            }
        }
    }
}

enum Step {
    Worked,
    /// The model wrote nothing of use, and is asked again.
    Retry,
    Idle,
}

/// Why there are no facts.
enum Problem {
    /// What the model wrote is of no use.
    Nonsense(&'static str),
    /// The endpoint failed, because of these memories or of itself.
    Failed(String),
    /// The endpoint can't be asked for anything.
    Unavailable(String),
}

impl Problem {
    fn message(self) -> String {
        match self {
            Self::Nonsense(problem) => problem.to_owned(),
            Self::Failed(problem) | Self::Unavailable(problem) => problem,
        }
    }
}

/// What a bucket is asked about less of at once for.
struct Trouble {
    memories_at_once: usize,
    /// Of its next memory alone.
    attempts: u32,
}

struct Worker<'a> {
    extraction: &'a Extraction,
    budget: Budget,
    /// The buckets take turns.
    last_bucket: i64,
    troubles: HashMap<i64, Trouble>,
}

impl Worker<'_> {
    /// Takes the facts from the next memories of a bucket.
    async fn step(&mut self) -> Result<Step, String> {
        let store = &self.extraction.store;
        if let Some(meaning) = &self.extraction.meaning {
            entities::merge(store, meaning).await.map_err(described)?;
        }
        let sizes: HashMap<i64, usize> =
            self.troubles.iter().map(|(bucket, trouble)| (*bucket, trouble.memories_at_once)).collect();
        let last = self.last_bucket;
        let count = move |bucket: i64| sizes.get(&bucket).copied().unwrap_or(MEMORIES_OF_A_REQUEST);
        let next = move |database: &Database<'_>| graph::next(database, last, count, BYTES_OF_A_REQUEST);
        let Some(batch) = store.read(Tenant::SERVER, next).await.map_err(described)? else { return Ok(Step::Idle) };
        self.last_bucket = batch.bucket;
        match self.facts(&batch.memories).await {
            Ok(facts) => {
                self.ease(&batch, facts.len());
                self.keep(batch, facts.into_iter().map(Done::Facts).collect()).await?;
            }
            Err(Problem::Unavailable(problem)) => return Err(problem),
            Err(problem) => return self.give_in(batch, problem).await,
        }
        Ok(Step::Worked)
    }

    async fn keep(&self, batch: Batch, done: Vec<Done>) -> Result<(), String> {
        let keep = move |database: &Database<'_>| graph::keep(database, &batch, &done);
        self.extraction.store.write(Tenant::SERVER, keep).await.map_err(described)
    }

    /// More at once again, unless the model left some out.
    fn ease(&mut self, batch: &Batch, done: usize) {
        let at_once = batch.memories.len();
        let next = if done < at_once { at_once / 2 } else { at_once * 2 };
        if done == at_once && (next >= MEMORIES_OF_A_REQUEST || !self.troubles.contains_key(&batch.bucket)) {
            self.troubles.remove(&batch.bucket);
        } else {
            self.troubles.insert(batch.bucket, Trouble { memories_at_once: next.max(1), attempts: 0 });
        }
    }

    /// Fewer at once next time. A memory that was alone is given up in the end, if the model can do others.
    async fn give_in(&mut self, batch: Batch, problem: Problem) -> Result<Step, String> {
        let trouble = self.troubles.entry(batch.bucket).or_insert(Trouble { memories_at_once: 1, attempts: 0 });
        trouble.memories_at_once = (batch.memories.len() / 2).max(1);
        if let [memory] = batch.memories.as_slice() {
            trouble.attempts += 1;
            if trouble.attempts >= MOST_ATTEMPTS {
                self.ask(&[PROBE]).await.map_err(Problem::message)?;
                tracing::warn!(memory = memory.id, problem = problem.message(), "no facts can be taken from a memory");
                self.troubles.insert(batch.bucket, Trouble { memories_at_once: 1, attempts: 0 });
                self.keep(batch, vec![Done::Failed]).await?;
                return Ok(Step::Worked);
            }
        }
        match problem {
            Problem::Nonsense(_) => Ok(Step::Retry),
            Problem::Failed(problem) | Problem::Unavailable(problem) => Err(problem),
        }
    }

    /// The facts of the first of these memories, of one at least. A memory that is too long for one request is alone, and is asked about in
    /// parts.
    async fn facts(&mut self, memories: &[Pending]) -> Result<Vec<Vec<NewFact>>, Problem> {
        let [memory] = memories else {
            let texts: Vec<&str> = memories.iter().map(|memory| memory.content.as_str()).collect();
            return self.ask(&texts).await;
        };
        let mut facts = Vec::new();
        for part in parts_of(&memory.content, BYTES_OF_A_REQUEST) {
            facts.extend(self.ask(&[part]).await?.into_iter().flatten());
        }
        Ok(vec![facts])
    }

    async fn ask(&mut self, texts: &[&str]) -> Result<Vec<Vec<NewFact>>, Problem> {
        let request = request(texts).map_err(|error| Problem::Failed(error.to_string()))?;
        self.budget.spend().await;
        let written = self.extraction.chat.in_background(&request).await?;
        if written.end.cut {
            return Err(Problem::Nonsense("the model reached its token limit before it had written all facts"));
        }
        let nonsense = Problem::Nonsense("the model did not write the requested JSON");
        let mut facts = reply::facts(&written.text, texts.len()).ok_or(nonsense)?;
        let foreign = own::retain(&mut facts, texts);
        if foreign > 0 {
            tracing::debug!(facts = foreign, "facts that belong to other memories were left out");
        }
        Ok(facts)
    }
}

impl From<ChatError> for Problem {
    fn from(error: ChatError) -> Self {
        let problem = error.without_words().to_owned();
        match error {
            ChatError::NeedsKey(_) | ChatError::Unreachable(_) => Self::Unavailable(problem),
            ChatError::Timeout(_) | ChatError::Failed(_) => Self::Failed(problem),
        }
    }
}

fn described(error: StoreError) -> String {
    format!("the database fails: {error}")
}
