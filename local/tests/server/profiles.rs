//! Profiles, with a scripted endpoint of chat completions.

use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use lumetra_engram::api::types::QueryExplanation;
use lumetra_engram::{EngramClient, ProfileResult, ProfileStatus};
use lumetra_engram_local::{ChatModel, LocalServer, LocalServerBuilder};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::answers::HOSTILE;
use crate::chat::{Endpoint, Reply, finish, messages, piece};
use crate::endpoint::nowhere;
use crate::wire::{self, Answer, LONG, advance, client, database, get, request, start_with, stop_the_clock};

const NOBODY_ASKED: &str = "Nobody has requested a profile of this bucket yet.";
const TEA: &str = "Ana drinks green tea.";
const CAKE: &str = "Ana bakes a cake on Sundays.";

/// A server that knows what Ana drinks, and an endpoint that writes these profiles, one after the other.
async fn with_tea(endpoint: &Endpoint, profiles: &[&str]) -> (LocalServer, EngramClient) {
    started(endpoint.builder(), endpoint, profiles).await
}

async fn started(builder: LocalServerBuilder, endpoint: &Endpoint, profiles: &[&str]) -> (LocalServer, EngramClient) {
    let server = start_with(builder).await;
    let engram = server.client().unwrap();
    engram.store_memory(TEA).await.unwrap();
    profiles.iter().for_each(|profile| endpoint.reply(Reply::Text((*profile).to_owned())));
    (server, engram)
}

