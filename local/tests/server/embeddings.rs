//! Search by meaning, with a scripted endpoint of embeddings.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::future::join_all;
use lumetra_engram::{Dedup, EngramClient, MergeReason, StoreStatus};
use lumetra_engram_local::{Embeddings, LocalServer, LocalServerBuilder};
use parking_lot::Mutex;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::endpoint::{Served, serve};
use crate::program;
use crate::wire::{LONG, advance, client, database, start_with, stop_the_clock};

/// What the endpoint does with its next requests; then it works.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Status(u16, &'static str),
    Body(&'static str),
    Hang,
}

/// Its model knows a few things, and which words are about them. Any other word is a thing of its own.
const THINGS: &[&[&str]] = &[
    &["tea", "beverage", "drink", "drinks"],
    &["dog", "puppy", "pet"],
    &["lisbon", "lives", "home", "town"],
    &["likes", "prefers", "favourite"],
];

/// So many texts a server sends first, to learn of the model.
const OF_A_PROBE: usize = 16;

#[derive(Default)]
struct Script {
    faults: Mutex<VecDeque<Fault>>,
    /// Fails all requests while it is there.
    down: Mutex<Option<Fault>>,
    /// Refuses texts with this in them.
    refused: Mutex<Option<&'static str>>,
    requests: Mutex<Vec<(HeaderMap, Value)>>,
    dimension: Mutex<usize>,
    embedded: watch::Sender<usize>,
}

pub(crate) struct Endpoint {
    url: String,
    script: Arc<Script>,
    _served: Served,
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let script = Arc::new(Script::default());
        *script.dimension.lock() = 64;
        let router = Router::new().route("/v1/embeddings", post(embed)).with_state(Arc::clone(&script));
        let served = serve(router).await;
        Self { url: format!("{}/v1", served.url), script, _served: served }
    }

    pub(crate) fn embeddings(&self) -> Embeddings {
        Embeddings::endpoint(&self.url, "things")
    }

    fn builder(&self) -> LocalServerBuilder {
        LocalServer::builder().embeddings(self.embeddings())
    }

    async fn server(&self) -> (LocalServer, EngramClient) {
        let server = start_with(self.builder()).await;
        let engram = server.client().unwrap();
        (server, engram)
    }

    fn fail(&self, fault: impl Into<Option<Fault>>) {
        *self.script.down.lock() = fault.into();
    }

    /// What the question finds where the clock stands still: once the endpoint has the question, six seconds go by.
    async fn recall_in_time(&self, engram: &EngramClient, question: &str) -> (Vec<(String, f64)>, Option<String>) {
        let mut found = std::pin::pin!(recall(engram, question));
        let mut seconds = 0;
        loop {
            tokio::select! {
                found = &mut found => return found,
                () = tokio::task::yield_now() => {}
            }
            if seconds < 6 && self.texts().iter().any(|text| text == question) {
                advance(Duration::from_secs(1)).await;
                seconds += 1;
            }
        }
    }

    /// The texts that it was sent, those aside by which a server learns of the model.
    fn texts(&self) -> Vec<String> {
        let requests = self.script.requests.lock();
        let texts = requests.iter().map(|(_, body)| body["input"].as_array().unwrap().clone());
        let texts = texts.filter(|texts| texts.len() != OF_A_PROBE).flatten();
        texts.map(|text| text.as_str().unwrap().to_owned()).collect()
    }
}

