//! The client for code that is not async.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use crate::support::{Answer, Gate, KEY, Server, answer_for_all, block, delta, outcome};
use lumetra_engram::blocking::{self, Blocking, EngramClient};
use lumetra_engram::{
    EngramClient as AsyncClient, EngramClientBuilder, EngramError, MemoryStream, QueryStreamEvent, StatusCode,
    StoreStatus,
};
use lumetra_engram_local::LocalServer;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

fn fine() -> Answer {
    Answer::json(200, &answer_for_all())
}

/// Threads for a server, beside that of the test.
fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn builder(server: &Server) -> EngramClientBuilder {
    AsyncClient::builder().api_key(KEY).base_url(server.url())
}

fn client(server: &Server) -> EngramClient {
    builder(server).build_blocking().unwrap()
}

/// A server of Engram on threads of its own, and a client of it.
fn local() -> (Runtime, LocalServer, EngramClient) {
    let runtime = runtime();
    let server = runtime.block_on(LocalServer::builder().in_memory().start()).unwrap();
    let builder = AsyncClient::builder().api_key(server.api_key()).base_url(server.base_url());
    (runtime, server, builder.build_blocking().unwrap())
}

#[test]
fn every_operation_does_what_it_says() {
    let (_runtime, _server, engram) = local();
    assert_eq!(engram.create_bucket("b1").description("for a test").send().unwrap().name, "b1");
    let stored = engram.store_memory("The user drinks tea.").bucket("b1").send().unwrap();
    assert_eq!(stored.status, Some(StoreStatus::Stored));
    let engram = engram.with_bucket("b1");
    assert_eq!(engram.store_memories(["Lisbon is a city.", "Rust is a language."]).send().unwrap().len(), 2);
    assert_eq!(engram.list_memories().limit(2).send().unwrap().memories.len(), 2);
    assert!(engram.query("Does the user drink tea?").send().unwrap().answer.contains("tea"));
    let streamed = engram.query_stream("Does the user drink tea?").send().unwrap().finish().unwrap();
    assert!(streamed.answer.contains("tea"), "{streamed:?}");
    let buckets = engram.list_buckets().send().unwrap();
    assert!(buckets.iter().any(|bucket| bucket.name == "b1"), "{buckets:?}");
    assert_eq!(engram.get_profile().send().unwrap().profile, None);
    assert!(engram.regenerate_profile().send().unwrap_err().is_profiler_not_installed());
    engram.delete_memory(stored.id).send().unwrap();
    assert_eq!(engram.list_memories().all().unwrap().len(), 2);
    engram.clear_memories("b1").send().unwrap();
    assert_eq!(engram.list_memories().all().unwrap().len(), 0);
    engram.delete_bucket("b1").send().unwrap();
    assert!(engram.delete_bucket("b1").send().unwrap_err().is_not_found());
}

#[test]
fn every_request_is_that_of_the_async_client() {
    let runtime = runtime();
    let server = runtime.block_on(Server::always(fine()));
    let engram = client(&server);
    every_request!(engram, |request| request.header("x-new", "value").send().map(drop).unwrap());
    let blocking = server.requests();
    for (operation, call) in every_request!(server.client(), |request| outcome(request.header("x-new", "value"))) {
        runtime.block_on(call).expect(operation);
    }
    let requests = server.requests();
    let (first, second) = requests.split_at(blocking.len());
    assert_eq!(first.len(), second.len());
    for (first, second) in first.iter().zip(second) {
        assert_eq!((first.line(), &first.headers, &first.body), (second.line(), &second.headers, &second.body));
    }
}

