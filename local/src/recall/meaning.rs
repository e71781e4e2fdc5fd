//! Search by meaning: the vectors of questions, and of memories, which are made in the background.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::embeddings::{EmbedError, Embedder, parts};
use crate::permits::FairPermits;
use crate::store::vectors::{self, Meant, Pending};
use crate::store::{Database, Store, StoreError};
use crate::tenant::Tenant;
use crate::vector::{Space, Vector};

/// A question waits so long for its vector, and is then answered by words alone.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);
/// After a failure questions are answered by words alone for so long, without another attempt.
const RECOVERY: Duration = Duration::from_secs(5);
/// The waits between attempts in the background double from the first to the last.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LAST_BACKOFF: Duration = Duration::from_secs(60);
/// What one request asks for: so many memories at most, and not much more than so many bytes.
const MEMORIES_OF_A_BATCH: usize = 32;
const BYTES_OF_A_BATCH: usize = 64 * 1024;
/// So many parts of texts go into one request.
const PARTS_OF_A_REQUEST: usize = 64;
/// While memories are being stored the background rests for so many times as long as it works.
const REST_OF_WORK: u32 = 9;
const LONGEST_REST: Duration = Duration::from_secs(5);
/// Other programs may store into the same database.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// They show what the vectors of a model have in common whatever is said, and whether it works.
const SENTENCES: &[&str] = &[
    "The user likes tea.",
    "The train to the coast leaves at seven.",
    "Our server ran out of disk space last night.",
    "My brother plays the cello.",
    "Invoices are paid within thirty days.",
    "It rained during the whole hike.",
    "She is allergic to nuts.",
    "The meeting was moved to Thursday.",
    "He sold his car and bought a bicycle.",
    "The recipe needs two eggs and some flour.",
    "The contract ends in March.",
    "They adopted a grey cat.",
    "The museum is closed on Mondays.",
    "I forgot the password of my account.",
    "The new colleague comes from Peru.",
    "The tests fail on Windows.",
];

#[derive(Debug)]
pub(crate) struct Meaning {
    embedder: Embedder,
    store: Arc<Store>,
    /// Of a model in this process: as many texts at once as there are processors, and the tenants take turns.
    turns: FairPermits,
    status: watch::Sender<Status>,
    /// Counts the requests that stored.
    stores: AtomicU64,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Status {
    /// There once the database has the vectors of this server's model, or none yet.
    reference: Option<Arc<Space>>,
    problem: Option<Problem>,
}

#[derive(Clone, Debug)]
struct Problem {
    message: String,
    until: Instant,
}

/// A question as far as it is understood.
#[derive(Debug, Default)]
pub(crate) struct Question {
    pub(crate) meant: Option<Meant>,
    /// Why it is not known what it means, though that should be.
    pub(crate) problem: Option<String>,
}

impl Meaning {
    pub(crate) fn new(embedder: Embedder, store: Arc<Store>) -> Self {
        let turns = FairPermits::new(available_parallelism().map_or(1, usize::from));
        let (status, stores) = (watch::Sender::default(), AtomicU64::new(0));
        Self { embedder, store, turns, status, stores, wake: Notify::new() }
    }

    /// The vector of the question, or why there is none.
    pub(crate) async fn of_question(&self, tenant: Tenant, question: &str) -> Question {
        match self.vector_of(self.in_turn(tenant, self.embedder.question(question)), |vector| Some(vector)).await {
            Ok((vector, reference)) => Question { meant: Some(Meant { vector, reference }), problem: None },
            Err(problem) => Question { meant: None, problem: Some(problem) },
        }
    }

    /// What a new memory means, where it has one vector alone and that can be had.
    pub(crate) async fn of_memory(&self, tenant: Tenant, content: &str) -> Option<Meant> {
        let mut parts = parts(content);
        let (part, None) = (parts.next()?, parts.next()) else { return None };
        let vectors = async { self.embedder.passages(&[part]).await.map(|vectors| vectors.into_iter().next()) };
        let (vector, reference) = self.vector_of(self.in_turn(tenant, vectors), Option::as_ref).await.ok()?;
        Some(Meant { vector: vector?, reference })
    }

    /// Whether vectors can be had now. Waits for a while until that is known.
    pub(crate) async fn is_ready(&self) -> bool {
        self.ready(Instant::now() + QUESTION_TIMEOUT).await.is_ok()
    }

    /// The vectors of names, if they can be had now, and the space to compare them in. A name that the model does not take has none.
    pub(crate) async fn of_names(&self, names: &[&str]) -> Option<(Vec<Option<Vector>>, Arc<Space>)> {
        self.vector_of(self.embed_names(names), |vectors| vectors.iter().flatten().next()).await.ok()
    }

