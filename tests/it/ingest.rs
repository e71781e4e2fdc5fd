//! Storing very many facts: what is sent, what becomes of each fact, and how it goes on where requests fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Answer, Gate, PATIENCE, Request, Server, on_paused_time, property_config};
use futures_util::stream::{self, StreamExt};
use lumetra_engram::{
    Contents, Dedup, EngramClient, EngramError, IngestOutcome, IngestProgress, IngestReport, MergeReason, StoreStatus,
};
use lumetra_engram_local::LocalServer;
use proptest::collection::btree_set;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// How far the paused clock moves at once.
const STEP: Duration = Duration::from_millis(50);

fn facts(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("fact {number}")).collect()
}

/// The facts that a request is to store.
fn contents(request: &Request) -> Vec<String> {
    let body = request.json();
    let content = |fact: &Value| fact["content"].as_str().unwrap().to_owned();
    body["memories"].as_array().map_or_else(|| vec![content(&body)], |facts| facts.iter().map(content).collect())
}

fn batches(server: &Server) -> Vec<Vec<String>> {
    server.requests().iter().map(contents).collect()
}

/// The answer of a server that stores these facts.
fn stored(contents: &[String]) -> Answer {
    let result = |content: &String| json!({ "id": format!("id of {content}"), "status": "stored" });
    Answer::json(200, &json!({ "memories": contents.iter().map(result).collect::<Vec<_>>() }))
}

fn refusal(status: u16) -> Answer {
    Answer::json(status, &json!({ "error": "refused" }))
}

/// A server that stores whatever comes.
async fn storing() -> Server {
    Server::by(|request| stored(&contents(request))).await
}

/// A server that keeps what it stores, and refuses every request that holds one of these facts.
struct Picky {
    kept: Arc<Mutex<Vec<String>>>,
    server: Server,
}

impl Picky {
    async fn start(status: u16, bad: impl IntoIterator<Item = String>) -> Self {
        let bad: BTreeSet<_> = bad.into_iter().collect();
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keeping = Arc::clone(&kept);
        let server = Server::by(move |request| {
            let contents = contents(request);
            if contents.iter().any(|content| bad.contains(content)) {
                return refusal(status);
            }
            keeping.lock().unwrap().extend(contents.iter().cloned());
            stored(&contents)
        })
        .await;
        Self { kept, server }
    }

    /// What it stored, sorted; what it stored twice is there twice.
    fn kept(&self) -> Vec<String> {
        let mut kept = self.kept.lock().unwrap().clone();
        kept.sort();
        kept
    }
}

fn sorted(mut facts: Vec<String>) -> Vec<String> {
    facts.sort();
    facts
}

/// Asserts that a report agrees with itself and with the facts that were ingested.
fn assert_consistent(report: &IngestReport<Contents<'_>>, facts: &[String]) {
    let mut counted = BTreeMap::<&str, usize>::new();
    let mut failed = Vec::new();
    for (index, outcome) in report.outcomes.iter().enumerate() {
        let name = match outcome {
            IngestOutcome::Stored { id } => {
                assert_eq!(**id, format!("id of {}", facts[index]));
                "stored"
            }
            IngestOutcome::Merged { .. } => "merged",
            IngestOutcome::Accepted { .. } => "accepted",
            _ => {
                failed.push((index, facts[index].clone()));
                "failed"
            }
        };
        *counted.entry(name).or_default() += 1;
    }
    let failures: Vec<_> = report.failures.iter().map(|failure| (failure.index, failure.content.clone())).collect();
    assert_eq!(failures, failed);
    let count = |name| counted.get(name).copied().unwrap_or(0);
    let totals = report.totals;
    assert_eq!(
        (totals.stored, totals.merged, totals.accepted, totals.failed, totals.in_flight),
        (count("stored"), count("merged"), count("accepted"), count("failed"), 0)
    );
    assert_eq!(totals.done(), report.outcomes.len());
}