/// Waits until the bucket's profile is as it should be.
async fn until(
    engram: &EngramClient,
    bucket: &str,
    is_so: impl Fn(&ProfileResult) -> bool + Send + Sync,
) -> ProfileResult {
    let wait = async {
        loop {
            let result = engram.get_profile().bucket(bucket).await.unwrap();
            if is_so(&result) {
                return result;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    };
    timeout(LONG, wait).await.unwrap_or_else(|_| panic!("the profile of {bucket} does not come to be so"))
}

fn text(result: &ProfileResult) -> Option<&str> {
    result.profile.as_ref()?.as_str()
}

pub(crate) async fn until_text(engram: &EngramClient, bucket: &str, expected: &str) -> ProfileResult {
    until(engram, bucket, |result| text(result) == Some(expected)).await
}

async fn made(engram: &EngramClient, expected: &str) -> ProfileResult {
    engram.regenerate_profile().await.unwrap();
    until_text(engram, "default", expected).await
}

fn warning(result: &ProfileResult) -> Option<&str> {
    result.extra.get("warning")?.as_str()
}

/// Returns once whatever is due has been done: of two profiles of another bucket, the second comes after it.
async fn nothing_is_due(engram: &EngramClient, endpoint: &Endpoint, requests: usize) {
    assert_eq!(endpoint.requests().len(), requests);
    engram.store_memory("zebra").bucket("other").await.unwrap();
    for other in ["other 1", "other 2"] {
        endpoint.reply(Reply::Text(other.to_owned()));
        engram.regenerate_profile().bucket("other").await.unwrap();
        until_text(engram, "other", other).await;
    }
    assert_eq!(endpoint.requests().len(), requests + 2);
}

/// The texts of the memories in a request for a profile, and the profile so far.
fn asked(request: &Value) -> (Vec<String>, Option<String>) {
    let (system, data) = messages(request);
    assert!(system.starts_with("You keep the profile of an assistant's memories"), "{system}");
    let memories = data["memories"].as_array().unwrap().iter();
    let memories = memories.map(|memory| memory["text"].as_str().unwrap().to_owned()).collect();
    (memories, data.get("profile").map(|profile| profile.as_str().unwrap().to_owned()))
}

async fn explanation(engram: &EngramClient, buckets: &[&str]) -> QueryExplanation {
    let query = engram.query("tea").buckets(buckets.iter().copied()).skip_synthesis(true);
    query.await.unwrap().explanation.unwrap()
}

/// The profile as it is sent. A warning is a field that the spec permits and does not have.
async fn profile(server: &LocalServer) -> Value {
    let answer = request(server, Method::GET, "/v1/buckets/default/profile").send().await.unwrap();
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_profile_is_made_on_request_and_given_to_every_answer() {
    let endpoint = Endpoint::start().await;
    let (server, engram) = with_tea(&endpoint, &["Ana likes tea and cake."]).await;
    engram.store_memory(CAKE).await.unwrap();
    let id = engram.list_buckets().await.unwrap().remove(0).id.unwrap();
    let pending = json!({"profile": null, "bucket_id": id, "status": "pending"});
    let mut before = pending.clone();
    before["warning"] = json!(NOBODY_ASKED);
    assert_eq!(profile(&server).await, before);
    assert_eq!(explanation(&engram, &["default"]).await.profile.as_deref(), None);
    let answer = Answer::of(request(&server, Method::POST, "/v1/buckets/default/profile/regenerate")).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, pending));

    let result = until_text(&engram, "default", "Ana likes tea and cake.").await;
    assert_eq!((result.status, result.n_memories_at_gen), (Some(ProfileStatus::Ready), Some(2)));
    let made_at = result.updated_at.unwrap();
    assert!(made_at.starts_with("20") && made_at.ends_with('Z'), "{made_at}");
    let ready = json!({
        "profile": "Ana likes tea and cake.", "bucket_id": id, "status": "ready", "updated_at": made_at,
        "n_memories_at_gen": 2, "source": "bucket_profiler",
    });
    assert_eq!(get(&server, "/v1/buckets/default/profile").await.json(), ready);
    assert_eq!(asked(&endpoint.last_request()), (vec![TEA.to_owned(), CAKE.to_owned()], None));
    let (_, data) = messages(&endpoint.last_request());
    assert!(data["memories"][0]["stored"].as_str().unwrap().starts_with("20"));
    assert_eq!(data.as_object().unwrap().keys().collect::<Vec<_>>(), ["memories"]);
    let mut others = endpoint.last_request();
    others.as_object_mut().unwrap().remove("messages");
    assert_eq!(others, json!({"model": "tea-1", "stream": false}));

    // A question that no memory comes near to is asked of the profile.
    for question in ["tea", "zebra"] {
        let whole = engram.query(question).await.unwrap();
        let streamed = engram.query_stream(question).await.unwrap().finish().await.unwrap();
        let [of_stream, of_whole] = [endpoint.requests().pop(), endpoint.requests().iter().rev().nth(1).cloned()];
        for (result, request) in [(whole, of_whole), (streamed, of_stream)] {
            assert_eq!(result.answer, "Green tea.");
            let explanation = result.explanation.unwrap();
            assert_eq!(explanation.profile.unwrap().as_str(), Some("Ana likes tea and cake."));
            assert!(explanation.profiles.is_empty());
            let (_, data) = messages(&request.unwrap());
            assert_eq!(data["profiles"], json!({"default": "Ana likes tea and cake."}));
        }
    }
    let explained = explanation(&engram, &["default"]).await;
    assert_eq!(explained.profile.unwrap().as_str(), Some("Ana likes tea and cake."));
}

#[tokio::test]
async fn an_empty_bucket_has_its_profile_once_it_holds_something() {
    let endpoint = Endpoint::start().await;
    let server = start_with(endpoint.builder()).await;
    let engram = server.client().unwrap();
    assert!(engram.regenerate_profile().await.unwrap_err().is_not_found());
    engram.create_bucket("empty").await.unwrap();
    let result = engram.regenerate_profile().bucket("empty").await.unwrap();
    assert_eq!((result.status.as_ref(), warning(&result)), (Some(&ProfileStatus::Pending), None));
    nothing_is_due(&engram, &endpoint, 0).await;
    endpoint.reply(Reply::Text("Tea.".to_owned()));
    engram.store_memory(TEA).bucket("empty").await.unwrap();
    until_text(&engram, "empty", "Tea.").await;
}

#[tokio::test]
async fn several_buckets_give_a_profile_each_or_null() {
    let endpoint = Endpoint::start().await;
    let (server, engram) = with_tea(&endpoint, &["Ana likes tea."]).await;
    engram.store_memory(CAKE).bucket("without").await.unwrap();
    made(&engram, "Ana likes tea.").await;
    let body = json!({"query": "tea", "buckets": ["default", "without", "none"]});
    let explanation = wire::post(&server, "/v1/query", body).await.json()["explanation"].take();
    let expected = json!({"default": "Ana likes tea.", "none": null, "without": null});
    assert_eq!((&explanation["profiles"], explanation.get("profile")), (&expected, None));
    let (_, data) = messages(&endpoint.last_request());
    assert_eq!(data["profiles"], json!({"default": "Ana likes tea."}));
    let explanation =
        wire::post(&server, "/v1/query", json!({"query": "cake", "buckets": ["without"]})).await.json()["explanation"]
            .take();
    assert_eq!((explanation.get("profile"), explanation.get("profiles")), (Some(&Value::Null), None));
    assert_eq!(messages(&endpoint.last_request()).1.get("profiles"), None);
}

#[tokio::test]
async fn profiles_that_do_not_fit_into_an_answers_prompt_are_left_out_and_the_explanation_says_so() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = with_tea(&endpoint, &[]).await;
    let names = ["a", "b", "c"];
    for name in names {
        engram.store_memory(TEA).bucket(name).await.unwrap();
        let long = format!("{name} {}", "x".repeat(6_000));
        endpoint.reply(Reply::Text(long.clone()));
        engram.regenerate_profile().bucket(name).await.unwrap();
        until_text(&engram, name, &long).await;
    }
    let result = engram.query("tea").buckets(names).await.unwrap();
    let explanation = result.explanation.unwrap();
    assert_eq!(explanation.extra["warning"], "The model was sent 2 of 3 profiles; the limit is 16384 bytes.");
    assert_eq!(explanation.profiles.len(), 3);
    // Of three memories and two profiles.
    assert_eq!(explanation.context_tokens, Some(3 * 4 + 2 * 2));
    let (_, data) = messages(&endpoint.last_request());
    assert_eq!(data["profiles"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(data["memories"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn without_a_model_there_is_no_profiler_even_where_a_profile_was_made() {
    let endpoint = Endpoint::start().await;
    let (_directory, path) = database();
    let (server, engram) = started(endpoint.builder().database(&path), &endpoint, &["Ana likes tea."]).await;
    let id = made(&engram, "Ana likes tea.").await.bucket_id;
    server.shutdown().await;
    let server = wire::open(&path).await;
    assert_eq!(profile(&server).await, json!({"profile": null, "bucket_id": id, "status": "not_installed"}));
    assert!(server.client().unwrap().regenerate_profile().await.unwrap_err().is_profiler_not_installed());
    let explanation = wire::post(&server, "/v1/query", json!({"query": "tea"})).await.json()["explanation"].take();
    assert_eq!((explanation.get("profile"), explanation.get("profiles")), (None, None));
    server.shutdown().await;
    let server = start_with(endpoint.builder().database(&path)).await;
    assert_eq!(profile(&server).await["profile"], "Ana likes tea.");
    assert_eq!(endpoint.requests().len(), 1);
}

/// A profile that the test writes.
fn write(gate: &mpsc::UnboundedSender<String>, text: &str) {
    gate.send(piece(text) + &finish("stop")).unwrap();
}

#[tokio::test]
async fn the_profile_before_stays_ready_while_another_is_made_and_none_is_pending_until_then() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = with_tea(&endpoint, &[]).await;
    let status = async || engram.get_profile().await.unwrap().status;
    for (number, (before, after)) in
        [(ProfileStatus::Pending, "one"), (ProfileStatus::Ready, "two")].into_iter().enumerate()
    {
        let gate = endpoint.gate();
        let old = engram.regenerate_profile().await.unwrap();
        endpoint.saw(number + 1).await;
        assert_eq!((old.status.as_ref(), status().await.as_ref()), (Some(&before), Some(&before)));
        write(&gate, after);
        drop(gate);
        let new = until_text(&engram, "default", after).await;
        assert_ne!(new.updated_at, old.updated_at);
        assert_eq!(new.status, Some(ProfileStatus::Ready));
    }
    // Who asks gets one that is made anew.
    assert_eq!(asked(&endpoint.last_request()), (vec![TEA.to_owned()], None));
}

#[tokio::test]
async fn a_profile_that_is_asked_for_while_it_is_made_is_made_once_more_only_if_there_are_more_memories() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = with_tea(&endpoint, &[]).await;
    let gate = endpoint.gate();
    for _ in 0..3 {
        engram.regenerate_profile().await.unwrap();
        endpoint.saw(1).await;
    }
    write(&gate, "one");
    drop(gate);
    until_text(&engram, "default", "one").await;
    nothing_is_due(&engram, &endpoint, 1).await;

    let gate = endpoint.gate();
    engram.regenerate_profile().await.unwrap();
    endpoint.saw(4).await;
    engram.store_memory(CAKE).await.unwrap();
    for _ in 0..3 {
        engram.regenerate_profile().await.unwrap();
    }
    endpoint.reply(Reply::Text("three".to_owned()));
    write(&gate, "two");
    drop(gate);
    until_text(&engram, "default", "three").await;
    assert_eq!(asked(&endpoint.last_request()).0, [TEA, CAKE]);
    nothing_is_due(&engram, &endpoint, 5).await;
}

#[tokio::test]
async fn enough_new_memories_revise_the_profile_of_a_bucket_that_was_asked_for_one() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = started(endpoint.builder().profile_after(3), &endpoint, &[]).await;
    engram.store_memories((0..9).map(|number| format!("fact {number}"))).bucket("never asked").await.unwrap();
    nothing_is_due(&engram, &endpoint, 0).await;
    endpoint.reply(Reply::Text("one".to_owned()));
    made(&engram, "one").await;
    let facts: Vec<String> = (0..3).map(|number| format!("fact {number}")).collect();
    engram.store_memories(&facts[..2]).await.unwrap();
    // Known already.
    engram.store_memory("FACT 0").await.unwrap();
    nothing_is_due(&engram, &endpoint, 3).await;
    endpoint.reply(Reply::Text("two".to_owned()));
    engram.store_memory(&facts[2]).await.unwrap();
    let result = until_text(&engram, "default", "two").await;
    assert_eq!(result.n_memories_at_gen, Some(4));
    assert_eq!(asked(&endpoint.last_request()), (facts, Some("one".to_owned())));
    nothing_is_due(&engram, &endpoint, 6).await;
}

#[tokio::test]
async fn with_0_a_profile_is_made_on_request_alone() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = started(endpoint.builder().profile_after(0), &endpoint, &["one"]).await;
    made(&engram, "one").await;
    engram.store_memories((0..100).map(|number| format!("fact {number}"))).await.unwrap();
    nothing_is_due(&engram, &endpoint, 1).await;
    let oldest = engram.list_memories().all().await.unwrap().pop().unwrap();
    engram.delete_memory(&oldest.id).await.unwrap();
    stop_the_clock();
    for _ in 0..60 {
        advance(Duration::from_secs(10)).await;
    }
    assert_eq!(endpoint.requests().len(), 3);
}

/// Moves the clock that was stopped until the endpoint has seen so many requests.
async fn move_the_clock(endpoint: &Endpoint, requests: usize) {
    let begin = std::time::Instant::now();
    while endpoint.requests().len() < requests {
        assert!(begin.elapsed() < LONG, "no request comes");
        advance(Duration::from_secs(1)).await;
        let_sockets_work().await;
    }
}

/// As [`until`], where the clock stands still.
async fn until_sent(server: &LocalServer, is_so: impl Fn(&Value) -> bool + Send + Sync) {
    let begin = std::time::Instant::now();
    loop {
        let profile = profile(server).await;
        if is_so(&profile) {
            return;
        }
        assert!(begin.elapsed() < LONG, "{profile}");
    }
}

async fn let_sockets_work() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_profile_goes_with_a_memory_that_it_may_tell_of_and_is_made_again_without_it() {
    let endpoint = Endpoint::start().await;
    let (server, engram) = with_tea(&endpoint, &["Ana likes tea and cake.", "Ana bakes."]).await;
    engram.store_memory(CAKE).await.unwrap();
    made(&engram, "Ana likes tea and cake.").await;
    // The profile does not tell of this one.
    let later = engram.store_memory("Ana has a zebra.").await.unwrap().id;
    engram.delete_memory(&later).await.unwrap();
    assert_eq!(text(&engram.get_profile().await.unwrap()), Some("Ana likes tea and cake."));

    let tea = engram.list_memories().all().await.unwrap().pop().unwrap();
    assert_eq!(tea.content, TEA);
    engram.delete_memory(&tea.id).await.unwrap();
    let gone = profile(&server).await;
    assert_eq!((&gone["profile"], &gone["status"], gone.get("updated_at")), (&Value::Null, &json!("pending"), None));
    assert_eq!(explanation(&engram, &["default"]).await.profile.as_deref(), None);
    stop_the_clock();
    let begin = Instant::now();
    move_the_clock(&endpoint, 2).await;
    assert!(begin.elapsed() >= Duration::from_secs(60), "{:?}", begin.elapsed());
    tokio::time::resume();
    until_text(&engram, "default", "Ana bakes.").await;
    assert_eq!(asked(&endpoint.last_request()), (vec![CAKE.to_owned()], None));
}

#[tokio::test]
async fn deletions_one_after_the_other_make_one_profile() {
    let endpoint = Endpoint::start().await;
    let (server, engram) = with_tea(&endpoint, &["one", "two"]).await;
    engram.store_memories((0..20).map(|number| format!("fact {number}"))).await.unwrap();
    made(&engram, "one").await;
    let ids: Vec<String> = engram.list_memories().all().await.unwrap().into_iter().map(|memory| memory.id).collect();
    stop_the_clock();
    for id in &ids[..10] {
        let path = format!("/v1/buckets/default/memories/{id}");
        assert_eq!(wire::delete(&server, &path).await.status, 200);
        for _ in 0..35 {
            advance(Duration::from_secs(1)).await;
            let_sockets_work().await;
        }
    }
    assert_eq!(endpoint.requests().len(), 1);
    move_the_clock(&endpoint, 2).await;
    assert_eq!(asked(&endpoint.last_request()).0.len(), 11);
}

#[tokio::test]
async fn what_a_model_writes_of_a_memory_that_is_deleted_meanwhile_is_not_kept() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = with_tea(&endpoint, &[]).await;
    let secret = engram.store_memory("The secret is 42.").await.unwrap().id;
    let gate = endpoint.gate();
    engram.regenerate_profile().await.unwrap();
    endpoint.saw(1).await;
    engram.delete_memory(&secret).await.unwrap();
    write(&gate, "The secret is 42.");
    drop(gate);
    endpoint.reply(Reply::Text("Ana likes tea.".to_owned()));
    stop_the_clock();
    let begin = Instant::now();
    move_the_clock(&endpoint, 2).await;
    // More deletions may follow.
    assert!(begin.elapsed() >= Duration::from_secs(60), "{:?}", begin.elapsed());
    tokio::time::resume();
    let result = until(&engram, "default", |result| text(result).is_some()).await;
    assert_eq!(text(&result), Some("Ana likes tea."));
    assert_eq!(asked(&endpoint.last_request()).0, [TEA]);
}

