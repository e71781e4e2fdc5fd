//! A request of which nothing is sent for long is given up and sent again. The error of one that ends so says that nothing was sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use crate::support::http2::{Act, Peer, Received};
use crate::support::{Answer, KEY, Outcome, Server, answer_for_all, on_paused_time, outcome};
use futures_util::future::join_all;
use lumetra_engram::{Dedup, Effect, EngramClient, EngramClientBuilder};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// What has no body that could be kept back, and must not be sent twice.
const NEVER_SENT_AGAIN: [&str; 3] = ["clear_memories", "delete_bucket", "regenerate_profile"];
const MANY: u32 = 100;
const STEP: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);

fn answer(_: &Received) -> Vec<Act> {
    vec![Act::Answer(answer_for_all().to_string())]
}

fn builder(address: SocketAddr, http: reqwest::ClientBuilder) -> EngramClientBuilder {
    let http = http.no_proxy().retry(reqwest::retry::never()).build().unwrap();
    EngramClient::builder().api_key(KEY).base_url(format!("http://engram.example:{}", address.port())).http_client(http)
}

/// A client over HTTP/2 of this peer.
fn client(peer: &Peer) -> EngramClient {
    let http = reqwest::Client::builder().http2_prior_knowledge().resolve("engram.example", peer.address);
    builder(peer.address, http).build().unwrap()
}

/// Every operation, and a store without deduplication.
fn operations(engram: &EngramClient) -> Vec<(&'static str, Outcome)> {
    let mut all = every_request!(engram, |request| outcome(request));
    all.push(("store_memory without deduplication", outcome(engram.store_memory("x").dedup(Dedup::Off))));
    all
}

/// A name service that never answers the first time. A request that waits for it waits for nothing, like one that is left in the queue of a
/// connection that has ended.
struct LostOnce {
    address: SocketAddr,
    is_lost: AtomicBool,
}

impl Resolve for LostOnce {
    fn resolve(&self, _: Name) -> Resolving {
        let (address, is_first) = (self.address, !self.is_lost.swap(true, SeqCst));
        Box::pin(async move {
            if is_first {
                pending::<()>().await;
            }
            Ok(Box::new([address].into_iter()) as Addrs)
        })
    }
}

fn loses_the_first(address: SocketAddr, http: reqwest::ClientBuilder) -> EngramClient {
    let resolver = Arc::new(LostOnce { address, is_lost: AtomicBool::new(false) });
    builder(address, http.dns_resolver(resolver)).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_nothing_is_sent_again() {
    let (peer, server) = (Peer::start(MANY, answer).await, Server::always(Answer::json(200, &answer_for_all())).await);
    let address = server.url().trim_start_matches("http://").parse().unwrap();
    let over_http2 = || loses_the_first(peer.address, reqwest::Client::builder().http2_prior_knowledge());
    let over_http1 = || loses_the_first(address, reqwest::Client::builder().http1_only());
    let numbers = 0..operations(&over_http2()).len();
    let calls = numbers.flat_map(|number| [over_http2(), over_http1()].map(|it| operations(&it).swap_remove(number)));
    let calls = join_all(calls.map(async |(operation, call)| (operation, call.await)));
    let (outcomes, _) = on_paused_time(STEP, calls).await;
    let (mut sent, all) = (0, outcomes.len());
    for (operation, outcome) in outcomes {
        if NEVER_SENT_AGAIN.contains(&operation) {
            let error = outcome.unwrap_err();
            assert!(error.is_timeout() && error.effect() == Effect::Unknown, "{operation}: {error}");
        } else {
            outcome.unwrap_or_else(|error| panic!("{operation}: {error}"));
            sent += 1;
        }
    }
    assert_eq!(sent, all - 2 * NEVER_SENT_AGAIN.len());
    assert_eq!(peer.received().len() + server.requests().len(), sent);
}

/// A peer that takes one stream at once, which a call of this client keeps while it lives.
async fn occupied_peer() -> (Peer, EngramClient, JoinHandle<()>) {
    let peer = Peer::start(1, |request| if request.stream == 3 { vec![] } else { answer(request) }).await;
    let engram = client(&peer);
    // The client learns with the first response how many streams there are.
    on_paused_time(STEP, engram.list_buckets().send()).await.0.unwrap();
    let endless = engram.list_buckets().timeout(1_000 * SECOND).send();
    let occupant = tokio::spawn(async { drop(endless.await) });
    on_paused_time(STEP, peer.requested(2)).await;
    (peer, engram, occupant)
}

#[tokio::test(start_paused = true)]
async fn a_store_that_was_given_up_and_sent_again_is_stored_once() {
    let (peer, engram, occupant) = occupied_peer().await;
    let store = tokio::spawn(engram.store_memory("x").dedup(Dedup::Off).send());
    on_paused_time(STEP, sleep(20 * SECOND)).await;
    assert!(!store.is_finished() && peer.received().len() == 2);
    occupant.abort();
    on_paused_time(STEP, store).await.0.unwrap().unwrap();
    assert_eq!(peer.received().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_sent_says_so_and_the_attempts_are_bounded() {
    let (peer, engram, _occupant) = occupied_peer().await;
    let store = || engram.store_memory("x").dedup(Dedup::Off);
    let stream = || engram.query_stream("q");
    for (call, message, seconds) in [
        (outcome(store()), "nothing of the request was sent for 15s; no attempt took effect", 47),
        (outcome(stream()), "nothing of the request was sent for 15s; no attempt took effect", 47),
        (outcome(store().timeout(5 * SECOND)), "no response within 5s; nothing was sent", 6),
        (outcome(stream().timeout(5 * SECOND)), "no response within 5s; nothing was sent", 6),
        (outcome(store().deadline(5 * SECOND)), "the call's deadline of 5s passed; nothing was sent", 6),
        (outcome(stream().deadline(5 * SECOND)), "the call's deadline of 5s passed; nothing was sent", 6),
    ] {
        let (outcome, took) = on_paused_time(STEP, call).await;
        let error = outcome.unwrap_err();
        assert!(error.is_timeout() && error.to_string().contains(message), "{error}");
        assert_eq!(error.effect(), Effect::None, "{error}");
        assert!(took < seconds * SECOND, "{took:?}: {error}");
    }
    assert_eq!(peer.received().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_is_never_sent_again_however_long_its_answer_takes() {
    let (peer, server) = (Peer::start(MANY, |_| vec![]).await, Server::always(Answer::silence()).await);
    let (http1, mut expected) = (server.builder().build().unwrap(), 0);
    for engram in [client(&peer), http1] {
        let calls = every_request!(engram, |request| outcome(request.timeout(50 * SECOND)));
        expected += calls.len();
        let calls = join_all(calls.into_iter().map(async |(operation, call)| (operation, call.await)));
        for (operation, outcome) in on_paused_time(STEP, calls).await.0 {
            let error = outcome.unwrap_err();
            assert!(error.is_timeout() && error.to_string().contains("50s"), "{operation}: {error}");
            assert_eq!(error.effect(), Effect::Unknown, "{operation}");
        }
    }
    assert_eq!(peer.received().len() + server.requests().len(), expected);
}
