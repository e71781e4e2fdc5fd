//! Every fault that a server can play has the outcome that is right, and none makes anything show the key.

use std::time::Duration;

use crate::support::{Answer, Server, answer_for_all, every_operation, everything_printed};
use crate::{LOG, listen};
use futures_util::stream;
use lumetra_engram::{EngramClient, EngramError, QueryResult, QueryStreamEvent, TopKPerBucket};
use lumetra_engram_faults::{Case, KEY, Observation, all, complaints, lasting, play, render};
use serde_json::json;
use tokio::sync::OnceCell;

const FEWEST: usize = 80;

static SEEN: OnceCell<Vec<(Case, Observation)>> = OnceCell::const_new();

/// Plays every case, once for all tests here, with everything logged.
async fn played() -> &'static [(Case, Observation)] {
    listen();
    SEEN.get_or_init(|| play(all())).await
}

#[tokio::test]
async fn every_fault_has_the_outcome_that_is_right() {
    let seen = played().await;
    assert!(seen.len() >= FEWEST, "{} cases", seen.len());
    let wrong: Vec<_> = seen
        .iter()
        .filter_map(|(case, seen)| {
            let complaints = complaints(case, seen).join("; ");
            (!complaints.is_empty()).then(|| format!("{}, {}: {complaints}", case.group, case.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn the_table_has_the_cases_that_are_played() {
    let rendered = render(played().await.iter().map(|(case, seen)| (case, seen)));
    let written = include_str!("../../dev/faults/TABLE.md");
    assert!(lasting(written).eq(lasting(&rendered)), "the table is stale; run `cargo xtask faults`");
}

/// What everything public prints of itself, by name. Whatever can hold a client or its settings holds one.
async fn every_debug_text() -> Vec<(&'static str, String)> {
    let server = Server::start([
        Answer::json(200, &answer_for_all()),
        Answer::json(401, &answer_for_all()),
        Answer::json(401, &answer_for_all()),
    ])
    .await;
    let builder = server.builder().default_header("x-gateway", KEY).user_agent("app");
    let engram = builder.clone().build().unwrap();
    let stream = engram.query_stream("q").await.unwrap();
    let error = engram.query("q").await.unwrap_err();
    let config = EngramClient::builder().api_key(format!("{KEY}\n{KEY}")).build().unwrap_err();
    let EngramError::Config(detail) = &config else { panic!("{config:?}") };
    let api = match &error {
        EngramError::Api(api) => format!("{api:?} {api}"),
        other => panic!("{other:?}"),
    };
    let report = engram.ingest(["x"]).await.unwrap();
    assert!(!report.failures.is_empty());
    let event = QueryStreamEvent::Delta { content: String::new() };
    let texts = vec![
        ("EngramClientBuilder", format!("{builder:?} {builder:#?}")),
        ("EngramClient", format!("{engram:?} {engram:#?} {:?} {:#?}", engram.with_bucket("b"), engram.api())),
        ("QueryStream", format!("{stream:?} {stream:#?}")),
        ("QueryStreamEvent", format!("{event:?}")),
        ("EngramError", everything_printed(&error) + &everything_printed(&config)),
        ("ApiError", api),
        ("ErrorDetail", format!("{detail:?} {detail}")),
        ("ErrorBody", format!("{:?} {}", error.body(), error.body().unwrap())),
        ("StoreMemory", format!("{:?}", engram.store_memory("x"))),
        ("StoreMemories", format!("{:?}", engram.store_memories(["x"]))),
        ("ListMemories", format!("{:?}", engram.list_memories())),
        ("DeleteMemory", format!("{:?}", engram.delete_memory("m"))),
        ("ClearMemories", format!("{:?}", engram.clear_memories("b"))),
        ("Citation", format!("{:?}", QueryResult::default().citations())),
        ("TotalUsage", format!("{:?}", QueryResult::default().total_usage())),
        ("Query", format!("{:?} {:?}", engram.query("q"), engram.query_stream("q"))),
        (
            "WithResponse",
            format!("{:?}", engram.query("q").header("x-gateway", KEY).extra_query("k", KEY).with_response()),
        ),
        ("Response", {
            let echo = Answer::json(200, &json!([])).header("x-echo", &format!("Bearer {KEY}"));
            let server = Server::start([echo]).await;
            format!("{:?}", server.client().list_buckets().with_response().await.unwrap())
        }),
        ("Async", "a marker".to_owned()),
        ("MemoryStream", format!("{:?}", engram.list_memories().stream())),
        ("Ingest", format!("{:?}", engram.ingest(["x"]).header("x-gateway", KEY))),
        ("Contents", format!("{:?}", report.not_attempted)),
        (
            "ContentStream",
            format!("{:?}", engram.ingest_stream(stream::empty::<String>()).await.unwrap().not_attempted),
        ),
        ("IngestReport", format!("{report:?}")),
        ("IngestFailure", format!("{:?}", report.failures)),
        ("IngestOutcome", format!("{:?}", report.outcomes)),
        ("IngestProgress", format!("{:?}", report.totals)),
        ("TopKPerBucket", format!("{:?}", TopKPerBucket::from(1))),
        ("ListBuckets", format!("{:?}", engram.list_buckets())),
        ("CreateBucket", format!("{:?}", engram.create_bucket("b"))),
        ("DeleteBucket", format!("{:?}", engram.delete_bucket("b"))),
        ("GetProfile", format!("{:?}", engram.get_profile())),
        ("RegenerateProfile", format!("{:?}", engram.regenerate_profile())),
        ("Request", format!("{:#?}", engram.query("q").header("x-gateway", KEY).extra_query("k", KEY))),
        ("Effect", format!("{:?}", error.effect())),
        ("StatusCode", "of the crate http".to_owned()),
        ("HeaderMap", "of the crate http".to_owned()),
        ("Operation", "a trait".to_owned()),
        ("InBucket", "a trait".to_owned()),
        ("Extensible", "a trait".to_owned()),
        ("Source", "a trait".to_owned()),
    ];
    #[cfg(feature = "schemars")]
    let texts = [texts, every_debug_text_of_typed_answers().await].concat();
    texts
}

#[cfg(feature = "schemars")]
async fn every_debug_text_of_typed_answers() -> Vec<(&'static str, String)> {
    let echo = Answer::json(200, &serde_json::json!({ "answer": "", "answer_json": { KEY: KEY } }));
    let server = Server::start([Answer::json(200, &serde_json::json!({ "answer": "1" })), echo]).await;
    let engram = server.client();
    let query = engram.query("q").json::<u8>();
    let query_text = format!("{query:?}");
    let answer = query.await.unwrap();
    let error = engram.query("q").json::<std::collections::BTreeMap<String, u8>>().await.unwrap_err();
    let EngramError::Answer(detail) = &error else { panic!("{error:?}") };
    vec![
        ("TypedAnswer", format!("{query_text} {answer:?}")),
        ("AnswerError", format!("{detail:?} {detail:#?} {detail} {}", detail.path) + &everything_printed(&error)),
    ]
}

/// The names that lib.rs exports by hand; what `generated` has is made of answers and requests, and never holds a client.
fn exported_types() -> Vec<&'static str> {
    let source = include_str!("../../src/lib.rs");
    let exports = source.match_indices("pub use ").filter_map(|(start, keyword)| {
        let is_built = cfg!(feature = "schemars") || !source[..start].ends_with("#[cfg(feature = \"schemars\")]\n");
        source[start + keyword.len()..].split(';').next().filter(|_| is_built)
    });
    let own = exports.filter(|export| !export.starts_with("generated"));
    let names = own.flat_map(|export| export.split(|character: char| !character.is_alphanumeric()));
    let names = names.filter(|name| name.chars().any(char::is_lowercase) && name.starts_with(char::is_uppercase));
    names.chain(operations()).collect()
}

/// The operations, which lib.rs exports all together.
fn operations() -> impl Iterator<Item = &'static str> {
    let sources = [
        include_str!("../../src/operations/buckets.rs"),
        include_str!("../../src/operations/memories.rs"),
        include_str!("../../src/operations/profile.rs"),
        include_str!("../../src/operations/query.rs"),
        include_str!("../../src/operations/common.rs"),
    ];
    let items = sources.into_iter().flat_map(str::lines).filter_map(|line| {
        ["pub struct ", "pub enum ", "pub trait "].iter().find_map(|keyword| line.strip_prefix(keyword))
    });
    items.filter_map(|item| item.split(|character: char| !character.is_alphanumeric()).next())
}

/// HTTP/2 is another crate's, which logs the frames that it sends. It sends the request before the server says a word.
#[cfg(feature = "http2")]
async fn call_over_http2() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let http = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let builder = EngramClient::builder().api_key(KEY).base_url(url).http_client(http);
    builder.timeout(Duration::from_millis(500)).build().unwrap().list_buckets().await.unwrap_err();
    let log = String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned();
    assert!(log.contains("h2::codec::framed_write: send frame=Headers"), "HTTP/2 logs what it sends");
}

#[tokio::test]
async fn the_key_is_nowhere() {
    let seen = played().await;
    let server = Server::always(Answer::json(200, &answer_for_all())).await;
    for (_, call) in every_operation(&server.client()) {
        call.await.unwrap();
    }
    #[cfg(feature = "http2")]
    call_over_http2().await;
    let debug_texts = every_debug_text().await;
    for name in exported_types() {
        assert!(debug_texts.iter().any(|(known, _)| *known == name), "{name} is exported and not looked at here");
    }
    // Without its last character too: a key must not be cut and shown.
    let most = &KEY[..KEY.len() - 1];
    for (name, text) in debug_texts {
        assert!(!text.is_empty() && !text.contains(most), "{name}: {text}");
    }
    let shown: Vec<_> = seen.iter().filter(|(_, seen)| format!("{:?}", seen.outcome).contains(most)).collect();
    assert!(shown.is_empty(), "{shown:#?}");
    let log = String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned();
    assert!(log.contains("TRACE") && log.contains("DEBUG"), "the crates below log at every level");
    let line = log.lines().find(|line| line.contains(most));
    assert_eq!(line, None, "a line of {} shows the key", log.lines().count());
}