#[tokio::test]
async fn what_a_model_writes_of_a_bucket_that_is_cleared_meanwhile_is_not_kept_for_the_next_wish() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = started(endpoint.builder(), &endpoint, &[]).await;
    let gate = endpoint.gate();
    engram.regenerate_profile().await.unwrap();
    endpoint.saw(1).await;
    engram.clear_memories("default").await.unwrap();
    engram.store_memory(CAKE).await.unwrap();
    engram.regenerate_profile().await.unwrap();
    write(&gate, "Ana drinks tea.");
    drop(gate);
    endpoint.reply(Reply::Text("Ana bakes.".to_owned()));
    let result = until(&engram, "default", |result| text(result).is_some()).await;
    assert_eq!(text(&result), Some("Ana bakes."));
    assert_eq!(asked(&endpoint.last_request()).0, [CAKE]);
}

#[tokio::test]
async fn a_bucket_that_is_cleared_or_deleted_has_no_profile_any_more_and_gets_none_unasked() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = started(endpoint.builder().profile_after(1), &endpoint, &[]).await;
    for (number, profile) in ["one", "two"].into_iter().enumerate() {
        endpoint.reply(Reply::Text(profile.to_owned()));
        made(&engram, profile).await;
        if number == 0 {
            engram.clear_memories("default").await.unwrap();
        } else {
            engram.delete_bucket("default").await.unwrap();
            assert!(engram.get_profile().await.unwrap_err().is_not_found());
        }
        engram.store_memory(TEA).await.unwrap();
        let result = engram.get_profile().await.unwrap();
        assert_eq!((text(&result), warning(&result)), (None, Some(NOBODY_ASKED)));
        nothing_is_due(&engram, &endpoint, 3 * number + 1).await;
    }
}