#[tokio::test]
async fn every_kind_of_source_is_taken() {
    let server = storing().await;
    let engram = server.client();
    let text = String::from("a\nb\nc");
    assert!(engram.ingest(["a", "b", "c"]).await.unwrap().is_complete());
    assert!(engram.ingest(text.lines()).await.unwrap().is_complete());
    assert!(engram.ingest(text.lines().map(str::to_owned).collect::<Vec<String>>()).await.unwrap().is_complete());
    assert!(engram.ingest_stream(stream::iter(text.lines())).await.unwrap().is_complete());
    assert!(engram.ingest_stream(stream::iter(["a", "b", "c"]).map(str::to_owned)).await.unwrap().is_complete());
    assert!(engram.ingest("abc".chars()).await.unwrap().is_complete());
    assert_eq!(batches(&server), vec![["a", "b", "c"]; 6]);
    assert!(server.requests().iter().all(|request| request.line() == "POST /v1/buckets/default/memories"));
}

#[tokio::test]
async fn an_ingest_of_nothing_sends_nothing() {
    let server = Server::start([]).await;
    let report = server.client().ingest(Vec::<String>::new()).await.unwrap();
    assert!(report.is_complete() && report.outcomes.is_empty());
    assert_eq!(report.totals, IngestProgress::default());
}

