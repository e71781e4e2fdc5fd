//! What is sent again where a connection is retired or breaks, and what the error says of what was not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use crate::support::http2::{
    Act, CANCEL, ENHANCE_YOUR_CALM, INTERNAL_ERROR, NO_ERROR, PROTOCOL_ERROR, Peer, REFUSED_STREAM, Received,
};
use crate::support::{Answer, KEY, Outcome, Server, answer_for_all, on_paused_time, outcome};
use lumetra_engram::{Dedup, Effect, EngramClient, EngramError};
use serde_json::Value;
use tokio::task::JoinSet;

type Acts = Box<dyn Fn(&Received) -> Vec<Act> + Send>;

/// The operations that must not be sent again once they may have been processed.
const UNSAFE: [&str; 4] = ["clear_memories", "create_bucket", "delete_bucket", "regenerate_profile"];
/// More streams at once than any test opens.
const MANY: u32 = 100;
const STEP: Duration = Duration::from_millis(50);

fn answer() -> Act {
    Act::Answer(answer_for_all().to_string())
}

/// A client that speaks HTTP/2 without TLS, and leaves all retries to us.
fn client(peer: &Peer) -> EngramClient {
    let http = reqwest::Client::builder().http2_prior_knowledge().no_proxy().retry(reqwest::retry::never());
    let builder = EngramClient::builder().api_key(KEY).base_url(format!("http://{}", peer.address));
    builder.http_client(http.build().unwrap()).build().unwrap()
}

/// Every operation, and a store without deduplication.
fn operations(engram: &EngramClient) -> Vec<(&'static str, Outcome)> {
    let mut all = every_request!(engram, |request| outcome(request));
    all.push(("store_memory without deduplication", outcome(engram.store_memory("x").dedup(Dedup::Off))));
    all
}

fn is_safe(operation: &str) -> bool {
    !UNSAFE.contains(&operation) && !operation.contains("without")
}

/// A peer that does this with the first request after it is armed, and answers all others.
struct Trap {
    peer: Peer,
    armed: Arc<AtomicBool>,
}

impl Trap {
    async fn set(acts: impl Fn(&Received) -> Vec<Act> + Send + 'static) -> Self {
        let armed = Arc::new(AtomicBool::new(false));
        let switch = Arc::clone(&armed);
        let rule = move |request: &Received| if switch.swap(false, SeqCst) { acts(request) } else { vec![answer()] };
        Self { peer: Peer::start(MANY, rule).await, armed }
    }

    /// What becomes of the call that meets it, and how often that is sent.
    async fn meet(&self, call: Outcome) -> (Result<(), EngramError>, usize) {
        let before = self.peer.received().len();
        self.armed.store(true, SeqCst);
        (call.await, self.peer.received().len() - before)
    }
}