#[test]
fn a_stream_is_an_iterator_that_ends_with_the_whole_answer() {
    let runtime = runtime();
    let frames = [delta("ye"), delta("s"), json!({ "memories_found": 3 }).to_string()];
    let server = runtime.block_on(Server::always(Answer::sse(&frames)));
    let mut stream = client(&server).query_stream("q").send().unwrap();
    let delta = |content: &str| QueryStreamEvent::Delta { content: content.to_owned() };
    assert_eq!(stream.next().unwrap().unwrap(), delta("ye"));
    assert_eq!(stream.next().unwrap().unwrap(), delta("s"));
    let Some(Ok(QueryStreamEvent::Done(result))) = stream.next() else { panic!("no answer") };
    assert_eq!((result.answer.as_str(), result.memories_found), ("yes", Some(3)));
    assert!(stream.next().is_none() && stream.next().is_none());
    assert_eq!(client(&server).query_stream("q").send().unwrap().finish().unwrap(), *result);
    assert_eq!(client(&server).query_stream("q").send().unwrap().count(), 3);
}

#[test]
fn a_stream_that_breaks_ends_with_an_error() {
    let runtime = runtime();
    let answer = Answer::open("text/event-stream").piece(block(&delta("a"))).close();
    let server = runtime.block_on(Server::always(answer));
    let events: Vec<_> = client(&server).query_stream("q").send().unwrap().collect();
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0].is_ok() && matches!(events[1], Err(EngramError::Stream(_))), "{events:?}");
}

