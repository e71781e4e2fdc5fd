//! A server that takes so many calls at once, and refuses the others as the service does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use lumetra_engram::{StoreMemoryResult, StoreStatus};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::sleep;

/// Seconds.
const RETRY_AFTER_REFUSAL: &str = "1";

/// What the server has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Calls that were taken and answered.
    pub stored: usize,
    /// Calls that were answered with 429.
    pub refused: usize,
    /// The most calls that were in the server at once, those that it was just refusing included.
    pub most_at_once: usize,
}

/// A server that only stores, and forgets at once. Every call takes the same time, and a place.
#[derive(Clone, Debug)]
#[must_use = "a server does nothing until it is served"]
pub struct CappedServer {
    places: usize,
    work: Duration,
    state: Arc<Mutex<ServerState>>,
}

#[derive(Debug, Default)]
struct ServerState {
    at_once: usize,
    at_work: usize,
    counts: Counts,
}

impl CappedServer {
    /// A server with so many places, in which a call holds one for as long as `work`.
    pub fn new(places: usize, work: Duration) -> Self {
        Self { places, work, state: Arc::default() }
    }

    /// Its routes: storing, and `GET /counts`, which is no part of the API.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v1/buckets/{bucket}/memories", post(store))
            .route("/counts", get(counts))
            .with_state(self.clone())
    }

    /// What it has seen so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    fn state(&self) -> MutexGuard<'_, ServerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call comes in. Says whether there is a place for it.
    fn enters(&self) -> Visit {
        let mut state = self.state();
        state.at_once += 1;
        state.counts.most_at_once = state.counts.most_at_once.max(state.at_once);
        let has_place = state.at_work < self.places;
        state.at_work += usize::from(has_place);
        Visit { server: self.clone(), has_place }
    }
}

/// A call that is in the server, until this is dropped: a client that goes away leaves no place taken.
struct Visit {
    server: CappedServer,
    has_place: bool,
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut state = self.server.state();
        state.at_once -= 1;
        state.at_work -= usize::from(self.has_place);
    }
}

async fn store(State(server): State<CappedServer>, Path(bucket): Path<String>, Json(_): Json<Value>) -> Response {
    let visit = server.enters();
    if !visit.has_place {
        server.state().counts.refused += 1;
        let body = json!({ "error": "too many concurrent requests" });
        return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, RETRY_AFTER_REFUSAL)], Json(body)).into_response();
    }
    sleep(server.work).await;
    let number = {
        let mut state = server.state();
        state.counts.stored += 1;
        state.counts.stored
    };
    let mut stored = StoreMemoryResult::default();
    stored.id = format!("memory-{number}");
    stored.bucket_name = Some(bucket);
    stored.status = Some(StoreStatus::Stored);
    Json(stored).into_response()
}

async fn counts(State(server): State<CappedServer>) -> Json<Counts> {
    Json(server.counts())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::future::join_all;

    use super::*;

    async fn call(server: &CappedServer) -> Response {
        store(State(server.clone()), Path("default".to_owned()), Json(json!({ "content": "a fact" }))).await
    }

    #[tokio::test(start_paused = true)]
    async fn calls_beyond_the_places_are_refused_and_told_when_to_come_back() {
        let server = CappedServer::new(8, Duration::from_millis(250));
        let start = tokio::time::Instant::now();
        let answers = join_all((0..10).map(|_| call(&server))).await;
        assert_eq!(start.elapsed(), Duration::from_millis(250), "the eight are served at once");
        let refused: Vec<_> = answers.iter().filter(|answer| answer.status() == 429).collect();
        assert_eq!(refused.len(), 2);
        assert!(refused.iter().all(|answer| answer.headers()[RETRY_AFTER] == "1"));
        assert_eq!(server.counts(), Counts { stored: 8, refused: 2, most_at_once: 9 });
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_again_after_its_call() {
        let server = CappedServer::new(1, Duration::from_millis(5));
        for _ in 0..3 {
            assert_eq!(call(&server).await.status(), 200);
        }
        assert_eq!(server.counts(), Counts { stored: 3, refused: 0, most_at_once: 1 });
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_goes_away_leaves_no_place_taken() {
        let server = CappedServer::new(1, Duration::from_millis(5));
        assert!(call(&server).now_or_never().is_none(), "it is at work");
        assert_eq!(call(&server).await.status(), 200);
        assert_eq!(server.counts(), Counts { stored: 1, refused: 0, most_at_once: 1 });
    }
}