#[tokio::test]
async fn tenants_have_profiles_of_their_own() {
    let endpoint = Endpoint::start().await;
    let server = start_with(endpoint.builder()).await;
    let (mine, theirs) = (client(server.base_url(), "mine"), client(server.base_url(), "theirs"));
    mine.store_memory(TEA).await.unwrap();
    theirs.store_memory(CAKE).await.unwrap();
    endpoint.reply(Reply::Text("My profile.".to_owned()));
    made(&mine, "My profile.").await;
    assert_eq!(asked(&endpoint.last_request()).0, [TEA]);
    let result = theirs.get_profile().await.unwrap();
    assert_eq!((text(&result), warning(&result)), (None, Some(NOBODY_ASKED)));
    assert_eq!(explanation(&theirs, &["default"]).await.profile.as_deref(), None);
    theirs.query("cake").await.unwrap();
    assert_eq!(messages(&endpoint.last_request()).1.get("profiles"), None);
    endpoint.reply(Reply::Text("Their profile.".to_owned()));
    made(&theirs, "Their profile.").await;
    assert_eq!(asked(&endpoint.last_request()).0, [CAKE]);
    assert_eq!(text(&mine.get_profile().await.unwrap()), Some("My profile."));
    theirs.clear_memories("default").await.unwrap();
    assert_eq!(text(&mine.get_profile().await.unwrap()), Some("My profile."));
}

