//! What the test files share.
// Every test file compiles this module and uses a part of it.
#![allow(dead_code, unreachable_pub, unused_imports, clippy::expect_used, clippy::panic)]

use std::pin::Pin;
use std::time::Duration;

use lumetra_engram::{EngramClient, EngramError};
use serde_json::{Value, json};
use tokio::time::Instant;

pub use lumetra_engram_faults::{Answer, Gate, KEY, PATIENCE, Request, Server, block, delta, everything_printed};

pub type Outcome = Pin<Box<dyn Future<Output = Result<(), EngramError>> + Send>>;

fn outcome<T>(request: impl IntoFuture<Output = Result<T, EngramError>, IntoFuture: Send + 'static>) -> Outcome {
    let future = request.into_future();
    Box::pin(async move { future.await.map(drop) })
}

/// A call of every operation, with the request line that it sends.
pub fn every_operation(engram: &EngramClient) -> Vec<(&'static str, Outcome)> {
    vec![
        ("POST /v1/buckets/default/memories", outcome(engram.store_memory("a fact"))),
        ("POST /v1/buckets/default/memories", outcome(engram.store_memories(["a fact"]))),
        ("GET /v1/buckets/default/memories?limit=20&offset=0", outcome(engram.list_memories())),
        ("DELETE /v1/buckets/default/memories/m1", outcome(engram.delete_memory("m1"))),
        ("DELETE /v1/buckets/b1/memories", outcome(engram.clear_memories("b1"))),
        ("POST /v1/query", outcome(engram.query("a question"))),
        ("POST /v1/query", outcome(engram.query_stream("a question"))),
        ("GET /v1/buckets", outcome(engram.list_buckets())),
        ("POST /v1/buckets", outcome(engram.create_bucket("b1"))),
        ("DELETE /v1/buckets/b1", outcome(engram.delete_bucket("b1"))),
        ("GET /v1/buckets/default/profile", outcome(engram.get_profile())),
        ("POST /v1/buckets/default/profile/regenerate", outcome(engram.regenerate_profile())),
    ]
}

/// A body that every operation takes for its answer.
pub fn answer_for_all() -> Value {
    json!({ "id": "m1", "name": "b1", "answer": "yes", "memories": [{ "id": "m1", "content": "a fact" }], "buckets": [] })
}

/// Awaits a future while the paused clock moves by `step` in each real millisecond. Says how long it took by that clock.
/// The clock must not move on its own: it would jump over a timeout while an answer is on its way.
pub async fn on_paused_time<F: Future>(step: Duration, future: F) -> (F::Output, Duration) {
    let start = Instant::now();
    let mut future = std::pin::pin!(future);
    loop {
        // While a blocking task runs, tokio does not move a paused clock.
        let real_pause = tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(1)));
        tokio::select! {
            biased;
            output = &mut future => return (output, start.elapsed()),
            _ = real_pause => tokio::time::advance(step).await,
        }
    }
}

/// Asserts that `Display` is one short line.
pub fn assert_one_short_line(error: &EngramError) {
    let line = error.to_string();
    assert!(!line.contains(['\n', '\r']) && line.chars().count() <= 400, "not one short line: {line}");
}