#[tokio::test]
async fn facts_go_in_their_order_in_batches_of_50_unless_batch_size_says_otherwise() {
    let facts = facts(0..120);
    let server = storing().await;
    let report = server.client().ingest(&facts).concurrency(1).await.unwrap();
    assert_consistent(&report, &facts);
    assert_eq!(batches(&server), facts.chunks(50).collect::<Vec<_>>());
    let server = storing().await;
    let report = server.client().ingest(&facts).concurrency(1).batch_size(7).await.unwrap();
    assert_consistent(&report, &facts);
    assert_eq!(batches(&server), facts.chunks(7).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_batch_is_full_at_1_mib() {
    let server = storing().await;
    let facts = vec!["x".repeat(400 * 1024); 7];
    let report = server.client().ingest(&facts).concurrency(1).await.unwrap();
    assert_eq!(report.totals.stored, 7);
    assert_eq!(batches(&server).iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
}

#[tokio::test]
async fn bucket_and_the_options_of_the_call_hold_for_every_request() {
    let server = storing().await;
    let ingest = server.client().ingest(facts(0..4)).bucket("user 1").batch_size(1);
    let ingest = ingest.header("x-gateway", "a").extra_query("shard", "7").extra("agent_id", "planner");
    assert!(ingest.await.unwrap().is_complete());
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert_eq!(request.line(), "POST /v1/buckets/user%201/memories?shard=7");
        assert_eq!(request.header("x-gateway"), ["a"]);
        assert_eq!(request.json()["agent_id"], "planner");
    }
}

#[tokio::test]
async fn with_dedup_each_fact_is_a_request_that_says_it() {
    let server = Server::by(|request| {
        Answer::json(200, &json!({ "id": format!("id of {}", contents(request)[0]), "status": "stored" }))
    })
    .await;
    let facts = facts(0..3);
    let report = server.client().ingest(&facts).dedup(Dedup::Off).concurrency(1).await.unwrap();
    assert_consistent(&report, &facts);
    assert_eq!(report.totals.stored, 3);
    let bodies: Vec<_> = server.requests().iter().map(Request::json).collect();
    assert_eq!(bodies, [0, 1, 2].map(|number| json!({ "content": format!("fact {number}"), "dedup": "off" })));
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_concurrency_says_and_no_fewer_while_there_are_facts() {
    for (concurrency, expected) in [(None, 8), (Some(1), 1), (Some(3), 3)] {
        let (gate, answered) = (Gate::new(), Arc::new(AtomicUsize::new(0)));
        let (closed, done) = (gate.clone(), Arc::clone(&answered));
        let most = Arc::new(AtomicUsize::new(0));
        let (mut came, peak) = (0, Arc::clone(&most));
        let server = Server::by(move |request| {
            came += 1;
            peak.fetch_max(came - done.load(SeqCst), SeqCst);
            Answer::silence().wait(&closed).then_answer(stored(&contents(request)))
        })
        .await;
        let ingest = server.client().ingest(facts(0..40)).batch_size(2);
        let ingest = tokio::spawn(match concurrency {
            Some(requests) => ingest.concurrency(requests).into_future(),
            None => ingest.into_future(),
        });
        for in_flight in (0..20_usize).map(|answered| (answered + expected).min(20)) {
            server.requested(in_flight).await;
            answered.fetch_add(1, SeqCst);
            gate.open();
        }
        assert_eq!(ingest.await.unwrap().unwrap().totals.stored, 40);
        assert_eq!(most.load(SeqCst), expected);
    }
}

#[tokio::test]
async fn contents_are_pulled_no_further_than_what_is_in_flight() {
    let facts = facts(0..300);
    let picky = Picky::start(422, [facts[5].clone(), facts[130].clone()]).await;
    let (pulled, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let counting = facts.iter().inspect(|_| {
        let ahead = pulled.fetch_add(1, SeqCst) + 1 - done.load(SeqCst);
        assert!(ahead <= 3 * 7, "{ahead} facts are pulled and have no outcome");
    });
    let ingest = picky.server.client().ingest(counting).batch_size(7).concurrency(3);
    let report = ingest.on_progress(|progress| done.store(progress.done(), SeqCst)).await.unwrap();
    assert_consistent(&report, &facts);
    assert_eq!((report.totals.stored, report.totals.failed), (298, 2));
    assert_eq!(pulled.load(SeqCst), 300);
}

#[tokio::test]
async fn what_a_slow_source_has_ready_is_sent_without_waiting_for_more() {
    let server = storing().await;
    let (sender, mut receiver) = mpsc::unbounded_channel::<String>();
    let source = stream::poll_fn(move |context| receiver.poll_recv(context));
    let ingest = tokio::spawn(server.client().ingest_stream(source).into_future());
    for (sent, numbers) in [0..2, 2..3, 3..6].into_iter().enumerate() {
        facts(numbers).into_iter().for_each(|fact| sender.send(fact).unwrap());
        server.requested(sent + 1).await;
    }
    drop(sender);
    assert_eq!(ingest.await.unwrap().unwrap().totals.stored, 6);
    assert_eq!(batches(&server), [facts(0..2), facts(2..3), facts(3..6)]);
}

#[tokio::test]
async fn one_bad_fact_never_sinks_its_batch() {
    let facts = facts(0..100);
    for status in [400, 409, 413, 422] {
        let picky = Picky::start(status, [facts[63].clone()]).await;
        let report = picky.server.client().ingest(&facts).await.unwrap();
        assert_consistent(&report, &facts);
        let [failure] = report.failures.as_slice() else { panic!("{status}: {:?}", report.failures) };
        assert_eq!(
            (failure.index, &failure.content, failure.error.status().map(u16::from)),
            (63, &facts[63], Some(status))
        );
        assert_eq!(report.totals.stored, 99);
        assert!(report.stopped.is_none() && !report.is_complete());
        let good = facts.iter().filter(|fact| **fact != facts[63]).cloned().collect();
        assert_eq!(picky.kept(), sorted(good));
        // Halving 50 facts down to one takes 6 steps of 2 requests at most.
        assert!(picky.server.requests().len() <= 2 + 6 * 2, "{} requests", picky.server.requests().len());
    }
}

/// How many facts, which of them the server refuses, the batch size, and the concurrency.
fn any_ingest() -> impl Strategy<Value = (usize, BTreeSet<usize>, usize, usize)> {
    (1..80_usize).prop_flat_map(|facts| {
        let bad = prop_oneof![9 => btree_set(0..facts, 0..6), 1 => Just((0..facts).collect())];
        (Just(facts), bad, 1..25_usize, 1..6_usize)
    })
}

#[test]
fn exactly_the_facts_that_the_server_refuses_fail_wherever_they_are() {
    let runtime = Runtime::new().unwrap();
    let property = |(count, bad, batch_size, concurrency): (usize, BTreeSet<usize>, usize, usize)| {
        let facts = facts(0..count);
        runtime.block_on(async {
            let picky = Picky::start(422, bad.iter().map(|index| facts[*index].clone())).await;
            let engram = picky.server.builder().build().unwrap();
            let report = engram.ingest(&facts).batch_size(batch_size).concurrency(concurrency).await.unwrap();
            assert_consistent(&report, &facts);
            assert!(report.failures.iter().map(|failure| failure.index).eq(bad.iter().copied()));
            assert_eq!(report.outcomes.len(), count);
            let good = (0..count).filter(|index| !bad.contains(index)).map(|index| facts[index].clone()).collect();
            assert_eq!(picky.kept(), sorted(good), "each good fact is stored, and once");
        });
        Ok(())
    };
    TestRunner::new(property_config(100)).run(&any_ingest(), property).unwrap();
}

#[tokio::test]
async fn a_merged_fact_says_into_what_and_why() {
    let results = json!([
        { "id": "m1", "status": "merged", "deduped_into": "m0", "merge_reason": "embedding_similarity" },
        { "id": "m2", "status": "merged" },
        { "id": "m3", "status": "a status of the future" },
        { "id": "m4" },
    ]);
    let server = Server::start([Answer::json(200, &json!({ "memories": results }))]).await;
    let report = server.client().ingest(facts(0..4)).await.unwrap();
    let [
        IngestOutcome::Merged { into, reason },
        IngestOutcome::Merged { into: other, reason: None },
        IngestOutcome::Stored { id: third },
        IngestOutcome::Stored { id: fourth },
    ] = report.outcomes.as_slice()
    else {
        panic!("{:?}", report.outcomes)
    };
    assert_eq!((&**into, reason), ("m0", &Some(MergeReason::EmbeddingSimilarity)));
    assert_eq!((&**other, &**third, &**fourth), ("m2", "m3", "m4"));
    assert_eq!((report.totals.stored, report.totals.merged), (2, 2));
    assert!(report.is_complete());
}

#[tokio::test]
async fn facts_whose_answer_cannot_be_read_are_accepted_and_neither_failed_nor_sent_again() {
    let one_too_few = json!({ "memories": [{ "id": "m1" }, { "id": "m2" }] });
    for answer in [Answer::json(200, &one_too_few), Answer::text(200, "application/json", "{")] {
        let server = Server::start([answer]).await;
        let report = server.client().ingest(facts(0..3)).await.unwrap();
        assert_eq!((report.totals.accepted, report.totals.done()), (3, 3));
        assert!(report.is_complete());
        for outcome in &report.outcomes {
            let IngestOutcome::Accepted { error } = outcome else { panic!("{outcome:?}") };
            assert!(matches!(**error, EngramError::Decode(_)), "{error:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn facts_whose_answer_began_and_did_not_come_in_time_are_accepted() {
    let server = Server::start([Answer::open("application/json").stall()]).await;
    let ingest = server.client().ingest(facts(0..3)).send();
    let report = on_paused_time(STEP, ingest).await.0.unwrap();
    assert_eq!((report.totals.accepted, report.totals.done()), (3, 3));
    let IngestOutcome::Accepted { error } = &report.outcomes[0] else { panic!("{report:?}") };
    assert!(error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn an_ingest_ends_where_every_request_would_fail() {
    for status in [301, 401, 402, 403, 404, 405, 410, 412, 451, 501, 505] {
        let server = Server::always(refusal(status)).await;
        let report = server.client().ingest(facts(0..2_000)).await.unwrap();
        assert_eq!(report.stopped.as_ref().unwrap().status().map(u16::from), Some(status));
        assert!(server.requests().len() <= 8, "{} requests", server.requests().len());
        assert_eq!(report.totals.failed, server.requests().len() * 50);
    }
}

#[tokio::test(start_paused = true)]
async fn ten_failures_in_a_row_that_say_nothing_about_a_fact_stop_the_ingest() {
    for status in [408, 429, 500, 502, 503, 504, 507, 520, 524, 529, 530] {
        let server = Server::always(refusal(status).header("retry-after", "0")).await;
        let ingest = server.client().ingest(facts(0..100)).batch_size(2).concurrency(1).max_retries_on_429(0);
        let report = on_paused_time(STEP, ingest).await.0.unwrap();
        assert_eq!(report.stopped.as_ref().unwrap().status().map(u16::from), Some(status));
        assert_eq!(server.requests().len(), 10);
        assert_eq!((report.totals.failed, report.outcomes.len()), (20, 20));
        assert_eq!(report.not_attempted.collect::<Vec<_>>(), facts(20..100));
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_stops_the_ingest() {
    let engram = EngramClient::builder().api_key("key").base_url("http://127.0.0.1:1").build().unwrap();
    let report = engram.ingest((0..).map(|number| format!("fact {number}"))).concurrency(1).await.unwrap();
    assert!(report.stopped.as_ref().unwrap().is_connect());
    assert_eq!(report.outcomes.len(), 10 * 50);
}

#[tokio::test]
async fn failures_between_successes_do_not_stop_the_ingest() {
    let mut came = 0;
    let server = Server::by(move |request| {
        came += 1;
        if came % 10 == 0 { stored(&contents(request)) } else { refusal(503) }
    })
    .await;
    let report = server.client().ingest(facts(0..100)).batch_size(1).concurrency(1).await.unwrap();
    assert!(report.stopped.is_none());
    assert_eq!((report.totals.stored, report.totals.failed), (10, 90));
}

#[tokio::test(start_paused = true)]
async fn a_request_is_sent_again_ten_times_on_429() {
    let busy = || refusal(429).header("retry-after", "0");
    let facts = facts(0..1);
    let server = Server::start([vec![busy(); 10], vec![stored(&facts)]].concat()).await;
    let ingest = server.client().ingest(&facts);
    assert!(on_paused_time(STEP, ingest).await.0.unwrap().is_complete());
    let server = Server::start(vec![busy(); 11]).await;
    let ingest = server.client().ingest(&facts);
    let report = on_paused_time(STEP, ingest).await.0.unwrap();
    assert!(report.failures[0].error.is_rate_limited());
}

/// A server that refuses the request with one bad fact and, from a request on, every request with this status until it is mended.
async fn breaking(status: u16, from: usize, bad: &str) -> (Server, Arc<Mutex<Vec<String>>>, Arc<AtomicUsize>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let breaks_at = Arc::new(AtomicUsize::new(from));
    let (keeping, breaking_at, bad) = (Arc::clone(&kept), Arc::clone(&breaks_at), bad.to_owned());
    let mut came = 0;
    let server = Server::by(move |request| {
        came += 1;
        let contents = contents(request);
        if came > breaking_at.load(SeqCst) {
            return refusal(status);
        }
        if contents.contains(&bad) {
            return refusal(422);
        }
        keeping.lock().unwrap().extend(contents.iter().cloned());
        stored(&contents)
    })
    .await;
    (server, kept, breaks_at)
}

#[tokio::test]
async fn what_failed_and_what_was_not_attempted_can_be_fed_back_and_all_is_stored_once() {
    let facts = facts(0..60);
    for status in [401, 412] {
        for (breaks_at, concurrency) in [(0, 1), (1, 4), (3, 2), (4, 1), (5, 3), (8, 2), (12, 5)] {
            let (server, kept, mending) = breaking(status, breaks_at, &facts[9]).await;
            let engram = server.client();
            let ingest = engram.ingest(facts.clone()).batch_size(4).concurrency(concurrency);
            let mut report = ingest.await.unwrap();
            assert_consistent(&report, &facts);
            assert_eq!(report.stopped.as_ref().unwrap().status().map(u16::from), Some(status));
            let attempted = report.outcomes.len();
            assert!(attempted < facts.len(), "it stopped early");
            mending.store(usize::MAX, SeqCst);

            let failed: Vec<_> = report.failures.drain(..).map(|failure| failure.content).collect();
            let again = engram.ingest(failed).await.unwrap();
            assert!(again.stopped.is_none());
            assert!(again.failures.iter().all(|failure| failure.content == facts[9]));
            let rest = Arc::new(Mutex::new(Vec::new()));
            let noting = report.not_attempted.inspect(|fact| rest.lock().unwrap().push(fact.clone()));
            let last = engram.ingest(noting).await.unwrap();
            assert!(last.stopped.is_none());
            assert_eq!(*rest.lock().unwrap(), facts[attempted..]);
            assert_eq!(
                again.failures.len() + last.failures.len(),
                usize::from(!kept.lock().unwrap().contains(&facts[9]))
            );
            let good = facts.iter().filter(|fact| **fact != facts[9]).cloned().collect();
            assert_eq!(sorted(kept.lock().unwrap().clone()), sorted(good), "{status} after {breaks_at} requests");
        }
    }
}

#[tokio::test]
async fn progress_adds_up_after_every_request_and_ends_with_the_totals() {
    let facts = facts(0..50);
    let picky = Picky::start(422, [facts[20].clone()]).await;
    let mut seen = Vec::new();
    let ingest = picky.server.client().ingest(&facts).batch_size(5).concurrency(3);
    // The report may outlive what `on_progress` borrows, and the other way round.
    let report = ingest.on_progress(|progress| seen.push(*progress)).await.unwrap();
    let totals = report.totals;
    assert_eq!(seen.len(), picky.server.requests().len(), "once for every request");
    assert!(seen.windows(2).all(|pair| pair[0].done() <= pair[1].done()));
    assert!(seen.iter().all(|progress| progress.done() + progress.in_flight <= 50 && progress.in_flight <= 15));
    assert!(seen.iter().any(|progress| progress.in_flight > 0));
    assert_eq!(*seen.last().unwrap(), totals);
    assert_eq!((totals.stored, totals.failed), (49, 1));
    assert_eq!(report.failures[0].index, 20);
}

#[tokio::test]
async fn a_dropped_ingest_sends_nothing_more() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = Server::by(move |request| Answer::silence().wait(&held).then_answer(stored(&contents(request)))).await;
    {
        let mut ingest = pin!(server.client().ingest(facts(0..1000)).concurrency(2).into_future());
        tokio::select! {
            _ = &mut ingest => panic!("no answer was sent"),
            () = server.requested(2) => {}
        }
    }
    for _ in 0..10 {
        gate.open();
    }
    server.closed(2).await;
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_before_anything_is_pulled_or_sent() {
    let server = Server::start([]).await;
    let engram = server.client();
    let untouched = || std::iter::from_fn(|| -> Option<String> { panic!("nothing is to be pulled") });
    for ingest in [
        engram.ingest(untouched()).batch_size(0),
        engram.ingest(untouched()).concurrency(0),
        engram.ingest(untouched()).bucket(".."),
        engram.ingest(untouched()).header("authorization", "x"),
        engram.ingest(untouched()).timeout(Duration::ZERO),
    ] {
        let error = ingest.await.unwrap_err();
        assert!(matches!(error, EngramError::InvalidRequest(_)), "{error:?}");
    }
}

#[tokio::test]
async fn an_ingest_can_be_spawned_with_borrowed_facts_awaited_or_sent() {
    fn spawnable(future: &(impl Send + ?Sized)) {
        let _ = future;
    }
    let server = storing().await;
    let engram = server.client();
    let text = String::from("a\nb");
    spawnable(&engram.ingest(text.lines()));
    spawnable(&engram.ingest(text.lines()).send());
    spawnable(&engram.ingest_stream(stream::iter(text.lines())).on_progress(|_| {}).into_future());
    let report = engram.ingest(text.lines()).send().await.unwrap();
    spawnable(&report);
    // So that a future can be spawned that borrows it.
    spawnable(&&report);
    assert_eq!(report.totals.stored, 2);
}

#[tokio::test]
async fn a_real_server_merges_what_it_has_and_refuses_what_is_empty() {
    let server = LocalServer::builder().in_memory().max_concurrent_requests(8).start().await.unwrap();
    let engram = server.client().unwrap();
    let stored = engram.store_memory("fact 7").await.unwrap();
    assert_eq!(stored.status, Some(StoreStatus::Stored));
    let mut facts = facts(0..500);
    facts[250].clear();
    let report = tokio::time::timeout(PATIENCE, engram.ingest(&facts).into_future()).await.unwrap().unwrap();
    assert!(report.failures.iter().map(|failure| failure.index).eq([250]));
    assert_eq!(report.failures[0].error.status().map(u16::from), Some(422));
    let IngestOutcome::Merged { into, reason } = &report.outcomes[7] else { panic!("{:?}", report.outcomes[7]) };
    assert_eq!((&**into, reason), (&*stored.id, &Some(MergeReason::ContentHash)));
    let listed = engram.list_memories().all().await.unwrap();
    let ids: BTreeSet<_> = listed.iter().map(|memory| memory.id.as_str()).collect();
    for outcome in &report.outcomes {
        if let IngestOutcome::Stored { id } = outcome {
            assert!(ids.contains(&**id), "{id} is reported as stored, and is not in the bucket");
        }
    }
    assert_eq!(listed.len(), 499);
}

/// However few requests may be in flight, those of the ingest don't stand in the way of the code that it calls.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_source_and_the_progress_may_wait_for_the_same_client() {
    for limit in [1, 2, 8] {
        let server = LocalServer::builder().in_memory().start().await.unwrap();
        let client = server.client().unwrap();
        client.store_memories(facts(0..300)).bucket("from").await.unwrap();
        let builder = EngramClient::builder().api_key("local").base_url(server.base_url());
        let engram = builder.max_concurrent_requests(limit).build().unwrap();

        let contents = engram.list_memories().bucket("from").limit(40).stream().map(|memory| memory.unwrap().content);
        let progress = engram.clone();
        let ingest = engram.ingest_stream(contents).bucket("to").batch_size(7).on_progress(move |_| {
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(progress.list_buckets().send()).unwrap();
            });
        });
        let report = ingest.await.unwrap();
        assert_eq!((report.totals.stored, report.failures.len()), (300, 0), "{limit}");
    }
}