#[tokio::test]
async fn a_tenant_waits_for_one_profile_of_a_tenant_who_asks_for_many() {
    let endpoint = Endpoint::start().await;
    let server = start_with(endpoint.builder()).await;
    let (greedy, modest) = (client(server.base_url(), "greedy"), client(server.base_url(), "modest"));
    let gate = endpoint.gate();
    for number in 0..5 {
        let bucket = number.to_string();
        greedy.store_memory("Of greedy.").bucket(&bucket).await.unwrap();
        greedy.regenerate_profile().bucket(&bucket).await.unwrap();
        endpoint.saw(1).await;
    }
    modest.store_memory("Of modest.").await.unwrap();
    modest.regenerate_profile().await.unwrap();
    write(&gate, "one");
    drop(gate);
    until_text(&greedy, "4", "Green tea.").await;
    let order: Vec<String> = endpoint.requests().iter().map(|request| asked(request).0.concat()).collect();
    assert_eq!(order, ["Of greedy.", "Of modest.", "Of greedy.", "Of greedy.", "Of greedy.", "Of greedy."]);
}

#[tokio::test]
async fn an_endpoint_that_fails_leaves_the_profile_before_and_says_why_until_it_works_again() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = with_tea(&endpoint, &[]).await;
    let long = "x".repeat(8193);
    let whole = |text: &str| Reply::Body("application/json", crate::chat::whole(text).to_string());
    let mut status = ProfileStatus::Pending;
    for (number, (reply, words)) in [
        (
            Reply::Status(500, "out of memory"),
            "answered 500 Internal Server Error (out of memory). It will be tried again.",
        ),
        (Reply::Status(401, ""), "requires an API key: 401 Unauthorized. Start the server with --model-key-env"),
        (Reply::Status(404, ""), "does not know its path or the model tea-1"),
        (whole(" "), "returned an empty response"),
        (whole(&long), "the model wrote 8193 bytes; the limit is 8192"),
        (Reply::Body("text/event-stream", piece("Ana") + &finish("length")), "the model reached its token limit"),
        (Reply::Body("text/event-stream", piece("Ana")), "broke off its answer"),
        (Reply::Body("text/html", "<html>".to_owned()), "did not return a chat completion"),
    ]
    .into_iter()
    .enumerate()
    {
        endpoint.reply(reply);
        engram.regenerate_profile().await.unwrap();
        let failed = until(&engram, "default", |result| warning(result).is_some()).await;
        let warning = warning(&failed).unwrap().to_owned();
        assert!(warning.starts_with("The profile could not be made: ") && warning.contains(words), "{warning}");
        assert_eq!((failed.status.as_ref(), text(&failed).is_some()), (Some(&status), number > 0));
        status = ProfileStatus::Ready;
        // Who asks does not wait.
        let profile = format!("profile {number}");
        endpoint.reply(Reply::Text(profile.clone()));
        let asked = engram.regenerate_profile().await.unwrap();
        assert_eq!(asked.extra.get("warning"), None);
        let result = until_text(&engram, "default", &profile).await;
        assert_eq!((result.status, result.extra.get("warning")), (Some(ProfileStatus::Ready), None));
    }
}

#[tokio::test]
async fn a_failure_is_got_over_without_being_asked() {
    let endpoint = Endpoint::start().await;
    let (server, engram) = with_tea(&endpoint, &[]).await;
    endpoint.reply(Reply::Status(503, "loading"));
    endpoint.reply(Reply::Text("Ana likes tea.".to_owned()));
    engram.regenerate_profile().await.unwrap();
    endpoint.saw(1).await;
    stop_the_clock();
    let begin = Instant::now();
    move_the_clock(&endpoint, 2).await;
    assert!(begin.elapsed() >= Duration::from_secs(9), "{:?}", begin.elapsed());
    until_sent(&server, |profile| profile["profile"] == "Ana likes tea.").await;
}