#[test]
fn an_event_is_there_before_the_next_one_is_sent() {
    let (runtime, gate) = (runtime(), Gate::new());
    let answer = Answer::open("text/event-stream").piece(block(&delta("a"))).wait(&gate);
    let answer = answer.piece(block(r#"{"answer":"a"}"#)).end();
    let server = runtime.block_on(Server::start([answer]));
    let mut stream = client(&server).query_stream("q").send().unwrap();
    assert!(matches!(stream.next(), Some(Ok(QueryStreamEvent::Delta { .. }))));
    gate.open();
    assert!(matches!(stream.next(), Some(Ok(QueryStreamEvent::Done(_)))));
}

#[test]
fn a_stream_that_is_dropped_early_closes_its_connection() {
    let runtime = runtime();
    let answer = Answer::open("text/event-stream").piece(block(&delta("a")));
    let server = runtime.block_on(Server::start([answer]));
    let engram = client(&server);
    let mut stream = engram.query_stream("q").send().unwrap();
    stream.next().unwrap().unwrap();
    drop(stream);
    runtime.block_on(server.closed(1));
}

#[test]
fn a_list_is_read_page_by_page_or_at_once() {
    let (_runtime, _server, engram) = local();
    let facts: Vec<_> = (0..25).map(|number| format!("Number {number} has the name n{number}x.")).collect();
    for fact in &facts {
        engram.store_memory(fact).dedup(lumetra_engram::Dedup::Off).send().unwrap();
    }
    let newest_first: Vec<_> = facts.iter().rev().cloned().collect();
    let read: Result<Vec<_>, _> = engram.list_memories().limit(10).stream().collect();
    assert_eq!(read.unwrap().into_iter().map(|memory| memory.content).collect::<Vec<_>>(), newest_first);
    let all = engram.list_memories().offset(5).all().unwrap();
    assert_eq!(all.into_iter().map(|memory| memory.content).collect::<Vec<_>>(), newest_first[5..]);
    assert_eq!(engram.list_memories().limit(3).stream().take(2).count(), 2);
}

#[test]
fn a_list_ends_after_the_first_error() {
    let runtime = runtime();
    let server = runtime.block_on(Server::start([fine(), Answer::empty(500)]));
    let memories: Vec<_> = client(&server).list_memories().limit(1).stream().collect();
    assert_eq!(memories.len(), 2, "{memories:?}");
    assert_eq!(memories[1].as_ref().unwrap_err().status().map(u16::from), Some(500));
}

#[test]
fn an_ingest_stores_from_any_iterator_and_tells_its_progress() {
    let (_runtime, _server, engram) = local();
    let facts: Vec<_> = (0..30).map(|number| format!("Number {number} has the name n{number}x.")).collect();
    let mut last = 0;
    let report = engram
        .ingest(facts.iter().map(String::as_str))
        .batch_size(7)
        .on_progress(|progress| last = progress.stored + progress.merged)
        .send()
        .unwrap();
    assert!(report.stopped.is_none() && report.failures.is_empty(), "{report:?}");
    assert_eq!((report.totals.stored + report.totals.merged, report.outcomes.len()), (30, 30));
    drop(report);
    assert_eq!(last, 30);
}

#[test]
fn a_response_has_what_came_with_the_answer() {
    let runtime = runtime();
    let busy = Answer::empty(429).header("retry-after", "0");
    let sse = Answer::sse([r#"{"answer":"yes"}"#]).header("x-request-id", "r-2");
    let server = runtime.block_on(Server::start([busy, fine().header("x-request-id", "r-1"), sse]));
    let engram = client(&server);
    let response = engram.query("q").with_response().send().unwrap();
    assert_eq!((response.status, response.attempts, response.request_id.as_deref()), (StatusCode::OK, 2, Some("r-1")));
    assert_eq!((response.value.answer.as_str(), response.json), ("yes", Some(answer_for_all())));
    let response = engram.query_stream("q").with_response().send().unwrap();
    assert_eq!((response.status, response.request_id.as_deref()), (StatusCode::OK, Some("r-2")));
    assert_eq!(response.value.finish().unwrap().answer, "yes");
}

#[cfg(feature = "schemars")]
#[test]
fn an_answer_can_be_of_the_applications_type() {
    #[derive(Debug, PartialEq, serde::Deserialize, schemars::JsonSchema)]
    struct Case {
        title: String,
    }
    let runtime = runtime();
    let answers = [r#"{"title":"A v B"}"#, "[]"].map(|text| Answer::json(200, &json!({ "answer": text })));
    let server = runtime.block_on(Server::start(answers));
    let engram = client(&server);
    let answer = engram.query("q").json::<Case>().send().unwrap();
    assert_eq!(answer.value, Case { title: "A v B".to_owned() });
    let error = engram.query("q").json::<Case>().send().unwrap_err();
    assert!(matches!(error, EngramError::Answer(_)), "{error:?}");
}

/// The client's clock is its own thread's and cannot be paused. A busy machine may take most of this to send a request.
const LONG_ENOUGH: Duration = Duration::from_secs(2);

#[test]
fn timeouts_and_waits_are_kept() {
    let runtime = runtime();
    let server = runtime.block_on(Server::start([Answer::silence(), Answer::silence()]));
    let engram = client(&server);
    assert!(engram.list_buckets().timeout(LONG_ENOUGH).send().unwrap_err().is_timeout());
    assert!(engram.query_stream("q").timeout(LONG_ENOUGH).send().unwrap_err().is_timeout());
    let busy = Answer::empty(429).header("retry-after", "0.05");
    let server = runtime.block_on(Server::start([busy, fine()]));
    client(&server).list_buckets().send().unwrap();
    let requests = server.requests();
    assert!(requests[1].at - requests[0].at >= Duration::from_millis(50));
}

#[test]
fn clones_can_be_used_by_several_threads_at_once() {
    let (_runtime, _server, engram) = local();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let engram = engram.clone();
            thread::spawn(move || {
                let store = |number| engram.store_memory(format!("Thread {thread} has the number n{number}x{thread}."));
                (0..10)
                    .map(|number| store(number).dedup(lumetra_engram::Dedup::Off).send().unwrap().id)
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let ids: HashSet<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert_eq!(ids.len(), 40);
    let shared = &engram;
    thread::scope(|scope| {
        let counts = [(); 4].map(|()| scope.spawn(|| shared.list_memories().all().unwrap().len()));
        assert_eq!(counts.map(|count| count.join().unwrap()), [40; 4]);
    });
}

#[test]
fn a_connection_that_the_server_gives_up_is_not_used_again() {
    let runtime = runtime();
    let server = runtime.block_on(Server::always(fine().header("connection", "close").close()));
    let engram = client(&server);
    for calls in 1..=20 {
        engram.store_memory("a fact").send().unwrap();
        assert_eq!(server.connections(), calls);
    }
    assert_eq!(server.requests().len(), 20);
}

#[test]
fn connections_are_kept_from_call_to_call() {
    let runtime = runtime();
    let server = runtime.block_on(Server::always(fine()));
    let engram = client(&server);
    for _ in 0..100 {
        engram.clone().list_buckets().send().unwrap();
    }
    // The thread of the connections may still be putting one back when the next call looks for it.
    assert!(server.connections() < 50, "{} connections for 100 calls", server.connections());
}

/// Everything that would wait.
fn every_wait(engram: &EngramClient) -> Vec<(&'static str, Result<(), EngramError>)> {
    let mut waits = every_request!(engram, |request| request.send().map(drop));
    waits.extend(every_request!(engram, |request| request.with_response().send().map(drop)));
    waits.push(("all", engram.list_memories().all().map(drop)));
    waits.push(("ingest", engram.ingest(["a fact"]).send().map(drop)));
    let mut memories = engram.list_memories().stream();
    waits.push(("stream of memories", memories.next().unwrap().map(drop)));
    assert!(memories.next().is_none(), "it ends after the first error");
    waits
}

fn assert_refused(engram: &EngramClient) {
    for (what, outcome) in every_wait(engram) {
        let error = outcome.expect_err(what);
        assert!(matches!(error, EngramError::InvalidRequest(_)), "{what}: {error:?}");
        let advice = ["lumetra_engram::EngramClient", "tokio::task::spawn_blocking", "Nothing was sent"];
        assert!(advice.iter().all(|words| error.to_string().contains(words)), "{what}: {error}");
    }
}

#[test]
fn inside_an_async_task_it_says_what_to_do_and_sends_nothing() {
    let runtime = runtime();
    // No answer is scripted: a request would fail the test.
    let server = runtime.block_on(Server::start([]));
    let engram = client(&server);
    runtime.block_on(async { assert_refused(&engram) });
    let clone = engram.clone();
    runtime.block_on(runtime.spawn(async move { assert_refused(&clone) })).unwrap();

    let single = Builder::new_current_thread().enable_all().build().unwrap();
    single.block_on(async { assert_refused(&engram) });
    let clone = engram.clone();
    single.block_on(async { tokio::spawn(async move { assert_refused(&clone) }).await.unwrap() });

    let clone = engram.clone();
    LocalSet::new().block_on(&single, async move {
        assert_refused(&clone);
        tokio::task::spawn_local(async move { assert_refused(&clone) }).await.unwrap();
    });
    assert_eq!(server.connections(), 0);
}

#[test]
fn being_refused_takes_nothing_from_the_task() {
    let runtime = runtime();
    let server = runtime.block_on(Server::start([]));
    let engram = client(&server);
    runtime.block_on(async {
        let before = remaining_budget();
        assert!(before > 0);
        engram.list_buckets().send().unwrap_err();
        assert_eq!(remaining_budget(), before);
    });
}

/// How often this task may go on before it must give way.
fn remaining_budget() -> usize {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut taken: Vec<_> = (0..1_000)
        .map_while(|_| match tokio::task::coop::poll_proceed(&mut context) {
            std::task::Poll::Ready(unit) => Some(unit),
            std::task::Poll::Pending => None,
        })
        .collect();
    let count = taken.len();
    while taken.pop().is_some() {}
    count
}

#[test]
fn a_stream_that_is_moved_into_a_task_ends_with_one_error() {
    let runtime = runtime();
    let answer = Answer::open("text/event-stream").piece(block(&delta("a")));
    let server = runtime.block_on(Server::always(answer));
    let engram = client(&server);
    let mut stream = engram.query_stream("q").send().unwrap();
    stream.next().unwrap().unwrap();
    let events: Vec<_> = runtime.block_on(async { stream.take(3).collect() });
    assert!(matches!(events.as_slice(), [Err(EngramError::InvalidRequest(_))]), "{events:?}");
    let stream = engram.query_stream("q").send().unwrap();
    let error = runtime.block_on(async { stream.finish() }).unwrap_err();
    assert!(matches!(error, EngramError::InvalidRequest(_)), "{error:?}");
}

#[test]
fn where_a_thread_may_wait_it_works() {
    let runtime = runtime();
    let server = runtime.block_on(Server::always(fine()));
    let engram = client(&server);
    let succeeds = |engram: EngramClient| {
        move || {
            for (what, outcome) in every_call(&engram) {
                outcome.expect(what);
            }
        }
    };
    succeeds(engram.clone())();
    thread::spawn(succeeds(engram.clone())).join().unwrap();
    runtime.block_on(runtime.spawn_blocking(succeeds(engram.clone()))).unwrap();
    runtime.block_on(async { tokio::task::block_in_place(succeeds(engram.clone())) });
    let _entered = runtime.enter();
    succeeds(engram)();
}

fn every_call(engram: &EngramClient) -> Vec<(&'static str, Result<(), EngramError>)> {
    every_request!(engram, |request| request.send().map(drop))
}

#[test]
fn it_can_be_called_from_the_progress_of_its_own_ingest() {
    let (_runtime, _server, engram) = local();
    let mut seen = 0;
    let ingest =
        engram.ingest(["The user drinks tea."]).on_progress(|_| seen = engram.list_memories().all().unwrap().len());
    drop(ingest.send().unwrap());
    assert_eq!(seen, 1);
}

#[test]
fn it_is_built_cloned_and_dropped_inside_a_task_without_a_panic() {
    let runtime = runtime();
    let answer = Answer::open("text/event-stream").piece(block(&delta("a")));
    let server = runtime.block_on(Server::always(answer));
    let opened = client(&server).query_stream("q").send().unwrap();
    let url = server.url();
    let work = async move {
        let engram = AsyncClient::builder().api_key(KEY).base_url(url).build_blocking().unwrap();
        let request = engram.query("q");
        let memories = engram.list_memories().stream();
        drop(engram.clone());
        drop(engram);
        tokio::task::yield_now().await;
        // Each of these holds the last part of its client.
        drop((request, memories));
        drop(opened);
    };
    runtime.block_on(runtime.spawn(work)).unwrap();
    runtime.block_on(server.closed(1));
}

#[test]
fn its_types_can_be_sent_and_shared() {
    fn thread_safe<T: Send + Sync + 'static>() {}
    fn sendable<T: Send + 'static>() {}
    thread_safe::<EngramClient>();
    thread_safe::<Blocking>();
    thread_safe::<EngramClientBuilder>();
    sendable::<blocking::QueryStream>();
    sendable::<MemoryStream<Blocking>>();
    fn request_is_sendable<T: Send + 'static>(_: T) {}
    let engram = AsyncClient::builder().api_key(KEY).base_url("http://127.0.0.1:1").build_blocking().unwrap();
    every_request!(engram, |request| request_is_sendable(request));
    assert!(!format!("{engram:?} {:?}", engram.query("q")).contains(KEY));
}

#[test]
fn an_ingest_may_read_what_it_stores_with_the_same_client_whatever_its_limit() {
    let runtime = runtime();
    for limit in [1, 2, 4, 8] {
        let server = runtime.block_on(LocalServer::builder().in_memory().start()).unwrap();
        let builder = AsyncClient::builder().api_key("local").base_url(server.base_url());
        let engram = builder.max_concurrent_requests(limit).build_blocking().unwrap();
        let facts: Vec<_> = (0..500).map(|number| format!("fact {number}")).collect();
        engram.store_memories(facts).bucket("from").send().unwrap();

        let from = engram.list_memories().bucket("from").stream().map(|memory| memory.unwrap().content);
        let report = engram.ingest(from).bucket("to").batch_size(10).send().unwrap();
        assert_eq!((report.totals.stored, report.failures.len()), (500, 0), "{limit}");
    }
}

#[test]
fn it_is_refused_in_a_task_that_has_no_bound_too() {
    let runtime = runtime();
    let server = runtime.block_on(Server::start([]));
    let engram = client(&server);
    let unbound = |engram: EngramClient| tokio::task::unconstrained(async move { assert_refused(&engram) });
    runtime.block_on(runtime.spawn(unbound(engram.clone()))).unwrap();
    let single = Builder::new_current_thread().enable_all().build().unwrap();
    single.block_on(unbound(engram.clone()));
    LocalSet::new().block_on(&single, unbound(engram));
    assert_eq!(server.connections(), 0);
}
