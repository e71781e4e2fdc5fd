//! What our client makes of a case.

use std::error::Error as _;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use lumetra_engram::{EngramClient, EngramClientBuilder, EngramError, QueryStream, QueryStreamEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::call::Call;
use crate::case::{Case, Expected};
use crate::clock::on_paused_time;
use crate::server::KEY;
use crate::stage::Stage;

/// How many cases are played at once: more than there are that wait.
const AT_ONCE: usize = 48;
/// How long a stream is read that is expected to stay open.
pub const READ_FOR: Duration = Duration::from_secs(5);
/// How much longer than it may take a call is waited for.
const GRACE: Duration = Duration::from_secs(5);

/// How far the clock of a case that waits moves in a millisecond.
const STEP: Duration = Duration::from_millis(10);

/// What came of a call.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeded, with this value; of a stream, with its answer.
    Returned {
        /// The value.
        value: Value,
    },
    /// It failed.
    Raised {
        /// The variant of the error, or its class.
        kind: String,
        /// Whether it is the error that the client documents.
        own: bool,
        /// The status that it tells.
        status: Option<u16>,
        /// The code that it tells.
        code: Option<String>,
        /// How often it says that the request was sent.
        attempts: Option<u32>,
        /// Its one line.
        text: String,
        /// Whether the key is in anything that can be printed of it.
        shows_key: bool,
    },
    /// A stream ended without the whole answer and without an error.
    EndedQuietly,
    /// A stream had more than one last event.
    EndedTwice,
    /// A stream neither ended nor failed while it was read.
    StayedOpen,
    /// It did not come back.
    Hung,
    /// It panicked.
    Panicked,
}

/// What was seen of a call, by its caller and by the server.
#[derive(Clone, Debug)]
pub struct Observation {
    /// What came of it.
    pub outcome: Outcome,
    /// The deltas of a stream.
    pub deltas: Vec<String>,
    /// How many requests the server saw, the first call's included.
    pub requests: usize,
    /// How many connections another host saw.
    pub strayed: usize,
    /// How long the call took.
    pub time: Duration,
}

/// Plays the cases to our client, those that wait before the others, and returns them in their order.
pub async fn play(cases: Vec<Case>) -> Vec<(Case, Observation)> {
    let mut cases: Vec<_> = cases.into_iter().enumerate().collect();
    cases.sort_by_key(|(_, case)| !case.waits());
    let play = |(number, case)| async move { (number, observe(&case).await, case) };
    let mut seen: Vec<_> = stream::iter(cases).map(play).buffer_unordered(AT_ONCE).collect().await;
    seen.sort_by_key(|(number, ..)| *number);
    seen.into_iter().map(|(_, seen, case)| (case, seen)).collect()
}

/// Plays the case to our client, on a thread of its own, so that a case which keeps the processor busy makes no other one late.
async fn observe(case: &Case) -> Observation {
    let case = case.clone();
    let run = move || {
        let waits = case.waits();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(waits).build().expect("a runtime");
        let played = run_on_stage(&case);
        if waits { runtime.block_on(on_paused_time(STEP, played)).0 } else { runtime.block_on(played) }
    };
    tokio::task::spawn_blocking(run).await.expect("the case is played")
}

async fn run_on_stage(case: &Case) -> Observation {
    let stage = Stage::set(&case.scene).await;
    let start = Instant::now();
    let call = tokio::spawn(run(builder(case, stage.url()), case.clone()));
    let abort = call.abort_handle();
    let (outcome, deltas, time) = match timeout(case.takes.end + GRACE, call).await {
        Ok(Ok(seen)) => seen,
        Ok(Err(_)) => (Outcome::Panicked, Vec::new(), start.elapsed()),
        Err(_) => {
            abort.abort();
            (Outcome::Hung, Vec::new(), start.elapsed())
        }
    };
    if matches!(outcome, Outcome::StayedOpen) {
        stage.closed().await;
    }
    Observation { outcome, deltas, requests: stage.requests().len(), strayed: stage.connections_of_stranger(), time }
}

/// A client with the settings of the case.
fn builder(case: &Case, url: &str) -> EngramClientBuilder {
    let settings = case.settings;
    let url = if settings.https { url.replace("http://", "https://") } else { url.to_owned() };
    let mut builder = EngramClient::builder()
        .api_key(KEY)
        .base_url(url)
        .timeout(settings.timeout)
        .stream_timeout(settings.timeout)
        .connect_timeout(settings.connect_timeout)
        .max_retries_on_429(settings.max_retries_on_429);
    if let Some(delay) = settings.max_retry_delay {
        builder = builder.max_retry_delay(delay);
    }
    if let Some(bytes) = settings.max_response_bytes {
        builder = builder.max_response_bytes(bytes);
    }
    builder
}