#[tokio::test]
async fn a_profile_that_fails_for_ever_costs_eight_requests_and_no_more_until_it_is_asked_for() {
    let endpoint = Endpoint::start().await;
    let (server, engram) = started(endpoint.builder().profile_after(1), &endpoint, &[]).await;
    (0..100).for_each(|_| endpoint.reply(Reply::Status(500, "no")));
    engram.regenerate_profile().await.unwrap();
    endpoint.saw(1).await;
    stop_the_clock();
    move_the_clock(&endpoint, 8).await;
    let given_up = "(no). It will not be tried again until you request it.";
    until_sent(&server, |profile| profile["warning"].as_str().is_some_and(|warning| warning.ends_with(given_up))).await;
    let store = json!({"content": CAKE});
    assert_eq!(wire::post(&server, "/v1/buckets/default/memories", store).await.status, 200);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(7200) {
        advance(Duration::from_secs(30)).await;
        let_sockets_work().await;
    }
    assert_eq!(endpoint.requests().len(), 8);
    endpoint.script.replies.lock().clear();
    wire::post(&server, "/v1/buckets/default/profile/regenerate", Value::Null).await;
    move_the_clock(&endpoint, 9).await;
    until_sent(&server, |profile| profile["profile"] == "Green tea.").await;
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_tried_for_as_long_as_that_takes() {
    let (_socket, nowhere) = nowhere();
    let model = ChatModel::endpoint(format!("http://{nowhere}/v1"), "tea-1");
    let server = start_with(LocalServer::builder().chat_model(model)).await;
    let engram = server.client().unwrap();
    engram.store_memory(TEA).await.unwrap();
    engram.regenerate_profile().await.unwrap();
    let down = until(&engram, "default", |result| warning(result).is_some()).await;
    assert!(warning(&down).unwrap().contains("cannot be reached ("), "{down:?}");
    stop_the_clock();
    for _ in 0..720 {
        advance(Duration::from_secs(10)).await;
        let_sockets_work().await;
    }
    let still = profile(&server).await["warning"].as_str().unwrap().to_owned();
    assert!(still.ends_with("It will be tried again."), "{still}");
}

#[tokio::test]
async fn what_was_asked_for_before_a_stop_is_made_after_the_next_start() {
    let endpoint = Endpoint::start().await;
    let (_directory, path) = database();
    let (server, engram) = started(endpoint.builder().database(&path), &endpoint, &[]).await;
    endpoint.reply(Reply::Hang);
    engram.regenerate_profile().await.unwrap();
    endpoint.saw(1).await;
    timeout(LONG, server.shutdown()).await.expect("it does not stop");
    endpoint.reply(Reply::Text("Ana likes tea.".to_owned()));
    let server = start_with(endpoint.builder().database(&path)).await;
    let engram = server.client().unwrap();
    until_text(&engram, "default", "Ana likes tea.").await;
    server.shutdown().await;
    let server = start_with(endpoint.builder().database(&path)).await;
    let engram = server.client().unwrap();
    assert_eq!(text(&engram.get_profile().await.unwrap()), Some("Ana likes tea."));
    nothing_is_due(&engram, &endpoint, 2).await;
}

/// Memories of two kilobytes, each with a number of its own.
fn long_memories(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("fact {number:04} {}", "x".repeat(2_000))).collect()
}

#[tokio::test]
async fn the_newest_of_very_many_memories_make_a_profile_in_eight_requests_that_each_revise_the_one_before() {
    let endpoint = Endpoint::start().await;
    let steps: Vec<String> = (1..=8).map(|number| format!("step {number}")).collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let (_server, engram) = with_tea(&endpoint, &steps).await;
    let facts = long_memories(400);
    engram.store_memories(&facts).await.unwrap();
    let result = made(&engram, "step 8").await;
    assert_eq!(result.n_memories_at_gen, Some(401));
    let requests = endpoint.requests();
    assert_eq!(requests.len(), 8);
    let mut told = Vec::new();
    for (number, request) in requests.iter().enumerate() {
        let size = request["messages"][1]["content"].as_str().unwrap().len();
        assert!((29_000..34_000).contains(&size) || number == 7, "{size}");
        let (memories, profile) = asked(request);
        assert_eq!(profile, number.checked_sub(1).map(|before| steps[before].to_owned()));
        told.extend(memories);
    }
    assert_eq!(told, facts[facts.len() - told.len()..]);
    assert!(told.len() > 100, "{}", told.len());
}

#[tokio::test]
async fn a_memory_that_is_longer_than_a_request_is_cut_off_there() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = with_tea(&endpoint, &["one", "two"]).await;
    let long = "<".repeat(50_000);
    engram.store_memory(&long).await.unwrap();
    made(&engram, "two").await;
    let (_, data) = messages(&endpoint.last_request());
    let memory = &data["memories"][0];
    assert!(memory["cut"] == true && long.starts_with(memory["text"].as_str().unwrap()));
    assert!(endpoint.last_request()["messages"][1]["content"].as_str().unwrap().len() < 33_000);
    assert_eq!(messages(&endpoint.requests()[0]).1["memories"][0].get("cut"), None);
}

#[tokio::test]
async fn a_profile_in_several_steps_goes_on_after_a_stop_where_it_was() {
    let endpoint = Endpoint::start().await;
    let (_directory, path) = database();
    let (server, engram) = started(endpoint.builder().database(&path), &endpoint, &["step 1", "step 2"]).await;
    let facts = long_memories(45);
    engram.store_memories(&facts).await.unwrap();
    endpoint.reply(Reply::Hang);
    engram.regenerate_profile().await.unwrap();
    endpoint.saw(3).await;
    // There is none until it is whole.
    assert_eq!(text(&engram.get_profile().await.unwrap()), None);
    // What comes now is told of the next time.
    engram.store_memory(CAKE).await.unwrap();
    server.shutdown().await;
    endpoint.reply(Reply::Text("step 3".to_owned()));
    let server = start_with(endpoint.builder().database(&path)).await;
    let engram = server.client().unwrap();
    until_text(&engram, "default", "step 3").await;
    let requests = endpoint.requests();
    let (told, profile) = asked(&requests[3]);
    assert_eq!((told.last(), profile.as_deref()), (facts.last(), Some("step 2")));
    let told: Vec<String> =
        [&requests[0], &requests[1], &requests[3]].into_iter().flat_map(|request| asked(request).0).collect();
    assert_eq!(told, [&[TEA.to_owned()], &facts[..]].concat());
    nothing_is_due(&engram, &endpoint, 4).await;
}

