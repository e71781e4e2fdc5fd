//! Tolerance as a property: from the examples in the spec, answers are made as older, newer and odder servers might send them.
//! Each decodes, and nothing that was sent is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use crate::support::spec::{
    answer_schemas, branches, came_as, document, examples, full_examples, holds_something, known_names, leaf, successes,
};
use crate::support::{Answer, Server, any_json, any_text, call, call_with, property_config, results_in};
use lumetra_engram::api::{BareOrWrapped, types};
use lumetra_engram_spec::openapi::{component, is_required};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

// The types.

/// Decodes a text, encodes what it was decoded to, and checks that this decodes to the same again.
type RoundTrip = fn(&str) -> Result<Value, String>;

fn round_trip<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &str) -> Result<Value, String> {
    let decoded: T = serde_json::from_str(text).map_err(|error| format!("{text} does not decode: {error}"))?;
    let encoded = serde_json::to_string(&decoded).map_err(|error| error.to_string())?;
    let again: T = serde_json::from_str(&encoded).map_err(|error| format!("{encoded} does not decode: {error}"))?;
    match again == decoded {
        true => serde_json::from_str(&encoded).map_err(|error| error.to_string()),
        false => Err(format!("{decoded:?} became {again:?}")),
    }
}

/// The type of each component schema of an answer.
fn round_trips() -> BTreeMap<&'static str, RoundTrip> {
    use types::*;
    type ListOf<Wrapped, Item> = BareOrWrapped<Wrapped, Item>;
    let all: [(&'static str, RoundTrip); 31] = [
        ("Acknowledgement", round_trip::<Acknowledgement>),
        ("Bucket", round_trip::<Bucket>),
        ("Buckets", round_trip::<Buckets>),
        ("ClearMemoriesResult", round_trip::<ClearMemoriesResult>),
        ("EntityMatch", round_trip::<EntityMatch>),
        ("GraphFact", round_trip::<GraphFact>),
        ("ListBucketsAnswer", round_trip::<ListOf<ListBucketsResult, Bucket>>),
        ("ListBucketsResult", round_trip::<ListBucketsResult>),
        ("ListMemoriesAnswer", round_trip::<ListOf<ListMemoriesResult, Memory>>),
        ("ListMemoriesResult", round_trip::<ListMemoriesResult>),
        ("Memories", round_trip::<Memories>),
        ("Memory", round_trip::<Memory>),
        ("MergeReason", round_trip::<MergeReason>),
        ("Profile", round_trip::<Profile>),
        ("ProfileResult", round_trip::<ProfileResult>),
        ("ProfileStatus", round_trip::<ProfileStatus>),
        ("QueryDelta", round_trip::<QueryDelta>),
        ("QueryDeltaChoice", round_trip::<QueryDeltaChoice>),
        ("QueryDeltaFrame", round_trip::<QueryDeltaFrame>),
        ("QueryErrorFrame", round_trip::<QueryErrorFrame>),
        ("QueryExplanation", round_trip::<QueryExplanation>),
        ("QueryFinalFrame", round_trip::<QueryFinalFrame>),
        ("QueryResult", round_trip::<QueryResult>),
        ("QueryStreamFrame", round_trip::<QueryStreamFrame>),
        ("QueryUsage", round_trip::<QueryUsage>),
        ("RetrievedMemory", round_trip::<RetrievedMemory>),
        ("StoreMemoriesAnswer", round_trip::<ListOf<StoreMemoriesResult, StoreMemoryResult>>),
        ("StoreMemoriesResult", round_trip::<StoreMemoriesResult>),
        ("StoreMemoryResult", round_trip::<StoreMemoryResult>),
        ("StoreMemoryResults", round_trip::<StoreMemoryResults>),
        ("StoreResult", round_trip::<StoreResult>),
    ];
    let further: [(&'static str, RoundTrip); 2] =
        [("StoreStatus", round_trip::<StoreStatus>), ("SynthesisUsage", round_trip::<SynthesisUsage>)];
    all.into_iter().chain(further).collect()
}

// What older, newer and odder servers do.

#[derive(Clone, Debug)]
enum Change {
    /// Leaves out what need not be there, or one of two names for the same.
    Remove,
    /// Sends null in its place.
    Null,
    /// Adds a member that the spec does not have.
    Add(String, Value),
    /// Sends a value of an open enum that the spec does not have.
    Enum(String),
    /// Sends the property under a further name only.
    Rename(Index),
    /// Sends something else under a further name.
    AddUnderAlias(Index, Value),
    /// Writes an integer as a float, or a number as a text.
    Respell(bool),
}

/// A change, and which of the places where it can be made it is made at.
type Step = (Change, Index);

const KNOWN_ELSEWHERE: [&str; 9] = ["id", "name", "content", "status", "error", "data", "score", "extra", "choices"];

/// The name of a new member: any text, or one that other objects know.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![3 => any_text(), 1 => select(&KNOWN_ELSEWHERE[..]).prop_map(str::to_owned)]
}

fn any_step() -> impl Strategy<Value = Step> {
    let change = prop_oneof![
        3 => Just(Change::Remove),
        2 => Just(Change::Null),
        4 => (any_name(), any_json()).prop_map(|(name, value)| Change::Add(name, value)),
        1 => any_text().prop_map(Change::Enum),
        1 => any::<Index>().prop_map(Change::Rename),
        1 => (any::<Index>(), any_json()).prop_map(|(alias, value)| Change::AddUnderAlias(alias, value)),
        1 => any::<bool>().prop_map(Change::Respell),
    ];
    (change, any::<Index>())
}

/// An object in a value, and the schema that it follows.
struct Object<'a> {
    pointer: String,
    schema: &'a Value,
    /// The names that would make another answer of it.
    reserved: BTreeSet<&'a str>,
}

