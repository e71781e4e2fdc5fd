//! Every example of openapi/engram.yaml fits, and none fits any more once it is broken, in whatever place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code, unreachable_pub)]

#[path = "../../tests/support/spec.rs"]
mod support;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use lumetra_engram_spec::openapi::{self, component, elements, members, referenced};
use lumetra_engram_spec::{Mismatch, Operation, Spec};
use serde_json::{Map, Value, json};
use support::{document, examples, leaf};

/// An example with its schema, and how it is checked.
struct Example<'a> {
    operation: &'a Operation,
    target: String,
    /// `None` in a request.
    status: Option<StatusCode>,
    media: &'a str,
    schema: &'a Value,
    value: &'a Value,
}

impl Example<'_> {
    fn check(&self, value: &Value) -> Vec<Mismatch> {
        let json = Bytes::from(value.to_string());
        let Some(status) = self.status else {
            let request =
                Request::post(&self.target).header(AUTHORIZATION, "Bearer k").header(CONTENT_TYPE, self.media);
            return self.operation.check_request(&request.body(json).unwrap());
        };
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, self.media.parse().unwrap())]);
        headers.insert("retry-after", "1".parse().unwrap());
        let body = if self.is_event() { format!("data: {value}\n\ndata: [DONE]\n\n").into() } else { json };
        self.operation.check_answer(status, &headers, &body)
    }

    fn is_event(&self) -> bool {
        self.media == "text/event-stream"
    }

    /// Where its root is in the message.
    fn root(&self) -> &'static str {
        if self.is_event() { "/frames/0" } else { "/body" }
    }
}

fn all_examples<'a>(spec: &'a Value, described: &'a Spec) -> Vec<Example<'a>> {
    let mut all = Vec::new();
    for written in openapi::operations(spec) {
        let target = written.path.replace(['{', '}'], "");
        let operation = described.operation(&written.method.to_uppercase().parse().unwrap(), &target).unwrap();
        assert_eq!(Some(operation.id()), written.id());
        let answers = members(&written.value["responses"]);
        let answers = answers.map(|(status, answer)| (status.replace("XX", "02").parse().ok(), answer));
        for (status, message) in answers.chain(written.value.get("requestBody").map(|body| (None, body))) {
            for (media, content) in members(&openapi::resolve(spec, message).unwrap()["content"]) {
                all.extend(examples(content).into_iter().map(|value| Example {
                    operation,
                    target: target.clone(),
                    status,
                    media,
                    schema: &content["schema"],
                    value,
                }));
            }
        }
    }
    all
}

/// A value that is broken, and where: exactly there a mismatch must be, or in that object where something is missing.
struct Broken {
    path: String,
    is_missing: bool,
    value: Value,
}

fn broken(spec: &Value, schema: &Value, value: &Value) -> Vec<Broken> {
    let schema = leaf(spec, schema, value);
    let mut all = Vec::new();
    if schema.get("type").is_some() {
        let wrong = if value.is_boolean() { json!("no boolean") } else { json!(true) };
        all.push(Broken { path: String::new(), is_missing: false, value: wrong });
    }
    match value {
        Value::Object(members) => all.extend(broken_members(spec, schema, members)),
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                let within = broken(spec, &schema["items"], element);
                all.extend(within.into_iter().map(|it| {
                    it.inside(&index.to_string(), |element| {
                        let mut elements = elements.clone();
                        elements[index] = element;
                        elements.into()
                    })
                }));
            }
        }
        _ => {}
    }
    all
}

fn broken_members(spec: &Value, schema: &Value, members: &Map<String, Value>) -> Vec<Broken> {
    let mut all = Vec::new();
    let with = |name: &str, value: Value| {
        let mut members = members.clone();
        members.insert(name.to_owned(), value);
        Value::from(members)
    };
    if let Some(properties) = schema["properties"].as_object() {
        assert!(!properties.contains_key("novelty"));
        all.push(Broken { path: "/novelty".to_owned(), is_missing: false, value: with("novelty", json!(1)) });
    }
    for required in elements(&schema["required"]) {
        let mut members = members.clone();
        members.remove(required.as_str().unwrap()).expect("an example has what is required");
        all.push(Broken { path: String::new(), is_missing: true, value: members.into() });
    }
    for (name, member) in members {
        let property = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
        let within = if property.is_object() { broken(spec, property, member) } else { Vec::new() };
        all.extend(within.into_iter().map(|it| it.inside(name, |member| with(name, member))));
    }
    all
}

impl Broken {
    fn inside(self, name: &str, wrap: impl FnOnce(Value) -> Value) -> Self {
        Self { path: format!("/{name}{}", self.path), is_missing: self.is_missing, value: wrap(self.value) }
    }

    fn is_found(&self, root: &str, mismatch: &Mismatch) -> bool {
        let path = format!("{root}{}", self.path);
        if self.is_missing {
            let object = mismatch.path.rsplit_once('/').map(|(object, _)| object);
            return object == Some(&path) && mismatch.problem == "is required, and missing";
        }
        mismatch.path == path
    }
}

#[test]
fn every_example_fits() {
    let (spec, described) = (document(), Spec::of_engram().unwrap());
    let all = all_examples(&spec, &described);
    let requests = all.iter().filter(|example| example.status.is_none()).count();
    let events = all.iter().filter(|example| example.is_event()).count();
    assert!(requests >= 6 && events >= 3 && all.len() > 100, "{requests} {events} {}", all.len());
    for example in all {
        assert_eq!(example.check(example.value), [], "{}", example.value);
    }
}

#[test]
fn an_example_with_a_wrong_type_an_unknown_name_or_something_missing_is_found_at_any_depth() {
    let (spec, described) = (document(), Spec::of_engram().unwrap());
    let (mut tried, mut deepest) = (0, 0);
    for example in all_examples(&spec, &described) {
        for broken in broken(&spec, example.schema, example.value) {
            let mismatches = example.check(&broken.value);
            let found = mismatches.iter().any(|mismatch| broken.is_found(example.root(), mismatch));
            assert!(found, "{} {}: {}: {mismatches:?}", example.operation.id(), broken.path, broken.value);
            (tried, deepest) = (tried + 1, deepest.max(broken.path.matches('/').count()));
        }
    }
    assert!(tried > 500 && deepest >= 4, "{tried} {deepest}");
}

#[test]
fn what_names_no_property_may_hold_anything() {
    let (spec, described) = (document(), Spec::of_engram().unwrap());
    let anything = json!({"a": {"b": [{"c": 1}]}});
    let mut seen = std::collections::BTreeSet::new();
    for example in all_examples(&spec, &described) {
        for (name, property) in members(&leaf(&spec, example.schema, example.value)["properties"]) {
            let property = referenced(property).map_or(property, |name| component(&spec, name));
            let is_free = property.get("properties").or(property.get("oneOf")).is_none()
                && property.get("type").is_none_or(|kind| kind == "object");
            if is_free && let Some(members) = example.value.as_object() {
                let mut members = members.clone();
                members.insert(name.to_owned(), anything.clone());
                assert_eq!(example.check(&members.into()), [], "{name}");
                seen.insert(name);
            }
        }
    }
    assert_eq!(seen, ["answer_json", "error", "profile", "synthesis_usage"].into());
}
