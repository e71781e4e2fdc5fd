//! Calls by the hundred, with this client or with bare reqwest, and what was lost of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use lumetra_engram::{Dedup, Effect, EngramClient, EngramError};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::server::KEY;

const QUESTION: &str = "Which fact is there from the beginning?";

/// What sends the calls.
#[derive(Clone)]
pub(crate) enum Client {
    Engram(EngramClient),
    Reqwest { http: reqwest::Client, url: String },
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    /// Stores of short facts, every other one without deduplication.
    Stores,
    /// The same of facts of 100 kB.
    LargeStores,
    /// Questions.
    Queries,
    /// Questions with streamed answers.
    Streams,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    /// A streamed answer, whole by its own account.
    Streamed(String),
    Refused(u16),
    /// It failed otherwise, and this is what the client says of its effect.
    Failed(Option<Effect>, String),
}

/// A burst of calls in flight.
pub(crate) struct Burst {
    workers: JoinSet<Vec<(usize, Outcome)>>,
    done: watch::Receiver<usize>,
}

/// The text of a fact.
pub(crate) fn fact(calls: Calls, bucket: &str, number: usize) -> String {
    let filler = if calls == Calls::LargeStores { "x".repeat(100_000) } else { String::new() };
    format!("Fact {number} of {bucket} is {} {filler}", number * 7919).trim_end().to_owned()
}

/// Whether the store of this number is not deduplicated, so that it must not be sent twice.
pub(crate) fn is_plain(number: usize) -> bool {
    number % 2 == 1
}

impl Burst {
    /// Begins so many calls, of which as many are in flight at once as there are workers.
    pub(crate) fn begin(client: &Client, calls: Calls, bucket: &str, number: usize, workers: usize) -> Self {
        let (next, (counting, done)) = (Arc::new(AtomicUsize::new(0)), watch::channel(0));
        let counting = Arc::new(counting);
        let mut set = JoinSet::new();
        for _ in 0..workers.min(number) {
            let (client, bucket) = (client.clone(), bucket.to_owned());
            let (next, counting) = (Arc::clone(&next), Arc::clone(&counting));
            set.spawn(async move {
                let mut outcomes = Vec::new();
                loop {
                    let call = next.fetch_add(1, Ordering::Relaxed);
                    if call >= number {
                        return outcomes;
                    }
                    outcomes.push((call, client.call(calls, &bucket, call).await));
                    counting.send_modify(|done| *done += 1);
                }
            });
        }
        Self { workers: set, done }
    }

    /// Waits until so many calls have ended.
    pub(crate) async fn reach(&mut self, calls: usize) -> Result<()> {
        self.done.wait_for(|done| *done >= calls).await.context("the burst ended too early").map(drop)
    }

    /// The outcomes, by the numbers of the calls.
    pub(crate) async fn end(self) -> HashMap<usize, Outcome> {
        self.workers.join_all().await.into_iter().flatten().collect()
    }
}

impl Client {
    async fn call(&self, calls: Calls, bucket: &str, number: usize) -> Outcome {
        match self {
            Self::Engram(engram) => with_engram(engram, calls, bucket, number).await,
            Self::Reqwest { http, url } => with_reqwest(http, url, calls, bucket, number).await,
        }
    }
}

/// The streamed answer to the question.
pub(crate) async fn streamed(engram: &EngramClient, bucket: &str) -> Result<String, EngramError> {
    Ok(engram.query_stream(QUESTION).bucket(bucket).await?.finish().await?.answer)
}

async fn with_engram(engram: &EngramClient, calls: Calls, bucket: &str, number: usize) -> Outcome {
    let outcome = match calls {
        Calls::Stores | Calls::LargeStores => {
            let request = engram.store_memory(fact(calls, bucket, number)).bucket(bucket);
            let request = if is_plain(number) { request.dedup(Dedup::Off) } else { request };
            request.await.map(drop)
        }
        Calls::Queries => engram.query(QUESTION).bucket(bucket).await.map(drop),
        Calls::Streams => match streamed(engram, bucket).await {
            Ok(answer) => return Outcome::Streamed(answer),
            Err(error) => Err(error),
        },
    };
    match outcome {
        Ok(()) => Outcome::Success,
        Err(error) => match error.status().filter(|status| !status.is_success()) {
            Some(status) if error.effect() != Effect::Done => Outcome::Refused(status.as_u16()),
            _ => Outcome::Failed(Some(error.effect()), error.to_string()),
        },
    }
}

async fn with_reqwest(http: &reqwest::Client, url: &str, calls: Calls, bucket: &str, number: usize) -> Outcome {
    let (path, body) = match calls {
        Calls::Stores | Calls::LargeStores => {
            let mut body = json!({ "content": fact(calls, bucket, number) });
            if is_plain(number) {
                body["dedup"] = json!("off");
            }
            (format!("/v1/buckets/{bucket}/memories"), body)
        }
        Calls::Queries => ("/v1/query".to_owned(), json!({ "query": QUESTION, "buckets": [bucket] })),
        Calls::Streams => {
            let body = json!({ "query": QUESTION, "buckets": [bucket], "stream": true });
            ("/v1/query".to_owned(), body)
        }
    };
    let sent = http.post(format!("{url}{path}")).bearer_auth(KEY).json(&body).send().await;
    let failed = |error: &reqwest::Error| Outcome::Failed(None, format!("{error:?}"));
    let response = match sent {
        Ok(response) => response,
        Err(error) => return failed(&error),
    };
    match (response.status(), response.bytes().await) {
        (status, Ok(_)) if status.is_success() => Outcome::Success,
        (status, _) if !status.is_success() => Outcome::Refused(status.as_u16()),
        (_, Ok(_)) => Outcome::Success,
        (_, Err(error)) => failed(&error),
    }
}