async fn embed(State(script): State<Arc<Script>>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    script.requests.lock().push((headers, body.clone()));
    let fault = script.faults.lock().pop_front().or(*script.down.lock());
    match fault {
        Some(Fault::Status(status, text)) => return (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Some(Fault::Body(text)) => return text.into_response(),
        Some(Fault::Hang) => std::future::pending::<()>().await,
        None => {}
    }
    let texts: Vec<&str> = body["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let refused = *script.refused.lock();
    if refused.is_some_and(|refused| texts.iter().any(|text| text.contains(refused))) {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": {"message": "the input is too long"}}))).into_response();
    }
    let dimension = *script.dimension.lock();
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| json!({"object": "embedding", "index": index, "embedding": vector(text, dimension)}))
        // Any order will do.
        .rev()
        .collect();
    script.embedded.send_modify(|count| *count += texts.len());
    Json(json!({"object": "list", "data": data, "model": "things"})).into_response()
}

fn vector(text: &str, dimension: usize) -> Vec<f32> {
    let mut numbers = vec![0.0; dimension];
    for word in
        text.to_lowercase().split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
    {
        let thing = THINGS.iter().position(|words| words.contains(&word));
        let place = thing.unwrap_or_else(|| {
            THINGS.len() + word.bytes().map(usize::from).sum::<usize>() % (dimension - THINGS.len())
        });
        numbers[place] += if thing.is_some() { 4.0 } else { 0.5 };
    }
    numbers
}

/// The contents that are found, with their raw scores, and the warning.
async fn recall(engram: &EngramClient, question: &str) -> (Vec<(String, f64)>, Option<String>) {
    let result = engram.query(question).skip_synthesis(true).await.unwrap();
    let explanation = result.explanation.unwrap();
    let warning = explanation.extra.get("warning").map(|warning| warning.as_str().unwrap().to_owned());
    let found = explanation.retrieved_memories.into_iter().map(|memory| (memory.content, memory.raw_score.unwrap()));
    (found.collect(), warning)
}

/// Waits until the question finds this.
async fn found(engram: &EngramClient, question: &str, content: &str) {
    let search = async {
        while recall(engram, question).await.0.first().is_none_or(|(first, _)| first != content) {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    };
    if timeout(LONG, search).await.is_err() {
        panic!("{question:?} does not find {content:?}, but {:?}", recall(engram, question).await);
    }
}

/// The same where the clock stands still: it is moved between the questions.
async fn found_in_time(engram: &EngramClient, question: &str, content: &str) {
    let begin = Instant::now();
    while recall(engram, question).await.0.first().is_none_or(|(first, _)| first != content) {
        assert!(begin.elapsed() < LONG, "{question:?} does not find {content:?}");
        advance(Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn a_memory_is_found_by_what_it_means() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = endpoint.server().await;
    engram.store_memories(["Ana prefers tea.", "Ben has a dog.", "Ana lives in Lisbon."]).await.unwrap();
    found(&engram, "which beverage", "Ana prefers tea.").await;
    found(&engram, "any pet?", "Ben has a dog.").await;
    let (memories, warning) = recall(&engram, "home town").await;
    assert_eq!((memories[0].0.as_str(), warning), ("Ana lives in Lisbon.", None));
    // The cosine.
    assert!(memories[0].1 > 0.9 && memories[0].1 <= 1.0 && memories[1].1 < 0.5, "{memories:?}");
    let answer = engram.query("which beverage").await.unwrap().answer;
    assert_eq!(answer, "From memory: Ana prefers tea.");
}

#[tokio::test]
async fn words_that_match_well_make_an_answer_where_the_model_sees_no_meaning_and_those_shared_by_chance_do_not() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = endpoint.server().await;
    let tag = "The tag of Ana's dog, her favourite pet, is Q77.";
    engram.store_memories([tag, "Ben lives in Lisbon.", "The kettle for tea is new."]).await.unwrap();
    found(&engram, "which beverage", "The kettle for tea is new.").await;
    let (memories, _) = recall(&engram, "Q77").await;
    assert!(memories[0].0 == tag && memories[0].1 < 0.1, "{memories:?}");
    assert_eq!(engram.query("Q77").await.unwrap().answer, format!("From memory: {tag}"));
    let by_chance = engram.query("Did the copper kettle rust in the cellar while nobody watched?").await.unwrap();
    assert!(!by_chance.explanation.unwrap().retrieved_memories.is_empty());
    assert_eq!(by_chance.answer, "No relevant memories found.");
}

#[tokio::test]
async fn a_memory_that_is_not_embedded_yet_is_found_by_its_words() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = endpoint.server().await;
    engram.store_memory("Ana prefers tea.").await.unwrap();
    found(&engram, "which beverage", "Ana prefers tea.").await;
    *endpoint.script.refused.lock() = Some("Ben");
    engram.store_memory("Ben has a bicycle.").await.unwrap();
    found(&engram, "bicycle", "Ben has a bicycle.").await;
}

#[tokio::test]
async fn requests_hold_texts_alone_with_what_stands_before_them() {
    let endpoint = Endpoint::start().await;
    let embeddings = endpoint.embeddings().api_key("secret-key").query_prefix("query: ").passage_prefix("passage: ");
    let server = start_with(LocalServer::builder().embeddings(embeddings)).await;
    let engram = server.client().unwrap();
    engram.store_memory("Ana prefers tea.").await.unwrap();
    found(&engram, "which beverage", "Ana prefers tea.").await;
    let texts = endpoint.texts();
    assert!(
        texts.contains(&"passage: Ana prefers tea.".to_owned()) && texts.contains(&"query: which beverage".to_owned())
    );
    for (headers, body) in endpoint.script.requests.lock().iter() {
        assert_eq!(headers["authorization"], "Bearer secret-key");
        let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["input", "model"]);
        assert_eq!(body["model"], "things");
    }
}

#[tokio::test]
async fn memories_of_an_earlier_time_are_embedded_and_none_is_embedded_twice() {
    let endpoint = Endpoint::start().await;
    let (_directory, path) = database();
    let open = async |with: bool| {
        let builder = LocalServer::builder().database(&path);
        start_with(if with { builder.embeddings(endpoint.embeddings()) } else { builder }).await
    };
    let server = open(false).await;
    let facts: Vec<String> = (0..100).map(|number| format!("fact number {number}")).collect();
    let engram = server.client().unwrap();
    engram.store_memories(facts.clone()).await.unwrap();
    engram.store_memory("Ana prefers tea.").await.unwrap();
    server.shutdown().await;
    for _ in 0..2 {
        let server = open(true).await;
        found(&server.client().unwrap(), "which beverage", "Ana prefers tea.").await;
        server.shutdown().await;
    }
    let texts = endpoint.texts();
    let times = |fact: &String| texts.iter().filter(|text| *text == fact).count();
    assert!(facts.iter().all(|fact| times(fact) == 1), "{texts:?}");
}

#[tokio::test]
async fn another_model_embeds_all_memories_anew_and_words_find_them_meanwhile() {
    let endpoint = Endpoint::start().await;
    let (_directory, path) = database();
    let open = async |model: &str, prefix: &str| {
        let embeddings = Embeddings::endpoint(&endpoint.url, model).passage_prefix(prefix);
        start_with(LocalServer::builder().database(&path).embeddings(embeddings)).await
    };
    for (model, prefix, dimension) in [("one", "", 64), ("two", "", 64), ("two", "text: ", 64), ("two", "text: ", 80)] {
        *endpoint.script.dimension.lock() = dimension;
        let before = endpoint.texts().len();
        let server = open(model, prefix).await;
        let engram = server.client().unwrap();
        engram.store_memory("Ana prefers tea.").await.unwrap();
        assert_eq!(recall(&engram, "tea").await.0[0].0, "Ana prefers tea.");
        found(&engram, "which beverage", "Ana prefers tea.").await;
        server.shutdown().await;
        let again = endpoint.texts()[before..].iter().filter(|text| text.contains("Ana")).count();
        assert_eq!(again, 1, "{model} {prefix:?} {dimension}");
        let connection = Connection::open(&path).unwrap();
        let vectors: (i64, i64) = connection
            .query_row("SELECT count(*), max(length(vector)) FROM vectors", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(vectors, (1, i64::try_from(dimension * 4).unwrap()));
    }
}

#[tokio::test]
async fn while_the_endpoint_fails_words_find_memories_and_the_explanation_says_why() {
    let key = "secret-key";
    let faults = [
        (Fault::Status(500, "out of memory"), "answered 500 Internal Server Error"),
        (Fault::Status(429, ""), "answered 429"),
        (Fault::Status(401, "wrong key: secret-key"), "does not accept the API key: 401 Unauthorized"),
        (Fault::Status(404, r#"{"error":"pull it first"}"#), "does not know its path or the model things: 404"),
        (Fault::Status(302, ""), "answered 302"),
        (Fault::Status(400, "no embeddings here"), "refuses the text with 400 Bad Request (no embeddings here)"),
        (Fault::Body("<html>"), "did not return embeddings"),
        (Fault::Body(r#"{"data": []}"#), "returned 0 embeddings for 1 texts"),
        (Fault::Body(r#"{"data": [{"index": 0, "embedding": [0.0, 0.0]}]}"#), "an embedding that is all zeros"),
        (Fault::Body(r#"{"data": [{"index": 0, "embedding": [1e39, 1.0]}]}"#), "did not return embeddings"),
        (Fault::Body(r#"{"data": [{"index": 7, "embedding": [1.0]}]}"#), "returned embeddings with wrong indexes"),
        (Fault::Hang, "no embedding arrived within 5s"),
    ];
    stop_the_clock();
    for (fault, expected) in faults {
        let endpoint = Endpoint::start().await;
        let server = start_with(LocalServer::builder().embeddings(endpoint.embeddings().api_key(key))).await;
        let engram = server.client().unwrap();
        engram.store_memories(["Ana prefers tea.", "Ben has a dog."]).await.unwrap();
        found_in_time(&engram, "which beverage", "Ana prefers tea.").await;
        endpoint.fail(fault);
        engram.store_memory("Ana owns a mill.").await.unwrap();
        let (memories, warning) = endpoint.recall_in_time(&engram, "mill").await;
        assert_eq!(memories.len(), 1, "{fault:?}");
        let warning = warning.unwrap_or_else(|| panic!("{fault:?}: no warning"));
        assert!(
            warning.starts_with("The memories were found by their words only: ") && warning.contains(expected),
            "{warning}"
        );
        assert!(!warning.contains(key), "{warning}");
        let result = engram.query("tea").await.unwrap();
        assert_eq!(result.answer, "From memory: Ana prefers tea.");
        endpoint.fail(None);
        found_in_time(&engram, "which beverage", "Ana prefers tea.").await;
        found_in_time(&engram, "mill", "Ana owns a mill.").await;
    }
}

#[tokio::test]
async fn in_a_transcript_an_answer_is_found_by_what_the_question_before_it_means() {
    let turns =
        ["Is it cold?", "What is your favourite beverage?", "An oolong from Taiwan.", "My brother sold his car."];
    let endpoint = Endpoint::start().await;
    let rank = async |weight| {
        let server = start_with(LocalServer::builder().embeddings(endpoint.embeddings()).neighbours(weight)).await;
        let engram = server.client().unwrap();
        engram.store_memories(turns).await.unwrap();
        found(&engram, "Which drink?", turns[1]).await;
        found(&engram, "Who sold a car?", turns[3]).await;
        recall(&engram, "Which drink?").await.0.iter().position(|(content, _)| content == turns[2])
    };
    assert_eq!(rank(0.5).await, Some(1));
    assert_ne!(rank(0.0).await, Some(1));
}

#[tokio::test]
async fn an_endpoint_that_is_down_at_the_start_is_used_once_it_is_up() {
    let endpoint = Endpoint::start().await;
    endpoint.fail(Fault::Status(503, "loading"));
    let (_server, engram) = endpoint.server().await;
    engram.store_memory("Ana prefers tea.").await.unwrap();
    let (memories, warning) = recall(&engram, "tea").await;
    assert_eq!(memories.len(), 1);
    assert!(warning.unwrap().contains("503"));
    endpoint.fail(None);
    found(&engram, "which beverage", "Ana prefers tea.").await;
}

#[tokio::test]
async fn an_endpoint_whose_dimension_changes_is_told_apart_from_the_one_before() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = endpoint.server().await;
    engram.store_memory("Ana prefers tea.").await.unwrap();
    found(&engram, "which beverage", "Ana prefers tea.").await;
    *endpoint.script.dimension.lock() = 80;
    engram.store_memory("Ben drinks tea.").await.unwrap();
    let told = async {
        loop {
            let (memories, warning) = recall(&engram, "tea").await;
            assert_eq!(memories.len(), 2);
            if warning.is_some_and(|warning| warning.contains("80 dimensions, and had 64; restart the server")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, told).await.unwrap();
    assert!(recall(&engram, "which beverage").await.0.is_empty());
    *endpoint.script.dimension.lock() = 64;
    found(&engram, "which beverage", "Ben drinks tea.").await;
}

#[tokio::test]
async fn a_dimension_that_changes_is_told_though_nothing_is_stored() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = endpoint.server().await;
    engram.store_memory("Ana prefers tea.").await.unwrap();
    found(&engram, "which beverage", "Ana prefers tea.").await;
    *endpoint.script.dimension.lock() = 80;
    let warning = recall(&engram, "tea").await.1.unwrap();
    assert!(warning.contains("80 dimensions, and had 64; restart the server"), "{warning}");
}

#[tokio::test]
async fn what_an_endpoint_says_of_a_text_is_for_whoever_sent_it_alone() {
    let endpoint = Endpoint::start().await;
    let server = start_with(endpoint.builder()).await;
    let [ana, ben] = ["ana", "ben"].map(|key| client(server.base_url(), key));
    ben.store_memory("Ben has a dog.").await.unwrap();
    found(&ben, "any pet", "Ben has a dog.").await;
    *endpoint.script.refused.lock() = Some("PIN");
    let (_, warning) = recall(&ana, "My PIN is 4711.").await;
    assert!(warning.is_some_and(|warning| warning.contains("400 Bad Request (the input is too long)")));
    assert_eq!(recall(&ben, "any pet").await.1, None, "a text that is refused is no failure of the endpoint");
    endpoint.fail(Fault::Status(500, "no vector for: My PIN is 4711."));
    let (_, warning) = recall(&ana, "My PIN is 4711.").await;
    assert!(warning.is_some_and(|warning| warning.contains("4711")));
    let (_, warning) = recall(&ben, "any pet").await;
    assert!(warning.is_some_and(|warning| warning.ends_with("answered 500 Internal Server Error.")));
}

/// Memories are embedded in their order, so those before this one are, once it is found by what it means.
async fn all_are_embedded(engram: &EngramClient, number: &str) {
    let bucket = format!("last {number}");
    engram.store_memory("a puppy").bucket(&bucket).await.unwrap();
    found(&engram.with_bucket(&bucket), "pet", "a puppy").await;
}

/// The memories that are found, with their scores.
async fn scores(engram: &EngramClient, bucket: &str, question: &str) -> Vec<(String, Option<f64>)> {
    let result = engram.query(question).buckets([bucket]).skip_synthesis(true).await.unwrap();
    let memories = result.explanation.unwrap().retrieved_memories.into_iter();
    memories.map(|memory| (memory.content, memory.weighted_score)).collect()
}

#[tokio::test]
async fn a_bucket_finds_what_another_with_the_same_memories_does_whatever_it_had_before() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = endpoint.server().await;
    for (bucket, before) in [("few", 99), ("many", 1000)] {
        let memories: Vec<_> = (0..before).map(|number| format!("Ben drinks tea number {number}")).collect();
        engram.store_memories(memories).bucket(bucket).await.unwrap();
    }
    all_are_embedded(&engram, "one").await;
    let after = ["Ana prefers tea.", "Ben has a dog.", "Cleo lives in Lisbon."];
    for bucket in ["few", "many"] {
        scores(&engram, bucket, "which beverage").await;
        engram.clear_memories(bucket).await.unwrap();
    }
    for bucket in ["few", "many", "new"] {
        engram.store_memories(after).bucket(bucket).await.unwrap();
    }
    all_are_embedded(&engram, "two").await;
    for question in ["which beverage", "any pet?", "home town", "a mountain"] {
        let expected = scores(&engram, "new", question).await;
        for bucket in ["few", "many"] {
            assert_eq!(scores(&engram, bucket, question).await, expected, "{bucket}: {question}");
        }
    }
}

#[tokio::test]
async fn a_text_that_is_refused_keeps_no_other_from_being_embedded() {
    let endpoint = Endpoint::start().await;
    *endpoint.script.refused.lock() = Some("Ben");
    let (_server, engram) = endpoint.server().await;
    let facts = ["Ana prefers tea.", "Ben has a dog.", "Cleo lives in Lisbon.", "Dora has a puppy."];
    engram.store_memories(facts).await.unwrap();
    found(&engram, "home town", "Cleo lives in Lisbon.").await;
    found(&engram, "any pet", "Dora has a puppy.").await;
    assert!(recall(&engram, "any pet").await.0.iter().all(|(content, score)| !content.contains("Ben") || *score < 0.1));
    found(&engram, "Ben", "Ben has a dog.").await;
}

#[tokio::test]
async fn a_long_memory_is_found_by_what_its_end_means() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = endpoint.server().await;
    let long = format!("{} Ana has a puppy.", "nothing of note happened on that day ".repeat(60));
    engram.store_memory(&long).await.unwrap();
    engram.store_memory("Ben prefers tea.").await.unwrap();
    found(&engram, "beverage", "Ben prefers tea.").await;
    found(&engram, "pet", &long).await;
    assert!(endpoint.texts().iter().all(|text| text.len() <= 1000));
}

#[tokio::test]
async fn what_is_deleted_has_no_vector_and_is_found_no_more() {
    let endpoint = Endpoint::start().await;
    let (_directory, path) = database();
    let server = start_with(endpoint.builder().database(&path)).await;
    let engram = server.client().unwrap();
    let kept = engram.store_memory("Ana prefers tea.").await.unwrap().id;
    let ids: Vec<String> = engram
        .store_memories((0..300).map(|number| format!("Ben drinks tea number {number}")).collect::<Vec<_>>())
        .await
        .unwrap()
        .into_iter()
        .map(|result| result.id)
        .collect();
    let all = async {
        while *endpoint.script.embedded.subscribe().borrow() < OF_A_PROBE + 301 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, all).await.unwrap();
    found(&engram, "favourite beverage", "Ana prefers tea.").await;
    for id in &ids {
        engram.delete_memory(id).await.unwrap();
    }
    let (memories, _) = recall(&engram, "beverage").await;
    assert_eq!(memories.len(), 1, "{memories:?}");
    let vectors = |path| {
        Connection::open(path)
            .unwrap()
            .query_row("SELECT count(*) FROM vectors", [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(vectors(&path), 1);
    engram.delete_memory(&kept).await.unwrap();
    assert!(recall(&engram, "beverage").await.0.is_empty());
    assert_eq!(vectors(&path), 0);
}

#[tokio::test]
async fn memories_that_mean_the_same_are_merged_where_that_is_asked_for() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = endpoint.server().await;
    let first = engram.store_memory("tea tea tea tea dog").await.unwrap();
    found(&engram, "beverage", "tea tea tea tea dog").await;
    // Its cosine to the first is 0.97.
    let alike = "beverage beverage puppy";
    let apart = engram.store_memory(alike).dedup(Dedup::Strict).await.unwrap();
    assert_eq!(apart.status, Some(StoreStatus::Stored));
    engram.delete_memory(&apart.id).await.unwrap();
    let merged = engram.store_memory(alike).dedup(Dedup::Loose).await.unwrap();
    assert_eq!((merged.status.clone(), &merged.id), (Some(StoreStatus::Merged), &first.id));
    assert_eq!(merged.merge_reason.clone(), Some(MergeReason::EmbeddingSimilarity));
    assert!((0.95..0.99).contains(&merged.similarity_score.unwrap()), "{merged:?}");
    let same = engram.store_memory("drink pet drink drink drink").dedup(Dedup::Strict).await.unwrap();
    assert_eq!((same.status, &same.id), (Some(StoreStatus::Merged), &first.id));
    assert_eq!(
        engram.store_memory("TEA tea tea tea dog").dedup(Dedup::Strict).await.unwrap().merge_reason,
        Some(MergeReason::ContentHash)
    );
    assert_eq!(engram.store_memory(alike).dedup(Dedup::Off).await.unwrap().status, Some(StoreStatus::Stored));
    let elsewhere = engram.store_memory(alike).bucket("other").dedup(Dedup::Loose).await.unwrap();
    assert_eq!(elsewhere.status, Some(StoreStatus::Stored));
    // A store that asks for nothing is not held up: it compares words.
    assert_eq!(engram.store_memory("drink drink dog").await.unwrap().status, Some(StoreStatus::Stored));
}

#[tokio::test]
async fn a_memory_is_merged_however_many_that_were_more_like_it_are_deleted() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = endpoint.server().await;
    let first = engram.store_memory("tea tea tea tea dog").await.unwrap();
    let alike = "beverage beverage puppy";
    let mut others = Vec::new();
    for number in 0..20 {
        let content = format!("{alike}{}", ".".repeat(number));
        others.push(engram.store_memory(content).dedup(Dedup::Off).await.unwrap().id);
    }
    all_are_embedded(&engram, "one").await;
    for id in others {
        engram.delete_memory(id).await.unwrap();
    }
    let merged = engram.store_memory(alike).dedup(Dedup::Loose).await.unwrap();
    assert_eq!((merged.status, &merged.id), (Some(StoreStatus::Merged), &first.id));
}

#[tokio::test]
async fn stores_of_the_same_meaning_at_once_make_one_memory() {
    let endpoint = Endpoint::start().await;
    let (_directory, path) = database();
    for builder in [endpoint.builder(), endpoint.builder().database(&path)] {
        let server = start_with(builder).await;
        let engram = server.client().unwrap();
        engram.store_memory("something else").await.unwrap();
        found(&engram, "something else", "something else").await;
        let words = ["tea", "beverage", "drink", "drinks"];
        let stores = (0..32).map(|number| {
            let content = format!("{0} {0} {0}{1}", words[number % 4], ".".repeat(number / 4));
            let engram = engram.clone();
            async move { engram.store_memory(content).dedup(Dedup::Loose).await.unwrap() }
        });
        let results = join_all(stores).await;
        let stored = results.iter().filter(|result| result.status == Some(StoreStatus::Stored)).count();
        assert_eq!(stored, 1);
        assert_eq!(engram.list_memories().await.unwrap().total, Some(2));
    }
}

#[tokio::test]
async fn a_store_that_asks_for_likeness_succeeds_without_the_endpoint() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = endpoint.server().await;
    endpoint.fail(Fault::Status(500, ""));
    let stored = engram.store_memory("tea").dedup(Dedup::Loose).await.unwrap();
    assert_eq!(stored.status, Some(StoreStatus::Stored));
    assert_eq!(engram.store_memory("Tea").dedup(Dedup::Loose).await.unwrap().id, stored.id);
}

#[tokio::test]
async fn embeddings_that_cannot_work_are_refused_and_the_error_says_what_to_write() {
    let cases = [
        (
            Embeddings::endpoint("127.0.0.1:11434", "m"),
            "embeddings_url",
            "write its base, such as http://127.0.0.1:11434/v1",
        ),
        (Embeddings::endpoint("ftp://localhost/v1", "m"), "embeddings_url", "must begin with http:// or https://"),
        (Embeddings::endpoint("http://localhost/v1?key=1", "m"), "embeddings_url", "has a query"),
        (Embeddings::endpoint("http://me:secret@localhost/v1", "m"), "embeddings_url", "set the API key separately"),
        (Embeddings::endpoint("http://localhost/v1", " "), "embeddings_model", "must name the model"),
        (Embeddings::endpoint("http://localhost/v1", "m").api_key("a b"), "embeddings_key", "without spaces"),
    ];
    for (embeddings, setting, message) in cases {
        let debug = format!("{embeddings:?}");
        let error = LocalServer::builder().embeddings(embeddings).start().await.unwrap_err().to_string();
        assert!(error.starts_with(setting) && error.contains(message), "{error}");
        assert!(!error.contains("secret") && !debug.contains("a b"), "{error} {debug}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn kill_9_while_memories_are_embedded_loses_none_and_keeps_none_twice_twenty_times_over() {
    let endpoint = Endpoint::start().await;
    let (_directory, path) = database();
    let start = async || {
        let file = path.to_str().unwrap();
        let options =
            ["--listen", "127.0.0.1:0", "--database", file, "--embeddings-model", "things", "--embeddings-url"];
        program::start_command(program::program(&[&options[..], &[&endpoint.url]].concat())).await
    };
    let mut random = fastrand::Rng::with_seed(20_261_126);
    let mut stored = 0;
    for _ in 0..20 {
        let mut program = start().await;
        let engram = program.client();
        let facts: Vec<String> = (0..50).map(|number| format!("fact {number} of those after {stored}")).collect();
        stored += engram.store_memories(facts).await.unwrap().len();
        let before = *endpoint.script.embedded.borrow();
        let mut embedded = endpoint.script.embedded.subscribe();
        let begun = embedded.wait_for(|count| *count > before);
        timeout(LONG, begun).await.expect("nothing is embedded").unwrap();
        tokio::time::sleep(Duration::from_micros(random.u64(0..10_000))).await;
        program.child.kill().await.unwrap();
    }
    let mut program = start().await;
    let engram = program.client();
    engram.store_memory("Ana prefers tea.").await.unwrap();
    found(&engram, "which beverage", "Ana prefers tea.").await;
    assert!(program.terminate().await.success());
    let count =
        |sql: &str| Connection::open(&path).unwrap().query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap() as usize;
    assert_eq!(count("SELECT count(*) FROM memories"), stored + 1);
    assert_eq!(count("SELECT count(*) FROM vectors"), stored + 1);
    assert_eq!(count("SELECT count(DISTINCT memory_id) FROM vectors"), stored + 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_endpoint_on_this_machine_can_be_used_without_any_certificates() {
    let endpoint = Endpoint::start().await;
    let options = ["--listen", "127.0.0.1:0", "--in-memory", "--embeddings-model", "things", "--embeddings-url"];
    let mut command = program::program(&[&options[..], &[&endpoint.url]].concat());
    command.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/dev/null");
    let program = program::start_command(command).await;
    let engram = program.client();
    engram.store_memory("Ana prefers tea.").await.unwrap();
    found(&engram, "which beverage", "Ana prefers tea.").await;
}

#[cfg(feature = "model")]
#[tokio::test]
async fn the_built_in_model_finds_memories_by_what_they_mean_and_says_so_of_none() {
    let server = start_with(LocalServer::builder().embeddings(Embeddings::built_in())).await;
    let engram = server.client().unwrap();
    let facts = [
        "She drinks an espresso at breakfast.",
        "Her car is parked in the street behind the church.",
        "The deploy to production failed because the disk was full.",
        "Her brother is allergic to cats.",
    ];
    engram.store_memories(facts).await.unwrap();
    found(&engram, "Where did she leave the vehicle?", facts[1]).await;
    found(&engram, "Why could we not release?", facts[2]).await;
    for (question, fact) in [("Which pets make her sibling ill?", facts[3]), ("Where is her vehicle?", facts[1])] {
        assert_eq!(engram.query(question).await.unwrap().answer, format!("From memory: {fact}"));
    }
    assert_eq!(engram.query("How tall is Mount Fuji?").await.unwrap().answer, "No relevant memories found.");
}
