//! What the spans and events of `tracing` say, and what they never say.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Answer, KEY, Outcome, Server, answer_for_all, block, delta, on_paused_time, outcome};
use lumetra_engram::{Dedup, EngramClient};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Instrument, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

const TARGET: &str = "lumetra_engram";
/// A timeout, and how far the paused clock moves in a millisecond: what is sent meanwhile always arrives first.
const SILENCE: Duration = Duration::from_secs(50);
const STEP: Duration = Duration::from_millis(500);
/// In every text that goes in and comes back.
const MARKER: &str = "zq7";

#[derive(Clone, Debug, Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

/// A span that has ended, or an event.
#[derive(Clone, Debug)]
struct Entry {
    /// Of a span, its name; of an event, its message.
    name: String,
    level: Level,
    target: String,
    /// The name of the span that it is in.
    parent: Option<&'static str>,
    fields: BTreeMap<&'static str, String>,
}

impl Entry {
    fn new(metadata: &Metadata<'_>, name: String, parent: Option<&'static str>, fields: Fields) -> Self {
        let target = metadata.target().to_owned();
        Self { name, level: *metadata.level(), target, parent, fields: fields.0 }
    }

    fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }

    #[track_caller]
    fn assert(&self, expected: &[(&str, &str)]) {
        for (field, value) in expected {
            assert_eq!(self.get(field), Some(*value), "{field} of {self:?}");
        }
    }
}

/// Writes down all that is told under [`TARGET`] and in spans of the tests.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<Entry>>>);

impl Log {
    /// A log of what happens on this thread, up to this level.
    fn of_this_thread(level: LevelFilter) -> (Self, DefaultGuard) {
        crate::listen();
        let log = Self::default();
        let guard =
            tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone().with_filter(level)));
        (log, guard)
    }

    fn note(&self, entry: Entry) {
        let module = format!("{TARGET}::");
        if entry.target == TARGET || entry.target.starts_with(&module) || entry.target == "application" {
            self.0.lock().unwrap().push(entry);
        }
    }

    /// What was written since this was last asked.
    fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        values.record(context.span(id).unwrap().extensions_mut().get_mut::<Fields>().unwrap());
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = fields.0.remove("message").unwrap_or_default();
        let parent = context.event_span(event).map(|span| span.name());
        self.note(Entry::new(event.metadata(), message, parent, fields));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let fields = span.extensions_mut().remove::<Fields>().unwrap();
        let parent = span.parent().map(|parent| parent.name());
        self.note(Entry::new(span.metadata(), span.name().to_owned(), parent, fields));
    }
}

fn named<'a>(entries: &'a [Entry], name: &str) -> Vec<&'a Entry> {
    entries.iter().filter(|entry| entry.name == name).collect()
}

/// The span of the operation, and those of its attempts.
fn spans(entries: &[Entry]) -> (&Entry, Vec<&Entry>) {
    let operations = named(entries, "engram");
    let [operation] = operations.as_slice() else { panic!("one operation was called: {entries:#?}") };
    (operation, named(entries, "engram.attempt"))
}

fn fine() -> Answer {
    Answer::json(200, &answer_for_all())
}

fn busy() -> Answer {
    Answer::json(429, &json!({ "error": "Too many concurrent requests" })).header("retry-after", "0.002")
}

#[tokio::test]
async fn every_operation_is_a_span_with_an_attempt_in_it() {
    let server = Server::always(fine()).await;
    let engram = server.client();
    let (log, _guard) = Log::of_this_thread(LevelFilter::TRACE);
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    for (name, call) in every_request!(engram, |request| outcome(request)) {
        call.await.unwrap();
        let entries = log.take();
        let (operation, attempts) = spans(&entries);
        operation.assert(&[
            ("otel.name", name),
            ("engram.bucket_count", if name == "list_buckets" { "0" } else { "1" }),
            ("engram.attempts", "1"),
            ("http.response.status_code", "200"),
        ]);
        assert_eq!((operation.get("error.type"), operation.level), (None, Level::DEBUG), "{operation:?}");
        let [attempt] = attempts.as_slice() else { panic!("{attempts:?}") };
        let request = server.requests().pop().unwrap();
        attempt.assert(&[
            ("otel.kind", "client"),
            ("otel.name", &request.method),
            ("http.request.method", &request.method),
            ("http.request.resend_count", "0"),
            ("server.address", "127.0.0.1"),
            ("server.port", &port),
            ("http.response.status_code", "200"),
        ]);
        assert_eq!((attempt.parent, attempt.get("error.type")), (Some("engram"), None), "{attempt:?}");
        let [done] = named(&entries, "done")[..] else { panic!("{name}: {entries:?}") };
        assert_eq!((done.parent, done.level), (Some("engram"), Level::DEBUG), "{done:?}");
        assert!(done.get("engram.elapsed_ms").is_some(), "{done:?}");
        assert_eq!(entries.len(), 3, "two spans and an event: {entries:?}");
        assert!(entries.iter().all(|entry| entry.target == TARGET), "{entries:?}");
    }
}

