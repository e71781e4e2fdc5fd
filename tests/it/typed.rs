//! Answers of the application's own types.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::support::{Answer, KEY, Server, any_json, everything_printed, property_config};
use lumetra_engram::{AnswerError, EngramError, Query, QueryResult, Request, ReturnFormat, TypedAnswer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
struct Case {
    title: String,
    /// The year of the ruling.
    year: u16,
    court: Option<Court>,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Court {
    Local,
    Supreme,
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
struct Tree {
    name: String,
    branches: Vec<Tree>,
}

fn cases() -> Value {
    json!([{ "title": "A v B", "year": 1999, "court": "supreme" }, { "title": "C v D", "year": 2004 }])
}

fn decoded_cases() -> Vec<Case> {
    let case = |title: &str, year, court| Case { title: title.to_owned(), year, court };
    vec![case("A v B", 1999, Some(Court::Supreme)), case("C v D", 2004, None)]
}

/// Asks for a `T` of a server that answers so.
async fn ask<T: DeserializeOwned + JsonSchema + 'static>(answer: &Value) -> Result<TypedAnswer<T>, EngramError> {
    let server = Server::start([Answer::json(200, answer)]).await;
    server.builder().build().unwrap().query("q").json::<T>().await
}

async fn answer_error<T: DeserializeOwned + JsonSchema + Debug + 'static>(answer: &Value) -> (EngramError, String) {
    let error = ask::<T>(answer).await.unwrap_err();
    let EngramError::Answer(detail) = &error else { panic!("{error:?}") };
    let path = detail.path.clone();
    (error, path)
}

/// The body of a query that is answered with `null`, which is a `T`.
async fn sent<T: DeserializeOwned + JsonSchema + Debug + 'static>(
    query: impl FnOnce(Request<Query>) -> Request<Query<TypedAnswer<T>>>,
) -> Value {
    let server = Server::start([Answer::json(200, &json!({ "answer": "null" }))]).await;
    query(server.client().query("q")).send().await.unwrap();
    server.request().json()
}