#[tokio::test]
async fn a_deletion_between_two_steps_begins_the_profile_anew_if_it_told_of_the_memory() {
    let endpoint = Endpoint::start().await;
    let (_server, engram) = with_tea(&endpoint, &["step 1"]).await;
    let facts = long_memories(25);
    engram.store_memories(&facts).await.unwrap();
    let tea = engram.list_memories().all().await.unwrap().pop().unwrap();
    let gate = endpoint.gate();
    engram.regenerate_profile().await.unwrap();
    endpoint.saw(2).await;
    engram.delete_memory(&tea.id).await.unwrap();
    write(&gate, "step 2");
    drop(gate);
    endpoint.reply(Reply::Text("anew 1".to_owned()));
    endpoint.reply(Reply::Text("anew 2".to_owned()));
    stop_the_clock();
    move_the_clock(&endpoint, 4).await;
    tokio::time::resume();
    until_text(&engram, "default", "anew 2").await;
    let requests = endpoint.requests();
    assert_eq!(requests.len(), 4);
    let (first, profile) = asked(&requests[2]);
    assert_eq!((first.first(), profile), (facts.first(), None));
    assert_eq!(asked(&requests[3]).1.as_deref(), Some("anew 1"));
}

#[tokio::test]
async fn a_hostile_memory_reaches_the_model_as_data_and_so_does_a_hostile_profile() {
    let each = ["Ana likes it."].into_iter().chain(HOSTILE).map(|memory| async move {
        let endpoint = Endpoint::start().await;
        let server = start_with(endpoint.builder().profile_after(1)).await;
        let engram = server.client().unwrap();
        engram.store_memory(format!("{memory} zebra")).await.unwrap();
        // The client takes white space for what it is, and a model's thoughts are no part of what it writes.
        let profile = format!("Profile: {memory}!");
        endpoint.reply(Reply::Text(profile.clone()));
        engram.regenerate_profile().await.unwrap();
        until_text(&engram, "default", &profile).await;
        // The profile as the next one is made from it, and as an answer is.
        let revised = format!("Revised: {memory}!");
        endpoint.reply(Reply::Text(revised.clone()));
        engram.store_memory("zebra two").await.unwrap();
        until_text(&engram, "default", &revised).await;
        engram.query("zebra two").top_k(1).await.unwrap();
        let [mut first, mut second, mut answer] = <[Value; 3]>::try_from(endpoint.requests()).unwrap();
        assert_eq!(asked(&first), (vec![format!("{memory} zebra")], None));
        assert_eq!(asked(&second), (vec!["zebra two".to_owned()], Some(profile)));
        let (_, mut data) = messages(&answer);
        assert_eq!(data["profiles"].take(), json!({"default": revised}));
        assert_eq!(data["memories"][0]["text"], "zebra two");
        data["memories"] = json!([]);
        for request in [&first, &second, &answer] {
            let user = request["messages"][1]["content"].as_str().unwrap();
            let hidden = |character: &char| {
                character.is_control() || "<[`\u{200B}\u{2028}\u{202E}\u{FEFF}\u{E0049}".contains(*character)
            };
            assert_eq!(user.chars().filter(hidden).collect::<String>(), "[", "{memory:?}: {user}");
        }
        answer["messages"][1]["content"] = data;
        first["messages"][1]["content"] = json!("");
        second["messages"][1]["content"] = json!("");
        [first, second, answer]
    });
    let requests = join_all(each).await;
    assert!(requests.iter().all(|request| *request == requests[0]), "{requests:?}");
    assert_eq!(requests.len(), 21);
}

#[tokio::test]
async fn the_documentation_has_the_prompt_of_profiles() {
    let page = include_str!("../../docs/profiles.md");
    let endpoint = Endpoint::start().await;
    let (_server, engram) = with_tea(&endpoint, &["Ana likes tea."]).await;
    made(&engram, "Ana likes tea.").await;
    let (system, _) = messages(&endpoint.last_request());
    let missing: Vec<&str> = system.lines().filter(|line| !page.contains(line)).collect();
    assert!(missing.is_empty() && system.lines().count() > 5, "{missing:#?}");
}

#[cfg(unix)]
mod of_the_program {
    use std::fs;

    use rusqlite::Connection;
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::care::{change, ok, run};
    use crate::files::{left, word};
    use crate::program::{self, Program};

    async fn start(endpoint: &Endpoint, path: &Path) -> Program {
        let options = ["--listen", "127.0.0.1:0", "--model", "tea-1", "--profile-after", "2", "--model-url"];
        let options = [&options[..], &[&endpoint.url, "--database", path.to_str().unwrap()]].concat();
        program::start(&options).await
    }

    #[tokio::test]
    async fn kill_9_while_a_profile_is_made_loses_no_wish_ten_times_over() {
        let endpoint = Endpoint::start().await;
        let (_directory, path) = database();
        let mut random = fastrand::Rng::with_seed(20_261_126);
        for round in 0..10 {
            let bucket = format!("bucket {round}");
            let mut program = start(&endpoint, &path).await;
            let engram = program.client();
            engram.store_memories(long_memories(20)).bucket(&bucket).await.unwrap();
            engram.regenerate_profile().bucket(&bucket).await.unwrap();
            tokio::time::sleep(Duration::from_micros(random.u64(0..20_000))).await;
            program.child.kill().await.unwrap();
        }
        let mut program = start(&endpoint, &path).await;
        for round in 0..10 {
            until_text(&program.client(), &format!("bucket {round}"), "Green tea.").await;
        }
        assert!(program.terminate().await.success());
        // At most one request was made in vain each time.
        let requests = endpoint.requests().len();
        assert!((20..=30).contains(&requests), "{requests}");
        assert!(ok(&path, &["check"]).await.contains(" is sound: 200 memories in 10 buckets"));
    }