#[tokio::test]
async fn what_the_server_says_it_did_not_process_is_sent_again_whatever_the_operation() {
    let above = |code| Box::new(move |request: &Received| vec![Act::GoAway(request.stream - 1, code)]) as Acts;
    for (what, acts) in [
        ("a GOAWAY below it", above(NO_ERROR)),
        ("a GOAWAY below it, of an error", above(INTERNAL_ERROR)),
        ("a GOAWAY below it, to be calm", above(ENHANCE_YOUR_CALM)),
        ("REFUSED_STREAM", Box::new(|_: &Received| vec![Act::Reset(REFUSED_STREAM)])),
    ] {
        let trap = Trap::set(acts).await;
        for (operation, call) in operations(&client(&trap.peer)) {
            let (outcome, sent) = trap.meet(call).await;
            assert!(outcome.is_ok() && sent == 2, "{operation} after {what}, sent {sent} times: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn what_may_have_been_processed_is_sent_again_only_where_that_is_safe() {
    let reset = |code| Box::new(move |_: &Received| vec![Act::Reset(code)]) as Acts;
    let named = |request: &Received| vec![Act::GoAway(request.stream, NO_ERROR), Act::Close];
    for (what, acts) in [
        ("a GOAWAY that names it", Box::new(named) as Acts),
        ("the end of the connection", Box::new(|_: &Received| vec![Act::Close])),
        ("an error of the connection", Box::new(|_: &Received| vec![Act::BreakTheRules])),
        ("RST_STREAM(NO_ERROR)", reset(NO_ERROR)),
        ("RST_STREAM(INTERNAL_ERROR)", reset(INTERNAL_ERROR)),
        ("RST_STREAM(CANCEL)", reset(CANCEL)),
    ] {
        let trap = Trap::set(acts).await;
        for (operation, call) in operations(&client(&trap.peer)) {
            let (outcome, sent) = trap.meet(call).await;
            if is_safe(operation) {
                assert!(outcome.is_ok() && sent == 2, "{operation} after {what}, sent {sent} times: {outcome:?}");
            } else {
                assert_eq!((outcome.unwrap_err().effect(), sent), (Effect::Unknown, 1), "{operation} after {what}");
            }
        }
    }
}

#[tokio::test]
async fn after_any_other_reset_nothing_is_sent_again() {
    for code in [PROTOCOL_ERROR, ENHANCE_YOUR_CALM] {
        let trap = Trap::set(move |_| vec![Act::Reset(code)]).await;
        for (operation, call) in operations(&client(&trap.peer)) {
            let (outcome, sent) = trap.meet(call).await;
            assert_eq!((outcome.unwrap_err().effect(), sent), (Effect::Unknown, 1), "{operation} after {code}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_attempts_are_bounded_in_number_and_time() {
    let retires = |request: &Received| vec![Act::GoAway(request.stream - 1, NO_ERROR)];
    for (acts, effect, most) in [
        (Box::new(retires) as Acts, Effect::None, 101),
        (Box::new(|_: &Received| vec![Act::Close]), Effect::Unknown, 4),
        (Box::new(|request: &Received| vec![Act::GoAway(request.stream - 1, ENHANCE_YOUR_CALM)]), Effect::None, 4),
    ] {
        let peer = Peer::start(MANY, acts).await;
        let (outcome, took) = on_paused_time(STEP, client(&peer).store_memory("x").send()).await;
        assert_eq!(outcome.unwrap_err().effect(), effect);
        let sent = peer.received().len();
        assert!(sent <= most && sent >= most.min(30), "{sent} attempts, at most {most}");
        assert!(took < Duration::from_secs(35), "{took:?}");
    }
    let peer = Peer::start(MANY, retires).await;
    let request = client(&peer).store_memory("x").deadline(Duration::from_secs(2));
    let (outcome, took) = on_paused_time(STEP, request.send()).await;
    outcome.unwrap_err();
    assert!(took < Duration::from_secs(3), "{took:?}");
}

/// The peer takes one stream at once and retires each connection after it, so that further stores are left in every place where a request can
/// wait: to be opened, in the queue of the connection, for a connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_wait_on_a_retired_connection_are_sent_again_and_stored_once() {
    for dedup in [Dedup::Off, Dedup::Loose] {
        let peer = Peer::start(1, |request| vec![answer(), Act::GoAway(request.stream, NO_ERROR)]).await;
        let engram = client(&peer);
        let store = |number| engram.store_memory(format!("fact {number}")).dedup(dedup).send();
        let mut stores: JoinSet<_> = (0..20).map(store).collect();
        while let Some(outcome) = stores.join_next().await {
            outcome.unwrap().unwrap();
        }
        let content = |it: &Received| serde_json::from_slice::<Value>(&it.body).unwrap()["content"].to_string();
        let received = peer.received();
        let facts: BTreeSet<_> = received.iter().map(content).collect();
        assert_eq!((facts.len(), received.len()), (20, 20), "{dedup:?}");
    }
}

#[tokio::test]
async fn over_http1_what_may_have_been_processed_is_sent_again_only_where_that_is_safe() {
    for broken in [Answer::silence().close(), Answer::silence().reset(), Answer::raw("HTTP/1.1 200 OK\r\nx").close()] {
        let names: Vec<_> = operations(&Server::start([]).await.client()).into_iter().map(|(name, _)| name).collect();
        for (number, operation) in names.into_iter().enumerate() {
            let fine = Answer::json(200, &answer_for_all());
            let answers = if is_safe(operation) { vec![broken.clone(), fine] } else { vec![broken.clone()] };
            let server = Server::start(answers).await;
            let outcome = operations(&server.builder().build().unwrap()).swap_remove(number).1.await;
            match outcome {
                Ok(()) => assert!(is_safe(operation), "{operation}"),
                Err(error) => {
                    assert!(!is_safe(operation), "{operation}: {error:?}");
                    assert_eq!(error.effect(), Effect::Unknown, "{operation}");
                }
            }
        }
    }
}

/// The tasks of a connection run in the runtime of the call that made it. Where that ends, hyper says the same as where a request was still
/// waiting, so the error alone does not tell whether it was sent.
#[test]
fn a_store_that_was_sent_is_not_sent_again_when_the_runtime_of_its_connection_ends() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (own, other) = (runtime(), runtime());
    let peer =
        own.block_on(Peer::start(
            MANY,
            |request| {
                if request.body.is_empty() { vec![answer()] } else { vec![Act::FallSilent] }
            },
        ));
    let engram = client(&peer);
    other.block_on(engram.list_buckets().send()).unwrap();
    let store = own.spawn(engram.store_memory("x").dedup(Dedup::Off).send());
    own.block_on(peer.requested(2));
    other.shutdown_background();
    let error = own.block_on(store).unwrap().unwrap_err();
    assert_eq!((error.effect(), peer.received().len()), (Effect::Unknown, 2), "{error:?}");
}