fn objects<'a>(spec: &'a Value, schema: &'a Value, value: &Value, pointer: &str, found: &mut Vec<Object<'a>>) {
    let leaf = leaf(spec, schema, value);
    match value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                objects(spec, &leaf["items"], element, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(members) if !leaf["type"].is_null() => {
            let reserved = branches(spec, schema).into_iter().flat_map(known_names).collect();
            found.push(Object { pointer: pointer.to_owned(), schema: leaf, reserved });
            for (name, property) in leaf["properties"].as_object().into_iter().flatten() {
                if let Some(name) = came_as(leaf, name, members) {
                    objects(spec, property, &members[name], &format!("{pointer}/{}", escaped(name)), found);
                }
            }
        }
        _ => {}
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whether the property may be missing: it is optional, or another name says the same.
fn can_be_missing(schema: &Value, name: &str, members: &Map<String, Value>) -> bool {
    let properties = schema["properties"].as_object().unwrap();
    let has_value = |name: &str| members.get(name).is_some_and(|value| !value.is_null());
    let mirror = properties.iter().find(|(_, property)| property["x-mirror-of"] == name).map(|(mirror, _)| mirror);
    match (properties[name]["x-mirror-of"].as_str(), mirror) {
        (Some(mirrored), _) => !is_required(schema, mirrored) || has_value(mirrored),
        (None, Some(mirror)) => !is_required(schema, name) || has_value(mirror),
        (None, None) => !is_required(schema, name),
    }
}

/// Whether the change can be made to this property.
fn can_change(spec: &Value, change: &Change, schema: &Value, name: &str, members: &Map<String, Value>) -> bool {
    let Some(value) = members.get(name).filter(|value| !value.is_null()) else { return false };
    let property = &schema["properties"][name];
    let leaf = leaf(spec, property, value);
    match change {
        Change::Remove | Change::Null => can_be_missing(schema, name, members),
        Change::Enum(_) => leaf.get("x-extensible-enum").is_some(),
        Change::Rename(_) | Change::AddUnderAlias(..) => property.get("x-aliases").is_some(),
        Change::Respell(_) => leaf["type"] == "integer" || leaf["type"] == "number",
        Change::Add(..) => false,
    }
}

/// Makes the change to the value, where it can be made at all.
fn make(spec: &Value, schema: &Value, value: &mut Value, (change, place): &Step) {
    let mut found = Vec::new();
    objects(spec, schema, value, "", &mut found);
    if let Change::Add(name, added) = change {
        found.retain(|object| !object.reserved.contains(name.as_str()) && takes_any_member(object.schema));
        if !found.is_empty() {
            let object = value.pointer_mut(&place.get(&found).pointer).unwrap();
            object[name.as_str()] = added.clone();
        }
        return;
    }
    let mut places = Vec::new();
    for object in &found {
        let members = value.pointer(&object.pointer).unwrap().as_object().unwrap();
        let names = object.schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let changed = names.filter(|name| can_change(spec, change, object.schema, name, members));
        places.extend(changed.map(|name| (object, name)));
    }
    if places.is_empty() {
        return;
    }
    let (object, name) = *place.get(&places);
    let members = value.pointer_mut(&object.pointer).unwrap().as_object_mut().unwrap();
    make_to_member(change, &object.schema["properties"][name], name, members);
}

fn takes_any_member(schema: &Value) -> bool {
    !schema["additionalProperties"].is_object()
}

fn make_to_member(change: &Change, property: &Value, name: &str, members: &mut Map<String, Value>) {
    let alias = |index: &Index| index.get(property["x-aliases"].as_array().unwrap()).as_str().unwrap().to_owned();
    let value = members.remove(name).unwrap();
    match change {
        Change::Remove => {}
        Change::Null => drop(members.insert(name.to_owned(), Value::Null)),
        Change::Enum(text) => drop(members.insert(name.to_owned(), json!(text))),
        Change::Rename(index) => drop(members.insert(alias(index), value)),
        Change::AddUnderAlias(index, other) => {
            let other = if other.is_array() { json!({ "other": other }) } else { other.clone() };
            members.insert(alias(index), other);
            members.insert(name.to_owned(), value);
        }
        Change::Respell(as_text) => {
            let other = if *as_text { json!(number(&value).to_string()) } else { json!(number(&value)) };
            members.insert(name.to_owned(), other);
        }
        Change::Add(..) => unreachable!("a member is added to an object"),
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

/// The value as JSON, with the members of its objects forwards or backwards.
fn written(value: &Value, backwards: bool) -> String {
    let joined = |mut parts: Vec<String>, reversed: bool| {
        if reversed {
            parts.reverse();
        }
        parts.join(",")
    };
    match value {
        Value::Array(elements) => {
            format!("[{}]", joined(elements.iter().map(|e| written(e, backwards)).collect(), false))
        }
        Value::Object(members) => {
            let members =
                members.iter().map(|(name, member)| format!("{}:{}", json!(name), written(member, backwards)));
            format!("{{{}}}", joined(members.collect(), backwards))
        }
        scalar => scalar.to_string(),
    }
}

// What is to become of it.

fn ensure(condition: bool, place: &str, sent: &Value, encoded: &Value) -> Result<(), TestCaseError> {
    prop_assert!(condition, "{place}: {sent} became {encoded}");
    Ok(())
}

/// All that was sent is there, under the names of today, and nothing else is.
fn ensure_kept(spec: &Value, schema: &Value, sent: &Value, kept: &Value, place: &str) -> Result<(), TestCaseError> {
    let leaf = leaf(spec, schema, sent);
    match sent {
        Value::Array(elements) if leaf["type"] == "array" => {
            ensure(kept.as_array().map_or(0, Vec::len) == elements.len(), place, sent, kept)?;
            for (index, element) in elements.iter().enumerate() {
                ensure_kept(spec, &leaf["items"], element, &kept[index], &format!("{place}[{index}]"))?;
            }
            Ok(())
        }
        Value::Object(members) if leaf["type"] == "object" => {
            ensure_members_kept(spec, leaf, members, kept, place)?;
            ensure_nothing_invented(leaf, members, kept, place)
        }
        _ if leaf["type"] == "integer" => {
            ensure(kept.as_i64().is_some_and(|integer| integer as f64 == number(sent)), place, sent, kept)
        }
        _ if leaf["type"] == "number" => ensure(kept.as_f64() == Some(number(sent)), place, sent, kept),
        other => ensure(kept == other, place, sent, kept),
    }
}

fn ensure_members_kept(
    spec: &Value,
    schema: &Value,
    members: &Map<String, Value>,
    kept: &Value,
    place: &str,
) -> Result<(), TestCaseError> {
    let properties = schema["properties"].as_object();
    let mut taken = BTreeSet::new();
    for (name, property) in properties.into_iter().flatten() {
        taken.insert(name.as_str());
        let Some(came_as) = came_as(schema, name, members) else { continue };
        taken.insert(came_as);
        ensure_kept(spec, property, &members[came_as], &kept[name], &format!("{place}.{name}"))?;
        if let Some(mirrored) = property["x-mirror-of"].as_str().filter(|mirrored| members.get(*mirrored).is_none()) {
            ensure(kept[mirrored] == kept[name], &format!("{place}.{mirrored}"), &members[name], kept)?;
        }
    }
    for (name, member) in members.iter().filter(|(name, _)| !taken.contains(name.as_str())) {
        match &schema["additionalProperties"] {
            Value::Bool(true) => ensure(kept.get(name) == Some(member), &format!("{place}.{name}"), member, kept)?,
            Value::Object(_) => {
                ensure_kept(spec, &schema["additionalProperties"], member, &kept[name], &format!("{place}.{name}"))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn ensure_nothing_invented(
    schema: &Value,
    members: &Map<String, Value>,
    kept: &Value,
    place: &str,
) -> Result<(), TestCaseError> {
    for (name, value) in kept.as_object().into_iter().flatten() {
        let mut properties = schema["properties"].as_object().into_iter().flatten();
        let is_mirrored = properties.any(|(_, property)| property["x-mirror-of"] == name.as_str());
        let is_expected = members.contains_key(name)
            || came_as(schema, name, members).is_some()
            || is_mirrored
            || value == ""
            || !holds_something(value);
        prop_assert!(is_expected, "{place}.{name}: {value} was never sent");
    }
    Ok(())
}

#[test]
fn every_schema_of_an_answer_is_under_test() {
    let spec = document();
    let tested: BTreeSet<_> = round_trips().into_keys().collect();
    assert_eq!(answer_schemas(&spec), tested, "left: what the spec has; right: `round_trips`, to be extended");
}

#[test]
fn every_schema_of_an_answer_has_a_full_example() {
    let spec = document();
    for name in answer_schemas(&spec) {
        assert!(!full_examples(&spec, name).is_empty(), "no example of {name} in the spec has all its properties");
    }
}

#[test]
fn answers_of_older_newer_and_odder_servers_decode_and_nothing_is_lost() {
    let spec = document();
    for (name, round_trip) in round_trips() {
        let (schema, examples) = (component(&spec, name), full_examples(&spec, name));
        let strategy = (any::<Index>(), vec(any_step(), 0..8), any::<bool>());
        let outcome = TestRunner::new(property_config(128)).run(&strategy, |(example, steps, backwards)| {
            let mut sent = (*example.get(&examples)).clone();
            steps.iter().for_each(|step| make(&spec, schema, &mut sent, step));
            let encoded = round_trip(&written(&sent, backwards)).map_err(TestCaseError::fail)?;
            ensure_kept(&spec, schema, &sent, &encoded, name)
        });
        outcome.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    }
}

// The same through calls.

/// Answers that a server might give in place of the examples.
fn odd_answers(spec: &Value, schema: &Value, examples: &[&Value], count: usize) -> Vec<(Value, String)> {
    let mut runner = TestRunner::new(property_config(1));
    let strategy = (any::<Index>(), vec(any_step(), 0..8), any::<bool>());
    let mut odd_answer = || {
        let (example, steps, backwards) = strategy.new_tree(&mut runner).unwrap().current();
        let mut sent = (*example.get(examples)).clone();
        steps.iter().for_each(|step| make(spec, schema, &mut sent, step));
        let text = written(&sent, backwards);
        (sent, text)
    };
    (0..count).map(|_| odd_answer()).collect()
}

/// A route may take one fact or many; the answer's form tells which.
fn called<'a>(operation: &'a str, sent: &Value) -> &'a str {
    let many = sent.is_array() || sent.get("memories").is_some_and(Value::is_array);
    if operation == "store_memory" && many { "store_memories" } else { operation }
}

/// The list in a wrapped answer, and the schema of the list.
fn unwrapped<'a>(spec: &'a Value, schema: &'a Value, sent: &'a Value) -> (&'a Value, &'a Value) {
    let leaf = leaf(spec, schema, sent);
    let Some(members) = sent.as_object() else { return (leaf, sent) };
    let mut properties = leaf["properties"].as_object().unwrap().iter();
    let (name, list) = properties.find(|(_, property)| property["type"] == "array").unwrap();
    (list, &sent[came_as(leaf, name, members).unwrap()])
}

fn ensure_answer(
    spec: &Value,
    schema: &Value,
    operation: &str,
    sent: &Value,
    kept: &Value,
) -> Result<(), TestCaseError> {
    match operation {
        "delete_memory" | "delete_bucket" => Ok(()),
        "store_memories" | "list_buckets" => {
            let (schema, list) = unwrapped(spec, schema, sent);
            ensure_kept(spec, schema, list, kept, operation)
        }
        "list_memories" if sent.is_array() => ensure_kept(spec, schema, sent, &kept["memories"], operation),
        _ => ensure_kept(spec, schema, sent, kept, operation),
    }
}

#[tokio::test]
async fn calls_take_the_answers_of_older_newer_and_odder_servers() {
    let spec = document();
    let mut operations = 0;
    for (operation, _, content) in successes(&spec).into_iter().filter(|(_, media, _)| *media == "application/json") {
        operations += 1;
        let answers = odd_answers(&spec, &content["schema"], &examples(content), 32);
        let scripted = answers.iter().map(|(_, text)| Answer::text(200, "application/json", text));
        let server = Server::start(scripted).await;
        let engram = server.builder().build().unwrap();
        for (sent, text) in &answers {
            let operation = called(operation, sent);
            let results = results_in(&serde_json::from_str(text).unwrap());
            let outcome = call_with(&engram, operation, results).await;
            let kept = outcome.unwrap_or_else(|error| panic!("{operation} does not decode {text}: {error}"));
            ensure_answer(&spec, &content["schema"], operation, sent, &kept).unwrap();
        }
    }
    assert!(operations >= 11, "only {operations} answers in the spec");
}

#[tokio::test]
async fn streams_take_the_frames_of_older_newer_and_odder_servers() {
    let spec = document();
    let (_, _, content) =
        successes(&spec).into_iter().find(|(_, media, _)| *media == "text/event-stream").expect("a stream");
    let with = |name: &str| -> Vec<_> { examples(content).into_iter().filter(|e| e.get(name).is_some()).collect() };
    let schema = &content["schema"];
    let deltas = odd_answers(&spec, schema, &with("choices"), 64);
    let mut lasts = odd_answers(&spec, schema, &with("answer"), 64);
    for (last, text) in &mut lasts {
        // A final frame has at least one known field.
        last["memories_found"] = json!(1);
        *text = last.to_string();
    }
    let frames = deltas.iter().zip(&lasts).map(|((_, delta), (_, last))| [delta.as_str(), last]);
    let server = Server::start(frames.map(Answer::sse)).await;
    let engram = server.builder().build().unwrap();
    for ((delta, _), (last, text)) in deltas.iter().zip(&lasts) {
        let outcome = call(&engram, "query_stream").await;
        let mut kept = outcome.unwrap_or_else(|error| panic!("a stream does not take {text}: {error}"));
        if last["answer"].is_null() {
            let streamed = delta.pointer("/choices/0/delta/content").and_then(Value::as_str).unwrap_or_default();
            assert_eq!(kept["answer"], streamed, "the deltas make up the answer");
            kept.as_object_mut().unwrap().remove("answer");
        }
        ensure_kept(&spec, component(&spec, "QueryFinalFrame"), last, &kept, "query_stream").unwrap();
    }
}
