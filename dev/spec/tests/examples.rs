//! Every example of openapi/engram.yaml fits its schema, and none fits any more once it is broken, in whatever place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lumetra_engram_spec::{Schemas, walk};
use serde_json::{Value, json};

/// The objects that may hold anything.
const FREE: [&str; 8] = [
    "answer_json",
    "error",
    "metadata",
    "profile",
    "profiles",
    "response_schema",
    "synthesis_usage",
    "top_k_per_bucket",
];

/// The pointers to the value and all in it, but for what may be anything.
fn places(value: &Value) -> Vec<String> {
    let below = |name: String, value| places(value).into_iter().map(move |place| format!("/{name}{place}"));
    let mut found = vec![String::new()];
    match value {
        Value::Object(members) => {
            let judged = members.iter().filter(|(name, _)| !FREE.contains(&name.as_str()));
            found.extend(judged.flat_map(|(name, member)| below(name.clone(), member)));
        }
        Value::Array(elements) => {
            found.extend(elements.iter().enumerate().flat_map(|(at, element)| below(at.to_string(), element)));
        }
        _ => {}
    }
    found
}

#[test]
fn an_unknown_name_or_a_wrong_type_is_found_at_any_depth_of_every_example() {
    let document: Value = serde_saphyr::from_str(include_str!("../../../openapi/engram.yaml")).unwrap();
    let mut schemas = Schemas::new(&document);
    let (mut tried, mut deepest) = (0, 0);
    for (schema, example) in walk::examples(&document) {
        let schema = schemas.compile(schema).unwrap();
        assert_eq!(schema.check(example), [], "{example}");
        for place in places(example) {
            let mut broken = example.clone();
            let value = broken.pointer_mut(&place).unwrap();
            let path = match value.as_object_mut() {
                Some(members) => {
                    members.insert("novelty".to_owned(), json!(1));
                    format!("{place}/novelty")
                }
                None => {
                    *value = if value.is_boolean() { json!("no boolean") } else { json!(true) };
                    place.clone()
                }
            };
            let found = schema.check(&broken);
            assert!(found.iter().any(|finding| finding.path == path), "{path}: {broken}: {found:?}");
            (tried, deepest) = (tried + 1, deepest.max(path.matches('/').count()));
        }
    }
    assert!(tried > 200 && deepest >= 4, "{tried} {deepest}");
}