#[tokio::test]
async fn a_typed_query_asks_for_json_and_shows_the_types_schema_whole() {
    let body = sent::<Option<Vec<Case>>>(|query| query.json()).await;
    assert_eq!(body["options"]["return_format"], "json");
    let schema = &body["options"]["response_schema"];
    assert_eq!(schema["type"], json!(["array", "null"]));
    assert_eq!(schema["items"]["required"], json!(["title", "year"]));
    assert_eq!(schema["items"]["properties"]["year"]["description"], "The year of the ruling.");
    let text = schema.to_string();
    assert!(text.contains(r#""enum":["local","supreme",null]"#), "{text}");
    assert!(!text.contains("$ref") && !text.contains("$schema") && !text.contains("$defs"), "{text}");
    assert!(jsonschema::validator_for(schema).unwrap().is_valid(&cases()));
}

#[tokio::test]
async fn a_type_that_holds_itself_has_a_schema_and_decodes() {
    let tree = json!({ "name": "a", "branches": [{ "name": "b", "branches": [] }] });
    let server = Server::start([Answer::json(200, &json!({ "answer": "", "answer_json": tree }))]).await;
    let answer = server.client().query("q").json::<Tree>().await.unwrap();
    assert_eq!(answer.value.branches[0].name, "b");
    let schema = &server.request().json()["options"]["response_schema"];
    let validator = jsonschema::validator_for(schema).unwrap();
    assert!(validator.is_valid(&tree) && !validator.is_valid(&json!({ "name": "a", "branches": [{}] })), "{schema}");
}

/// A type without a schema of its own is described by an object that is not empty: the service takes no other.
#[tokio::test]
async fn any_json_can_be_asked_for() {
    let schema = sent::<Value>(|query| query.json()).await["options"]["response_schema"].clone();
    assert!(schema.as_object().is_some_and(|members| !members.is_empty()), "{schema}");
}

#[tokio::test]
async fn the_answer_is_decoded_and_all_that_came_with_it_is_kept() {
    let came = json!({ "answer": "in words", "answer_json": cases(), "memories_found": 2, "novelty": true });
    let answer = ask::<Vec<Case>>(&came).await.unwrap();
    assert_eq!(answer.value, decoded_cases());
    assert_eq!(serde_json::to_value(&answer.result).unwrap(), came);
    assert_eq!(answer, answer.clone());
}

#[tokio::test]
async fn without_parsed_json_the_text_is_decoded_where_it_is_json_as_a_whole() {
    let json = cases().to_string();
    for text in [
        json.clone(),
        format!(" \n{json}\n"),
        format!("```json\n{json}\n```"),
        format!("```\n{json}\n```\n"),
        format!("They asked for cases.\n\nFINAL ANSWER: {json}"),
        format!("<think>They want cases: [1].</think>\n{json}"),
        format!("\n<thinking>\n```json\n[]\n```\n</thinking>\n\n```json\n{json}\n```"),
        format!("```JSON\n{json}\n```"),
        format!("~~~\n{json}\n~~~"),
        format!("  ````json5\r\n{json}\r\n````\r\n"),
        format!("Here are the cases:\n\n```json\n{json}\n```\nThat is all."),
        format!("I am to write FINAL ANSWER: and then\nFINAL ANSWER:\n```json\n{json}\n```"),
    ] {
        for parsed in [json!({ "answer": text, "answer_json": null }), json!({ "answer": text })] {
            let answer = ask::<Vec<Case>>(&parsed).await.unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(answer.value, decoded_cases(), "{text}");
        }
    }
    let quoted = ask::<Vec<String>>(&json!({ "answer": r#"["FINAL ANSWER: [\"x\"]"]"# })).await.unwrap();
    assert_eq!(quoted.value, [r#"FINAL ANSWER: ["x"]"#], "the marker may be in the answer itself");
}

#[tokio::test]
async fn text_that_is_not_json_as_a_whole_is_an_error_that_keeps_it() {
    let json = cases().to_string();
    for text in [
        String::new(),
        "no cases".to_owned(),
        format!("Here they are: {json}"),
        format!("{json} That is all."),
        json[..json.len() - 1].to_owned(),
        format!("```json\n{json}"),
        format!("FINAL ANSWER: {json}\nFINAL ANSWER:"),
        format!("```json\n{json}\n```\nor\n```json\n{json}\n```"),
        format!("<think>{json}"),
    ] {
        let (error, path) = answer_error::<Vec<Case>>(&json!({ "answer": text })).await;
        assert_eq!(path, "", "{text}");
        let EngramError::Answer(detail) = &error else { unreachable!() };
        assert_eq!(detail.result.answer, text);
        assert!(error.to_string().starts_with("Engram answer does not fit: "), "{error}");
        crate::support::assert_one_short_line(&error);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_an_error_that_keeps_it_and_says_where_and_why() {
    let mut wrong = cases();
    wrong[1]["year"] = json!("long ago");
    let came = json!({ "answer": "", "answer_json": wrong, "memories_found": 2 });
    let (error, path) = answer_error::<Vec<Case>>(&came).await;
    assert_eq!(path, "[1].year");
    let problem = r#"invalid type: string "long ago", expected u16"#;
    assert_eq!(error.to_string(), format!("Engram answer does not fit: at `[1].year`: {problem}"));
    assert_eq!(error.status().map(u16::from), Some(200));
    let EngramError::Answer(detail) = &error else { unreachable!() };
    assert_eq!(serde_json::to_value(&detail.result).unwrap(), came);
    assert_eq!(format!("Engram answer does not fit: {detail}"), error.to_string());

    let (error, path) = answer_error::<Vec<Case>>(&json!({ "answer": r#"{"year": 1}"# })).await;
    assert_eq!((path.as_str(), error.status().map(u16::from)), ("", Some(200)));
    assert_eq!(error.to_string(), "Engram answer does not fit: invalid type: map, expected a sequence");
}

#[tokio::test]
async fn a_long_value_of_many_lines_does_not_make_the_error_long() {
    let value = "line\n\u{1b}[31m".repeat(1000);
    let (error, _) = answer_error::<Vec<u8>>(&json!({ "answer": "", "answer_json": [value] })).await;
    crate::support::assert_one_short_line(&error);
}

#[tokio::test]
async fn an_answer_that_repeats_the_key_does_not_make_the_error_show_it() {
    for answer in [
        json!({ "answer": "", "answer_json": { "a": KEY } }),
        json!({ "answer": "", "answer_json": { KEY: "x" } }),
        json!({ "answer": format!("{KEY} is no JSON") }),
        json!({ "answer": format!("\"{KEY}\"") }),
    ] {
        let (error, path) = answer_error::<BTreeMap<String, u8>>(&answer).await;
        let EngramError::Answer(detail) = &error else { unreachable!() };
        let printed = everything_printed(&error) + &path + &format!("{detail} {detail:?} {detail:#?}");
        assert!(!printed.contains(KEY), "{printed}");
        assert!(serde_json::to_string(&detail.result).unwrap().contains(KEY), "the answer itself is as it came");
    }
}

#[tokio::test]
async fn the_last_schema_counts() {
    let own = || json!({ "type": "integer" });
    let body = sent::<Option<u8>>(|query| query.json().response_schema(own())).await;
    assert_eq!(body["options"]["response_schema"], own());
    assert_eq!(body["options"]["return_format"], "json");
    let body = sent::<Option<u8>>(|query| query.response_schema(own()).json()).await;
    assert_eq!(body["options"]["response_schema"]["format"], "uint8");
}

#[tokio::test]
async fn every_setter_works_before_and_after() {
    let set = |query: Request<Query>| {
        let query = query.buckets(["a", "b"]).top_k(4).top_k_per_bucket([("a", 20)]).return_explanation(false);
        let query = query.max_tokens(512).min_similarity_threshold(0.5).min_weighted_score(0.25);
        query.extra("agent_id", "a1").extra_option("rerank", true).json::<Option<u8>>()
    };
    let set_after = |query: Request<Query>| {
        let query = query.json::<Option<u8>>().buckets(["a", "b"]).top_k(4).top_k_per_bucket([("a", 20)]);
        let query = query.return_explanation(false).max_tokens(512).min_similarity_threshold(0.5);
        query.min_weighted_score(0.25).extra("agent_id", "a1").extra_option("rerank", true)
    };
    let (before, after) = (sent(set).await, sent(set_after).await);
    assert_eq!(before, after);
    let schema = before["options"]["response_schema"].clone();
    let options = json!({
        "top_k": 4, "top_k_per_bucket": { "a": 20 }, "return_explanation": false, "skip_synthesis": false,
        "max_tokens": 512, "min_similarity_threshold": 0.5, "min_weighted_score": 0.25, "rerank": true,
        "return_format": "json", "response_schema": schema,
    });
    assert_eq!(before, json!({ "query": "q", "buckets": ["a", "b"], "agent_id": "a1", "options": options }));
}

#[tokio::test]
async fn a_query_that_could_have_no_typed_answer_is_not_sent() {
    let server = Server::start(Vec::<Answer>::new()).await;
    let query = || server.client().query("q");
    for (query, names) in [
        (query().skip_synthesis(true).json::<u8>(), "skip_synthesis"),
        (query().json::<u8>().skip_synthesis(true), "skip_synthesis"),
        (query().json::<u8>().return_format(ReturnFormat::Prose), "return_format"),
        (query().json::<u8>().top_k(0), "top_k"),
        (query().json::<u8>().response_schema(json!({})), "response_schema"),
    ] {
        let error = query.await.unwrap_err();
        assert!(matches!(error, EngramError::InvalidRequest(_)) && error.to_string().contains(names), "{error:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_typed_query_can_be_spawned_and_fails_as_any_other() {
    let server = Server::start([Answer::json(401, &json!({ "error": "Invalid API key" }))]).await;
    let query = server.client().query("q").json::<Vec<Case>>();
    assert!(!format!("{query:?}").contains(KEY));
    let error = tokio::spawn(query.into_future()).await.unwrap().unwrap_err();
    assert!(error.is_unauthorized(), "{error:?}");
    assert!(size_of::<EngramError>() <= 24, "{} bytes", size_of::<EngramError>());
    fn thread_safe<T: Send + Sync + 'static>() {}
    thread_safe::<(AnswerError, TypedAnswer<Case>)>();
}

// Properties.

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Asserts that the outcome is that of serde, and that nothing is lost.
async fn ensure_decoded_as_serde_does<T>(answer: &Value, value: &Value) -> Result<(), TestCaseError>
where
    T: DeserializeOwned + JsonSchema + PartialEq + Debug + 'static,
{
    let came: QueryResult = serde_json::from_value(answer.clone()).unwrap();
    match (ask::<T>(answer).await, serde_json::from_value::<T>(value.clone())) {
        (Ok(typed), Ok(expected)) => {
            prop_assert_eq!(typed.value, expected);
            prop_assert_eq!(typed.result, came);
        }
        (Err(EngramError::Answer(error)), Err(_)) => prop_assert_eq!(&error.result, &came),
        (outcome, expected) => prop_assert!(false, "{:?} in place of {:?}", outcome, expected),
    }
    Ok(())
}

#[test]
fn any_json_is_decoded_or_is_an_error_that_keeps_it() {
    let runtime = runtime();
    let outcome = TestRunner::new(property_config(64)).run(&any_json(), |value| {
        runtime.block_on(async {
            let text = json!({ "answer": value.to_string() });
            let parsed = if value.is_null() { text.clone() } else { json!({ "answer": "x", "answer_json": value }) };
            for answer in [&text, &parsed] {
                ensure_decoded_as_serde_does::<Value>(answer, &value).await?;
                ensure_decoded_as_serde_does::<Option<Vec<Case>>>(answer, &value).await?;
                ensure_decoded_as_serde_does::<BTreeMap<String, Value>>(answer, &value).await?;
                ensure_decoded_as_serde_does::<Tree>(answer, &value).await?;
                ensure_decoded_as_serde_does::<i64>(answer, &value).await?;
                ensure_decoded_as_serde_does::<String>(answer, &value).await?;
            }
            Ok(())
        })
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn the_path_leads_to_the_value_that_does_not_fit() {
    type Nested = BTreeMap<String, Vec<Vec<Case>>>;
    let sizes = vec(vec(1..4_usize, 1..4), 1..4);
    let strategy = (sizes, any::<[prop::sample::Index; 3]>(), prop::sample::select(&["title", "year", "court"][..]));
    let runtime = runtime();
    let outcome = TestRunner::new(property_config(64)).run(&strategy, |(sizes, place, field)| {
        let case = json!({ "title": "A v B", "year": 1, "court": "local" });
        let mut value = json!({});
        for (index, lists) in sizes.iter().enumerate() {
            value[format!("k{index}")] = lists.iter().map(|length| vec![case.clone(); *length]).collect();
        }
        let [a, b, c] = place;
        let a = a.index(sizes.len());
        let b = b.index(sizes[a].len());
        let c = c.index(sizes[a][b]);
        value[format!("k{a}")][b][c][field] = json!(-1);
        let (error, path) = runtime.block_on(answer_error::<Nested>(&json!({ "answer": "", "answer_json": value })));
        prop_assert_eq!(&path, &format!("k{a}[{b}][{c}].{field}"));
        prop_assert!(error.to_string().contains(&format!("at `{path}`: ")), "{}", error);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