    async fn embed_names(&self, names: &[&str]) -> Result<Vec<Option<Vector>>, EmbedError> {
        match (self.embedder.passages(names).await, names) {
            (Ok(vectors), _) => Ok(vectors.into_iter().map(Some).collect()),
            (Err(EmbedError::Refused(_)), [_]) => Ok(vec![None]),
            (Err(EmbedError::Refused(_)), _) => {
                let mut vectors = Vec::new();
                for name in names {
                    vectors.extend(Box::pin(self.embed_names(&[name])).await?);
                }
                Ok(vectors)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// To be called when memories have been stored.
    pub(crate) fn notice_store(&self) {
        self.stores.fetch_add(1, Ordering::Relaxed);
        self.wake.notify_one();
    }

    async fn in_turn<T>(
        &self,
        tenant: Tenant,
        vector: impl Future<Output = Result<T, EmbedError>>,
    ) -> Result<T, EmbedError> {
        let _permit = if self.embedder.is_in_process() { self.turns.acquire(tenant).await.ok() } else { None };
        vector.await
    }

    /// What comes of the vectors, and the space to compare them in. `first` is one of them.
    async fn vector_of<T>(
        &self,
        vector: impl Future<Output = Result<T, EmbedError>>,
        first: impl Fn(&T) -> Option<&Vector>,
    ) -> Result<(T, Arc<Space>), String> {
        let deadline = Instant::now() + QUESTION_TIMEOUT;
        let reference = self.ready(deadline).await?;
        match timeout_at(deadline, vector).await {
            Ok(Ok(vector)) => match first(&vector).map(Vector::dimension) {
                Some(dimension) if dimension != reference.dimension() => {
                    let problem = other_dimension(dimension, reference.dimension());
                    self.fail(problem.clone(), RECOVERY);
                    Err(problem)
                }
                _ => {
                    self.recover();
                    Ok((vector, reference))
                }
            },
            // It says nothing of other texts.
            Ok(Err(error @ EmbedError::Refused(_))) => Err(error.to_string()),
            Ok(Err(error)) => {
                let said = error.to_string();
                self.fail(error.without_words(), RECOVERY);
                Err(said)
            }
            Err(_) => {
                let problem = format!("no embedding arrived within {QUESTION_TIMEOUT:?}");
                // A model in this process is busy with the texts of whoever sends many. That is no problem of the others.
                if !self.embedder.is_in_process() {
                    self.fail(problem.clone(), RECOVERY);
                }
                Err(problem)
            }
        }
    }

    /// Waits until vectors can be compared, but not while there is a problem.
    async fn ready(&self, deadline: Instant) -> Result<Arc<Space>, String> {
        let mut status = self.status.subscribe();
        let known = |status: &Status| status.reference.is_some() || status.problem.is_some();
        let not_ready = || "the embeddings are not ready yet".to_owned();
        let status =
            timeout_at(deadline, status.wait_for(known)).await.ok().and_then(Result::ok).ok_or_else(not_ready)?;
        match (&status.reference, &status.problem) {
            (None, Some(problem)) => Err(problem.message.clone()),
            (Some(_), Some(problem)) if Instant::now() < problem.until => Err(problem.message.clone()),
            (reference, _) => reference.clone().ok_or_else(not_ready),
        }
    }

    /// Says it once, however many questions fail; to whoever asks for anything.
    fn fail(&self, message: String, retry: Duration) {
        self.status.send_modify(|status| {
            if status.problem.as_ref().is_none_or(|last| last.message != message) {
                tracing::warn!(problem = message, "memories are found by their words only");
            }
            status.problem = Some(Problem { message, until: Instant::now() + retry });
        });
    }

    fn recover(&self) {
        self.status.send_if_modified(|status| {
            let had_problem = status.problem.take().is_some();
            if had_problem {
                tracing::info!("memories are found by meaning again");
            }
            had_problem
        });
    }

    /// Embeds what has no vector yet, and what comes. It never ends by itself.
    pub(crate) async fn run(&self) {
        let mut backoff = FIRST_BACKOFF;
        let mut name = None;
        loop {
            let stores = self.stores.load(Ordering::Relaxed);
            let begin = Instant::now();
            match self.step(&mut name).await {
                Ok(Step::Worked) => {
                    self.recover();
                    backoff = FIRST_BACKOFF;
                    if self.stores.load(Ordering::Relaxed) != stores {
                        sleep((begin.elapsed() * REST_OF_WORK).min(LONGEST_REST)).await;
                    }
                }
                Ok(Step::Idle) => {
                    backoff = FIRST_BACKOFF;
                    // A store meanwhile has left its permit.
                    let _ = timeout(LOOK_AGAIN, self.wake.notified()).await;
                }
                Err(problem) => {
                    self.fail(problem, backoff.min(RECOVERY));
                    sleep(backoff).await;
                    backoff = (backoff * 2).min(LAST_BACKOFF);
                }
            }
        }
    }

    /// Embeds one batch.
    async fn step(&self, name: &mut Option<String>) -> Result<Step, String> {
        let model = self.store.read(Tenant::SERVER, vectors::model).await.map_err(described)?;
        let model = match (model, &*name) {
            (Some(model), Some(name)) if model.name == *name => model,
            (Some(model), Some(_)) => {
                self.status.send_modify(|status| status.reference = None);
                return Err(format!("another program uses this database with the embeddings model {}", model.name));
            }
            _ => {
                *name = Some(self.adopt().await?);
                return Ok(Step::Worked);
            }
        };
        let next = model.clone();
        let next =
            move |database: &Database<'_>| vectors::pending(database, &next, MEMORIES_OF_A_BATCH, BYTES_OF_A_BATCH);
        let (pending, to) = self.store.read(Tenant::SERVER, next).await.map_err(described)?;
        if to == model.done_to {
            return Ok(Step::Idle);
        }
        let vectors = self.embed(&pending, model.dimension).await?;
        let keep = move |database: &Database<'_>| vectors::insert(database, &model, &vectors, to);
        self.store.write(Tenant::SERVER, keep).await.map_err(described)?;
        Ok(Step::Worked)
    }

    /// Makes this server's model that of the database. The dimension is found by asking.
    async fn adopt(&self) -> Result<String, String> {
        let name = self.embedder.name().await.map_err(|error| error.to_string())?;
        let sentences = self.probe().await?;
        let dimension = sentences.first().map_or(0, Vector::dimension);
        let adopted = name.clone();
        let adopt = move |database: &Database<'_>| vectors::adopt(database, &adopted, dimension);
        if self.store.write(Tenant::SERVER, adopt).await.map_err(described)? {
            tracing::info!(
                model = name,
                dimension,
                "the embeddings model has changed; all memories will be embedded again"
            );
        }
        let reference = Arc::new(Space::centred(&sentences));
        self.status.send_modify(|status| status.reference = Some(reference));
        Ok(name)
    }

    /// Vectors of sentences that have nothing in common.
    async fn probe(&self) -> Result<Vec<Vector>, String> {
        self.embedder.passages(SENTENCES).await.map_err(|error| error.to_string())
    }

    async fn embed(&self, pending: &[Pending], dimension: usize) -> Result<Vec<(i64, Vec<Vector>)>, String> {
        let all: Vec<(i64, &str)> =
            pending.iter().flat_map(|memory| parts(&memory.content).map(|part| (memory.id, part))).collect();
        let mut vectors: Vec<(i64, Vec<Vector>)> = Vec::new();
        for some in all.chunks(PARTS_OF_A_REQUEST) {
            for (memory, vector) in self.embed_some(some).await? {
                if vector.dimension() != dimension {
                    return Err(other_dimension(vector.dimension(), dimension));
                }
                match vectors.last_mut() {
                    Some((last, vectors)) if *last == memory => vectors.push(vector),
                    _ => vectors.push((memory, vec![vector])),
                }
            }
        }
        Ok(vectors)
    }

    /// Where a text is refused the others are embedded nevertheless.
    async fn embed_some(&self, texts: &[(i64, &str)]) -> Result<Vec<(i64, Vector)>, String> {
        let contents: Vec<&str> = texts.iter().map(|(_, text)| *text).collect();
        match self.embedder.passages(&contents).await {
            Ok(vectors) => Ok(texts.iter().map(|(memory, _)| *memory).zip(vectors).collect()),
            Err(error @ EmbedError::Unavailable(_)) => Err(error.without_words()),
            Err(error @ EmbedError::Refused(_)) => match texts {
                [(memory, _)] => {
                    // Where everything is refused the text is not to blame.
                    self.probe().await?;
                    let problem = error.without_words();
                    tracing::warn!(memory, problem, "a memory cannot be embedded; it is found by its words only");
                    Ok(Vec::new())
                }
                _ => {
                    let (one, other) = texts.split_at(texts.len() / 2);
                    let mut vectors = Box::pin(self.embed_some(one)).await?;
                    vectors.extend(Box::pin(self.embed_some(other)).await?);
                    Ok(vectors)
                }
            },
        }
    }
}

enum Step {
    Worked,
    Idle,
}

fn other_dimension(now: usize, before: usize) -> String {
    format!("the embeddings have {now} dimensions, and had {before}; restart the server to embed all memories again")
}

fn described(error: StoreError) -> String {
    format!("the database fails: {error}")
}
