//! The JSON Schemas of the types say what the types say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use crate::support::spec::{collect, document, examples, examples_of_schemas};
use lumetra_engram::TopKPerBucket;
use lumetra_engram::api::{BareOrWrapped, types};
use lumetra_engram_spec::openapi::{self, component, is_required, referenced};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A type of the spec.
struct Type {
    /// The schema of what may be received.
    received: Value,
    /// The schema of what is sent.
    sent: Value,
    /// Decodes a value and encodes what it was decoded to.
    recode: fn(&Value) -> Value,
}

impl Type {
    fn of<T: DeserializeOwned + Serialize + JsonSchema>() -> Self {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        Self {
            received: schema_for!(T).into(),
            sent: generator.into_root_schema_for::<T>().into(),
            recode: |value| serde_json::to_value(serde_json::from_value::<T>(value.clone()).unwrap()).unwrap(),
        }
    }
}

fn all_types() -> BTreeMap<&'static str, Type> {
    use types::*;
    type ListBucketsAnswer = BareOrWrapped<ListBucketsResult, Bucket>;
    type ListMemoriesAnswer = BareOrWrapped<ListMemoriesResult, Memory>;
    type StoreMemoriesAnswer = BareOrWrapped<StoreMemoriesResult, StoreMemoryResult>;
    macro_rules! named {
        ($($name:ident)*) => { BTreeMap::from([$((stringify!($name), Type::of::<$name>())),*]) };
    }
    named![
        Acknowledgement BatchMemory Bucket Buckets ClearMemoriesResult CreateBucketRequest Dedup EntityMatch Error
        GraphFact ListBucketsAnswer ListBucketsResult ListMemoriesAnswer ListMemoriesResult Memories Memory MergeReason
        Profile ProfileResult ProfileStatus QueryDelta QueryDeltaChoice QueryDeltaFrame QueryErrorFrame QueryExplanation
        QueryFinalFrame QueryOptions QueryRequest QueryResult QueryStreamFrame QueryUsage RetrievedMemory ReturnFormat
        StoreMemoriesAnswer StoreMemoriesRequest StoreMemoriesResult StoreMemoryRequest StoreMemoryResult
        StoreMemoryResults StoreRequest StoreResult StoreStatus SynthesisUsage TopKPerBucket
    ]
}

/// The examples of each schema of a request, an answer or an error.
fn all_examples(spec: &Value) -> BTreeMap<&str, Vec<&Value>> {
    let mut found = examples_of_schemas(spec);
    let bodies = openapi::operations(spec).map(|operation| &operation.value["requestBody"]);
    let errors = spec["components"]["responses"].as_object().unwrap().values();
    for body in bodies.chain(errors) {
        let content = &body["content"]["application/json"];
        examples(content).into_iter().for_each(|example| collect(spec, &content["schema"], example, &mut found));
    }
    found
}

fn is_valid(schema: &Value, value: &Value) -> bool {
    jsonschema::validator_for(schema).unwrap().is_valid(value)
}

#[test]
fn every_type_of_the_spec_has_a_schema_and_an_example() {
    let spec = document();
    let all: BTreeSet<_> = spec["components"]["schemas"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(all_types().into_keys().collect::<BTreeSet<_>>(), all);
    assert_eq!(all_examples(&spec).into_keys().collect::<BTreeSet<_>>(), all);
}

#[test]
fn every_example_is_valid_as_it_comes_and_as_it_is_sent() {
    let (spec, types) = (document(), all_types());
    for (name, examples) in all_examples(&spec) {
        let Type { received, sent, recode } = &types[name];
        for example in examples {
            assert!(is_valid(received, example), "{name}: {example} against {received:#}");
            let encoded = recode(example);
            assert!(is_valid(sent, &encoded), "{name}: {encoded} against {sent:#}");
        }
    }
}

/// A value that the spec does not allow for this schema, if there is one.
fn wrong_value(spec: &Value, schema: &Value) -> Option<Value> {
    let schema = referenced(schema).map_or(schema, |name| component(spec, name));
    match schema["type"].as_str() {
        Some("number") => Some(json!("no number")),
        None if openapi::alternatives(schema).is_none() => None,
        _ => Some(json!(-0.5)),
    }
}

/// The example, broken in each of its places in turn.
fn broken(spec: &Value, name: &str, example: &Value) -> Vec<Value> {
    let schema = component(spec, name);
    let mut all: Vec<_> = wrong_value(spec, schema).into_iter().collect();
    for (property, described) in schema["properties"].as_object().into_iter().flatten() {
        let Some(members) = example.as_object().filter(|members| members.contains_key(property)) else { continue };
        if let Some(wrong) = wrong_value(spec, described) {
            let mut members = members.clone();
            members.insert(property.clone(), wrong);
            all.push(members.into());
        }
        if is_required(schema, property) {
            let mut members = members.clone();
            members.remove(property);
            all.push(members.into());
        }
    }
    all
}

#[test]
fn an_example_with_a_wrong_value_or_without_a_required_one_is_not_valid() {
    let (spec, types) = (document(), all_types());
    for (name, examples) in all_examples(&spec) {
        let broken: Vec<_> = examples.iter().flat_map(|example| broken(&spec, name, example)).collect();
        assert!(!broken.is_empty() || name == "Profile", "{name} can be broken");
        for value in broken {
            let Type { received, sent, .. } = &types[name];
            assert!(!is_valid(received, &value), "{name}: {value} against {received:#}");
            assert!(!is_valid(sent, &value), "{name}: {value} against {sent:#}");
        }
    }
}

#[test]
fn a_value_that_an_open_enum_does_not_know_is_valid_and_those_that_it_knows_are_named() {
    let schema = Value::from(schema_for!(types::StoreStatus));
    assert!(is_valid(&schema, &json!("absorbed")));
    assert_eq!(schema["examples"], json!(["stored", "merged"]));
    assert!(schema["description"].as_str().unwrap().contains("Older servers send\nno status."));
}

#[test]
fn unknown_fields_are_valid() {
    let result = json!({ "answer": "yes", "novelty": [1] });
    assert!(is_valid(&schema_for!(types::QueryResult).into(), &result));
    assert!(is_valid(&schema_for!(types::StoreMemoryRequest).into(), &json!({ "content": "x", "run_id": 1 })));
}

#[test]
fn the_own_type_of_top_k_per_bucket_has_the_schema_of_what_is_sent() {
    assert_eq!(schema_for!(TopKPerBucket), schema_for!(types::TopKPerBucket));
}