    #[tokio::test]
    async fn the_log_says_once_that_a_profile_fails_and_nothing_of_what_is_in_it() {
        let endpoint = Endpoint::start().await;
        let (_directory, path) = database();
        let mut program = start(&endpoint, &path).await;
        let engram = program.client();
        engram.store_memory("secret tea").bucket("secret bucket").await.unwrap();
        endpoint.reply(Reply::Status(500, "the secret tea is too much"));
        engram.regenerate_profile().bucket("secret bucket").await.unwrap();
        until(&engram, "secret bucket", |result| warning(result).is_some()).await;
        program.terminate().await;
        let mut log = String::new();
        program.child.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
        assert_eq!(log.matches("a profile cannot be made; it will be tried again").count(), 1, "{log}");
        assert!(!log.contains("secret"), "{log}");
    }

    #[tokio::test]
    async fn an_option_without_a_model_is_refused() {
        let arguments = ["--in-memory", "--listen", "127.0.0.1:0", "--profile-after", "5"];
        let output = program::program(&arguments).output().await.unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && errors.contains("--model-url <URL>"), "{errors}");
    }

    #[tokio::test]
    async fn nothing_that_a_profile_told_of_a_deleted_memory_is_in_any_file_after_the_stop() {
        let mut random = fastrand::Rng::with_seed(18);
        let (directory, path) = database();
        let endpoint = Endpoint::start().await;
        let server = start_with(endpoint.builder().database(&path).profile_after(0)).await;
        let engram = server.client().unwrap();
        let (mut gone, mut kept) = (Vec::new(), Vec::new());
        // Profiles grow and shrink, and are moved between pages.
        for round in 0..3 {
            for (number, size) in [10, 1_500, 200, 3_500, 40].into_iter().enumerate() {
                let bucket = number.to_string();
                let word = word(&mut random);
                let filler = "x".repeat(size / (round + 1));
                let id = engram.store_memory(format!("secret {word}")).bucket(&bucket).await.unwrap().id;
                let profile = format!("{filler} {word} {filler}");
                endpoint.reply(Reply::Text(profile.clone()));
                engram.regenerate_profile().bucket(&bucket).await.unwrap();
                until_text(&engram, &bucket, &profile).await;
                if round == 2 && number == 4 {
                    kept.push(word);
                } else {
                    engram.delete_memory(&id).bucket(&bucket).await.unwrap();
                    gone.push(word);
                }
            }
        }
        // Buckets that are cleared and deleted with their profiles, and a draft whose memory goes.
        for name in ["cleared", "deleted", "draft"] {
            let (old, new) = (word(&mut random), word(&mut random));
            let id = engram.store_memory(format!("secret {old}")).bucket(name).await.unwrap().id;
            engram.store_memories(long_memories(20)).bucket(name).await.unwrap();
            let before = endpoint.requests().len();
            endpoint.reply(Reply::Text(format!("draft {old}")));
            endpoint.reply(if name == "draft" { Reply::Hang } else { Reply::Text(format!("profile {new}")) });
            engram.regenerate_profile().bucket(name).await.unwrap();
            endpoint.saw(before + 2).await;
            if name == "draft" {
                engram.delete_memory(&id).bucket(name).await.unwrap();
                gone.push(old);
                continue;
            }
            until_text(&engram, name, &format!("profile {new}")).await;
            gone.extend([old, new]);
            if name == "cleared" {
                engram.clear_memories(name).await.unwrap();
            } else {
                engram.delete_bucket(name).await.unwrap();
            }
        }
        assert!(!left(directory.path(), &gone).is_empty(), "the search finds nothing at all");
        server.shutdown().await;
        assert_eq!(left(directory.path(), &gone), Vec::<&String>::new());
        assert_eq!(left(directory.path(), &kept).len(), 1);
    }

    #[tokio::test]
    async fn care_knows_the_profiles() {
        let (directory, path) = database();
        let endpoint = Endpoint::start().await;
        let server = start_with(endpoint.builder().database(&path)).await;
        let engram = server.client().unwrap();
        engram.store_memory(TEA).await.unwrap();
        engram.create_bucket("empty").await.unwrap();
        made(&engram, "Green tea.").await;
        engram.regenerate_profile().bucket("empty").await.unwrap();
        let stats = ok(&path, &["stats", "--json"]).await;
        let stats: Value = serde_json::from_str(&stats).unwrap();
        assert_eq!(stats["profiles"], json!({"ready": 1, "waiting": 1}));
        let copy = directory.path().join("copy.db");
        ok(&path, &["backup", copy.to_str().unwrap()]).await;
        server.shutdown().await;
        let profile = |path: &Path| -> Option<String> {
            let connection = Connection::open(path).unwrap();
            connection.query_row("SELECT max(text) FROM profiles", [], |row| row.get(0)).unwrap()
        };
        assert_eq!(profile(&copy).as_deref(), Some("Green tea."));
        let whole = fs::read(&path).unwrap();
        for (sql, kept) in [
            ("INSERT INTO profiles (bucket_id) VALUES (77)", true),
            ("UPDATE profiles SET made_to = 1000 WHERE text IS NOT NULL", false),
            ("UPDATE profiles SET made_to = NULL WHERE text IS NOT NULL", false),
        ] {
            fs::write(&path, &whole).unwrap();
            change(&path, sql);
            let ended = run(&path, &["check"]).await;
            let expected = "- profiles without a bucket, or of memories that don't exist yet: 1\n";
            assert_eq!((ended.code, ended.out.as_str()), (Some(1), expected), "{sql}: {}", ended.errors);
            assert!(ended.errors.contains("`reindex` rebuilds the rest"), "{}", ended.errors);
            ok(&path, &["reindex"]).await;
            ok(&path, &["check"]).await;
            assert_eq!(profile(&path).is_some(), kept, "{sql}");
        }
    }
}