async fn run(builder: EngramClientBuilder, case: Case) -> (Outcome, Vec<String>, Duration) {
    let mut deltas = Vec::new();
    let builder = if let Call::NewClient(key) = case.call { builder.api_key(key) } else { builder };
    let engram = match builder.build() {
        Ok(engram) => engram,
        Err(error) => return (raised(&error), deltas, Duration::ZERO),
    };
    if let Some(first) = &case.first {
        let outcome = call(&engram, first).await;
        assert!(outcome.is_ok(), "the first call succeeds: {outcome:?}");
    }
    // Making the client takes long, since it reads the certificates of the system.
    let start = Instant::now();
    let outcome = match (&case.call, &case.expected) {
        (Call::QueryStream, Expected::StaysOpen) => {
            let reading = read_stream(&engram, &mut deltas);
            timeout(READ_FOR, reading).await.unwrap_or(Outcome::StayedOpen)
        }
        (Call::QueryStream, _) => read_stream(&engram, &mut deltas).await,
        (operation, _) => match call(&engram, operation).await {
            Ok(value) => Outcome::Returned { value },
            Err(error) => raised(&error),
        },
    };
    (outcome, deltas, start.elapsed())
}

async fn call(engram: &EngramClient, call: &Call) -> Result<Value, EngramError> {
    Ok(match call {
        Call::StoreMemory => json!(engram.store_memory("a fact").await?),
        Call::StoreMemories => json!(engram.store_memories(["a fact", "another"]).await?),
        Call::ListMemories => json!(engram.list_memories().await?),
        Call::AllMemories => json!(engram.list_memories().limit(2).all().await?),
        Call::Ingest => ingest(engram).await?,
        Call::DeleteMemory(id) => json!(engram.delete_memory(*id).await?),
        Call::ClearMemories(bucket) => json!(engram.clear_memories(*bucket).await?),
        Call::Query => json!(engram.query("a question").await?),
        Call::QueryStream => json!(engram.query_stream("a question").await?.finish().await?),
        Call::ListBuckets => json!(engram.list_buckets().await?),
        Call::CreateBucket => json!(engram.create_bucket("b1").await?),
        Call::DeleteBucket(bucket) => json!(engram.delete_bucket(*bucket).await?),
        Call::GetProfile => json!(engram.get_profile().await?),
        Call::RegenerateProfile => json!(engram.regenerate_profile().await?),
        Call::NewClient(_) => Value::Null,
    })
}

/// What an ingest of 24 facts comes to: how many were stored, failed and were not attempted, and why it stopped.
async fn ingest(engram: &EngramClient) -> Result<Value, EngramError> {
    let facts = (0..24).map(|number| format!("fact {number}"));
    let report = engram.ingest(facts).batch_size(2).concurrency(1).await?;
    Ok(json!({
        "stored": report.totals.stored,
        "failed": report.totals.failed,
        "not_attempted": report.not_attempted.count(),
        "stopped": report.stopped.map(|error| error.to_string()),
    }))
}

async fn read_stream(engram: &EngramClient, deltas: &mut Vec<String>) -> Outcome {
    match engram.query_stream("a question").await {
        Ok(mut stream) => {
            let outcome = read_events(&mut stream, deltas).await;
            assert!(stream.next().await.is_none(), "a stream that has ended stays so");
            outcome
        }
        Err(error) => raised(&error),
    }
}

async fn read_events(stream: &mut QueryStream, deltas: &mut Vec<String>) -> Outcome {
    while let Some(event) = stream.next().await {
        match event {
            Ok(QueryStreamEvent::Delta { content }) => deltas.push(content),
            Ok(QueryStreamEvent::Done(result)) => return Outcome::Returned { value: json!(result) },
            Ok(_) => {}
            Err(error) => return raised(&error),
        }
    }
    Outcome::EndedQuietly
}

fn raised(error: &EngramError) -> Outcome {
    let attempts = match error {
        EngramError::Api(error) => Some(error.attempts),
        _ => None,
    };
    Outcome::Raised {
        kind: variant(error).to_owned(),
        own: true,
        status: error.status().map(u16::from),
        code: error.code().map(str::to_owned),
        attempts,
        text: error.to_string(),
        shows_key: everything_printed(error).contains(KEY),
    }
}

fn variant(error: &EngramError) -> &'static str {
    match error {
        EngramError::Config(_) => "Config",
        EngramError::InvalidRequest(_) => "InvalidRequest",
        EngramError::Api(_) => "Api",
        EngramError::Timeout(_) => "Timeout",
        EngramError::Transport(_) => "Transport",
        EngramError::Decode(_) => "Decode",
        EngramError::Stream(_) => "Stream",
        _ => "unknown",
    }
}

/// All that can be printed of an error: `Display` and `Debug` of it, of its body, and of everything in its source chain.
pub fn everything_printed(error: &EngramError) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n{:?}\n", error.body());
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!("{cause}\n{cause:?}\n"));
        source = cause.source();
    }
    text
}