#[tokio::test]
async fn a_query_says_how_many_buckets_it_searches() {
    let server = Server::always(fine()).await;
    let (log, _guard) = Log::of_this_thread(LevelFilter::TRACE);
    let engram = server.client();
    engram.query("q").buckets(["a", "b", "c"]).await.unwrap();
    spans(&log.take()).0.assert(&[("engram.bucket_count", "3")]);
    drop(engram.query_stream("q").buckets(["a", "b"]).await.unwrap());
    spans(&log.take()).0.assert(&[("engram.bucket_count", "2")]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_others_says_so_and_no_other_one_does() {
    let open = Answer::open("text/event-stream").piece(block(&delta("begun"))).stall();
    let server = Server::start([open, fine()]).await;
    let engram = server.builder().max_concurrent_requests(1).build().unwrap();
    let (log, _guard) = Log::of_this_thread(LevelFilter::TRACE);
    let waits = |entries: &[Entry]| named(entries, "waited for a permit").into_iter().cloned().collect::<Vec<_>>();

    let stream = on_paused_time(STEP, engram.query_stream("q").send()).await.0.unwrap();
    assert!(waits(&log.take()).is_empty());
    let free = async {
        tokio::time::sleep(SILENCE / 10).await;
        drop(stream);
    };
    let both = async { futures_util::future::join(engram.list_buckets().send(), free).await.0 };
    on_paused_time(STEP, both).await.0.unwrap();
    let [wait] = &waits(&log.take())[..] else { panic!("one wait") };
    wait.assert(&[("engram.limit", "1"), ("engram.in_flight", "1")]);
    assert_eq!((wait.parent, wait.level), (Some("engram"), Level::DEBUG), "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_a_warning_and_every_attempt_a_span() {
    let server = Server::always(busy()).await;
    let engram = server.builder().max_retries_on_429(2).build().unwrap();
    let (log, _guard) = Log::of_this_thread(LevelFilter::TRACE);
    for (name, call) in every_request!(engram, |request| outcome(request)) {
        on_paused_time(STEP / 5, call).await.0.unwrap_err();
        let entries = log.take();
        let (operation, attempts) = spans(&entries);
        operation.assert(&[
            ("engram.attempts", "3"),
            ("http.response.status_code", "429"),
            ("error.type", "429"),
            ("otel.name", name),
        ]);
        let resends: Vec<_> =
            attempts.iter().map(|attempt| attempt.get("http.request.resend_count").unwrap()).collect();
        assert_eq!(resends, ["0", "1", "2"], "{name}");
        attempts.iter().for_each(|attempt| attempt.assert(&[("http.response.status_code", "429")]));
        let warnings: Vec<_> = entries.iter().filter(|entry| entry.level == Level::WARN).collect();
        assert_eq!(warnings.len(), 2, "{name}: {warnings:?}");
        for warning in warnings {
            warning.assert(&[("http.response.status_code", "429"), ("engram.wait_ms", "2")]);
            assert_eq!(warning.parent, Some("engram"));
            assert!(warning.name.contains("too many requests"), "{warning:?}");
        }
        assert_eq!(named(&entries, "failed").len(), 1, "{name}: {entries:?}");
    }
}

#[tokio::test]
async fn a_wait_after_a_transient_failure_is_a_warning_too() {
    let (log, _guard) = Log::of_this_thread(LevelFilter::TRACE);
    let builder = EngramClient::builder().api_key(KEY).base_url("http://127.0.0.1:1");
    let builder = builder.max_retries_on_transient_errors(1).max_retry_delay(Duration::from_millis(1));
    builder.build().unwrap().list_buckets().await.unwrap_err();
    let entries = log.take();
    let (operation, attempts) = spans(&entries);
    operation.assert(&[("engram.attempts", "2"), ("error.type", "transport")]);
    assert_eq!(operation.get("http.response.status_code"), None);
    attempts.iter().for_each(|attempt| attempt.assert(&[("error.type", "connect"), ("server.port", "1")]));
    let warnings: Vec<_> = entries.iter().filter(|entry| entry.level == Level::WARN).collect();
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert!(
        warning.name.contains("transient failure") && warning.get("http.response.status_code").is_none(),
        "{warning:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_went_wrong_is_named_in_a_word() {
    let large = Answer::json(200, &json!({ "answer": "x".repeat(2_000) }));
    // The answer; the word for the operation; the word or the status of the attempt.
    let cases = [
        (Answer::empty(404), "404", "404"),
        (Answer::empty(500), "500", "500"),
        (Answer::text(200, "text/html", "<html>"), "decode", "200"),
        (large, "decode", "decode"),
        (Answer::silence(), "timeout", "timeout"),
        (Answer::silence().close(), "transport", "transport"),
        (Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{").close(), "decode", "transport"),
    ];
    for (answer, of_operation, of_attempt) in cases {
        let server = Server::always(answer).await;
        let engram = server.builder().max_response_bytes(1_000).build().unwrap();
        let (log, _guard) = Log::of_this_thread(LevelFilter::TRACE);
        on_paused_time(STEP, engram.create_bucket("b").timeout(SILENCE).send()).await.0.unwrap_err();
        let entries = log.take();
        let (operation, attempts) = spans(&entries);
        operation.assert(&[("error.type", of_operation)]);
        let [attempt] = attempts.as_slice() else { panic!("{attempts:?}") };
        let told = attempt.get("error.type").or_else(|| attempt.get("http.response.status_code"));
        assert_eq!(told, Some(of_attempt), "{attempt:?}");
    }
}

/// A span's fields stand before every event in it, so an event that repeats them says them twice.
#[tokio::test]
async fn the_line_of_a_failure_is_short_and_says_why() {
    let (log, _guard) = Log::of_this_thread(LevelFilter::TRACE);
    let engram = EngramClient::builder().api_key(KEY).base_url("http://127.0.0.1:1").build().unwrap();
    engram.list_buckets().await.unwrap_err();
    let entries = log.take();
    let [failed] = named(&entries, "failed")[..] else { panic!("{entries:?}") };
    assert!(failed.get("engram.reason").is_some_and(|reason| reason.contains("refused")), "{failed:?}");
    let repeated: Vec<_> = spans(&entries).0.fields.keys().filter(|field| failed.get(field).is_some()).collect();
    assert!(repeated.is_empty(), "{repeated:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_does_not_open_in_time_has_no_status() {
    let server = Server::start([Answer::silence()]).await;
    let engram = server.client();
    let (log, _guard) = Log::of_this_thread(LevelFilter::TRACE);
    on_paused_time(STEP, engram.query_stream("q").timeout(SILENCE).send()).await.0.unwrap_err();
    let entries = log.take();
    let (operation, attempts) = spans(&entries);
    for span in [operation, attempts[0]] {
        span.assert(&[("error.type", "timeout")]);
        assert_eq!(span.get("http.response.status_code"), None, "{span:?}");
    }
}

#[tokio::test]
async fn a_call_that_is_refused_before_it_is_sent_is_a_span_without_an_attempt() {
    let server = Server::start([]).await;
    let engram = server.client();
    let (log, _guard) = Log::of_this_thread(LevelFilter::TRACE);
    let refused: [Outcome; 3] = [
        outcome(engram.store_memory("x").bucket("..")),
        outcome(engram.query("q").header("authorization", "Bearer other")),
        outcome(engram.list_memories().timeout(Duration::ZERO).with_response()),
    ];
    for call in refused {
        call.await.unwrap_err();
        let entries = log.take();
        let (operation, attempts) = spans(&entries);
        operation.assert(&[("error.type", "invalid_request")]);
        assert_eq!(operation.get("engram.attempts"), None, "{operation:?}");
        assert_eq!(named(&entries, "failed").len(), 1, "{entries:?}");
        assert!(attempts.is_empty(), "{attempts:?}");
    }
}

#[tokio::test]
async fn spans_that_are_switched_off_leave_those_of_the_application_alone() {
    let server = Server::start([busy(), Answer::empty(404)]).await;
    let engram = server.client();
    let (log, _guard) = Log::of_this_thread(LevelFilter::INFO);
    // The fields that a server's span has by the same conventions.
    let span = tracing::info_span!(
        target: "application",
        "request",
        http.response.status_code = tracing::field::Empty,
        "error.type" = tracing::field::Empty,
        engram.attempts = tracing::field::Empty,
    );
    engram.list_buckets().into_future().instrument(span).await.unwrap_err();
    let entries = log.take();
    let [warning, request] = entries.as_slice() else { panic!("{entries:#?}") };
    assert_eq!((warning.level, warning.parent), (Level::WARN, Some("request")));
    assert_eq!((request.name.as_str(), request.fields.len()), ("request", 0), "{request:?}");
}

/// Calls that carry the marker wherever they can carry a text.
fn marked_calls(engram: &EngramClient) -> Vec<Outcome> {
    let text = |what: &str| format!("{what} {MARKER}");
    let engram = engram.with_bucket(text("default bucket"));
    macro_rules! marked {
        ($($request:expr),* $(,)?) => {
            vec![$(outcome($request.header("x-new", text("value")).extra_query(text("name"), text("value")))),*]
        };
    }
    let mut calls = marked![
        engram.store_memory(text("content")).dedup(Dedup::Off).extra(text("field"), text("value")),
        engram.store_memories([text("content")]).bucket(text("bucket")),
        engram.list_memories().bucket(text("bucket")),
        engram.delete_memory(text("memory")),
        engram.clear_memories(text("bucket")),
        engram.query(text("question")).response_schema(json!({ "title": text("schema") })),
        engram.query(text("question")).top_k_per_bucket([(text("bucket"), 1)]).extra_option(text("o"), text("v")),
        engram.list_buckets(),
        engram.create_bucket(text("bucket")).description(text("description")),
        engram.delete_bucket(text("bucket")),
        engram.get_profile(),
        engram.regenerate_profile().bucket(text("bucket")),
    ];
    let stream = engram.query_stream(text("question")).header("x-new", text("value"));
    calls.push(Box::pin(async move { stream.await?.finish().await.map(drop) }));
    calls.push(outcome(engram.query(text("question")).with_response()));
    calls.push(outcome(engram.query(text("question")).header(text("no name"), text("value"))));
    calls.push(outcome(engram.query(text("question")).header("x-new", text("value\n"))));
    calls.push(outcome(engram.query(text("question")).header("authorization", text("value"))));
    let all = engram.list_memories();
    calls.push(Box::pin(async move { all.all().await.map(drop) }));
    let facts = engram.ingest([text("content"), text("other content")]);
    calls.push(Box::pin(async move { facts.await.map(drop) }));
    calls
}

#[tokio::test(start_paused = true)]
async fn no_text_that_goes_in_or_comes_back_is_ever_logged() {
    let words = json!({
        "id": MARKER, "name": MARKER, "answer": MARKER, "buckets": [{ "name": MARKER }], "error": MARKER, "code": MARKER,
        "memories": [{ "id": MARKER, "content": MARKER }], "status": MARKER, "profile": { MARKER: MARKER }
    });
    let marked = |answer: Answer| answer.header("x-request-id", MARKER).header("x-other", MARKER);
    let answers = [
        Answer::json(200, &words),
        Answer::json(200, &json!({ "id": { MARKER: MARKER }, "memories": MARKER, "answer": [MARKER] })),
        Answer::json(200, &json!([MARKER])),
        Answer::sse([delta(MARKER), words.to_string()]),
        Answer::sse([json!({ "error": { "message": MARKER, "code": MARKER } }).to_string()]),
        Answer::open("text/event-stream").piece(block(MARKER)).end(),
        Answer::text(200, MARKER, MARKER),
        Answer::json(401, &json!({ "error": format!("{MARKER} {KEY}"), "code": MARKER })),
        Answer::json(429, &words).header("retry-after", "0"),
        Answer::json(503, &words).header("retry-after", "0"),
        Answer::text(500, "text/html", MARKER),
        Answer::empty(302).header("location", &format!("/{MARKER}?{KEY}")),
        Answer::raw(format!("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{MARKER}")).close(),
        Answer::raw(format!("{MARKER}\r\n\r\n")).close(),
    ];
    let (log, _guard) = Log::of_this_thread(LevelFilter::TRACE);
    let mut told = 0;
    for answer in answers {
        let server = Server::observe(None, vec![marked(answer)]).await;
        let builder = server.builder().default_header("x-default", format!("header {MARKER}"));
        let engram = builder.max_retries_on_429(1).max_retries_on_transient_errors(1).build().unwrap();
        for call in marked_calls(&engram) {
            let _ = on_paused_time(STEP / 5, call).await.0;
        }
        let entries = log.take();
        told += entries.len();
        let mut text = String::new();
        entries.iter().for_each(|entry| writeln!(text, "{entry:?}").unwrap());
        let lower = text.to_lowercase();
        assert!(!lower.contains(MARKER) && !lower.contains(KEY), "{text}");
    }
    assert!(told > 14 * 19 * 2, "{told} entries are too few for every call to have been logged");
}
