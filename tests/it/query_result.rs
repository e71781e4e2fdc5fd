//! What can be read off the result of a query.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::support::{any_json, any_text, property_config};
use lumetra_engram::{GraphFact, QueryResult, TotalUsage};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const MARKER: &str = "FINAL ANSWER:";

fn result(value: &Value) -> QueryResult {
    serde_json::from_value(value.clone()).unwrap()
}

fn with_answer(answer: &str) -> QueryResult {
    result(&json!({ "answer": answer }))
}

#[test]
fn the_final_answer_is_what_follows_the_last_marker_or_all_of_it() {
    for (answer, expected) in [
        ("", ""),
        (" \n", ""),
        (" Dark mode.\n", "Dark mode."),
        ("FINAL ANSWER: Dark mode.", "Dark mode."),
        ("FINAL ANSWER:Dark mode.", "Dark mode."),
        ("I think.\n\nFINAL ANSWER:\n\nDark mode.\nAlways.\n", "Dark mode.\nAlways."),
        ("I am to end with FINAL ANSWER: first.\nFINAL ANSWER: Dark mode.", "Dark mode."),
        ("I think so. FINAL ANSWER:", ""),
        ("Final answer: dark mode.", "Final answer: dark mode."),
        ("FINAL ANSWER is dark mode.", "FINAL ANSWER is dark mode."),
    ] {
        assert_eq!(with_answer(answer).final_answer(), expected, "{answer:?}");
    }
}

proptest! {
    #![proptest_config(property_config(256))]

    #[test]
    fn any_text_has_a_final_answer(
        parts in vec(prop_oneof![3 => any_text(), 1 => Just(MARKER.to_owned())], 0..6),
    ) {
        let result = with_answer(&parts.concat());
        let (whole, last) = (&result.answer, result.final_answer());
        prop_assert_eq!(last, last.trim());
        prop_assert!(!last.contains(MARKER));
        prop_assert!(whole.trim_end().ends_with(last));
        let before = &whole.trim_end()[..whole.trim_end().len() - last.len()];
        prop_assert!(before.trim_end().ends_with(MARKER) || before.trim().is_empty(), "{:?} in {:?}", last, whole);
    }
}

fn subjects<'a>(facts: &[&'a GraphFact]) -> Vec<&'a str> {
    facts.iter().filter_map(|fact| fact.subject.as_deref()).collect()
}

fn cited(result: &QueryResult) -> Vec<(Option<&str>, Vec<&str>)> {
    let citations = result.citations().into_iter();
    citations.map(|citation| (citation.memory.map(|memory| &*memory.content), subjects(&citation.facts))).collect()
}

#[test]
fn each_memory_is_cited_in_order_with_its_facts_and_what_is_left_comes_last() {
    let result = result(&json!({ "answer": "", "explanation": {
        "retrieved_memories": [
            { "memory_id": "m2", "content": "two" },
            { "id": "m1", "content": "one, from an older server" },
            { "memory_id": "m3", "content": "three" },
            { "memory_id": "m2", "content": "two again" },
            { "content": "of no name" },
        ],
        "graph_facts": [
            { "subject": "a", "memory_id": "m1" },
            { "subject": "b", "memory_id": "elsewhere" },
            { "subject": "c", "memory_id": "m2" },
            { "subject": "d" },
            { "subject": "e", "memory_id": "m1" },
            { "subject": "f", "memory_id": "" },
        ],
    }}));
    let expected = [
        (Some("two"), vec!["c"]),
        (Some("one, from an older server"), vec!["a", "e"]),
        (Some("three"), vec![]),
        (Some("two again"), vec![]),
        (Some("of no name"), vec![]),
        (None, vec!["b", "d", "f"]),
    ];
    assert_eq!(cited(&result), expected);
}

#[test]
fn without_explanation_or_facts_there_is_no_citation_too_many() {
    assert!(cited(&with_answer("yes")).is_empty());
    let memory =
        json!({ "answer": "", "explanation": { "retrieved_memories": [{ "memory_id": "m", "content": "one" }] } });
    assert_eq!(cited(&result(&memory)), [(Some("one"), vec![])]);
    let fact = json!({ "answer": "", "explanation": { "graph_facts": [{ "subject": "a", "memory_id": "m" }] } });
    assert_eq!(cited(&result(&fact)), [(None, vec!["a"])]);
}

proptest! {
    #![proptest_config(property_config(256))]

    #[test]
    fn every_memory_and_every_fact_is_cited_once(
        memories in vec(select(&["", "m1", "m2", "m3"][..]), 0..5),
        facts in vec(select(&[None, Some(""), Some("m1"), Some("m2"), Some("m4")][..]), 0..8),
    ) {
        let result = result(&json!({ "answer": "", "explanation": {
            "retrieved_memories": memories.iter().map(|id| json!({ "memory_id": id, "content": "" })).collect::<Vec<_>>(),
            "graph_facts": facts.iter().map(|id| json!({ "memory_id": id })).collect::<Vec<_>>(),
        }}));
        let explanation = result.explanation.as_ref().unwrap();
        let citations = result.citations();
        let cited_memories: Vec<_> = citations.iter().filter_map(|citation| citation.memory).collect();
        prop_assert_eq!(cited_memories, explanation.retrieved_memories.iter().collect::<Vec<_>>());
        let mut cited_facts: Vec<_> = citations.iter().flat_map(|citation| citation.facts.iter().copied()).collect();
        cited_facts.sort_by_key(|fact| std::ptr::from_ref(*fact));
        let all_facts: Vec<_> = explanation.graph_facts.iter().collect();
        prop_assert_eq!(cited_facts.len(), all_facts.len());
        prop_assert!(cited_facts.iter().zip(&all_facts).all(|(cited, fact)| std::ptr::eq(*cited, *fact)));
        for citation in &citations {
            let id = citation.memory.map(|memory| memory.memory_id.as_str());
            prop_assert!(id.is_none() || citation.facts.iter().all(|fact| fact.memory_id.as_deref() == id));
        }
    }
}

fn usage(usage: Value, synthesis: Value) -> [Option<u64>; 3] {
    let TotalUsage { input_tokens, output_tokens, total_tokens, .. } =
        result(&json!({ "answer": "", "usage": usage, "synthesis_usage": synthesis })).total_usage();
    [input_tokens, output_tokens, total_tokens]
}

#[test]
fn tokens_are_counted_once_by_whoever_knows_best() {
    let all = json!({
        "input_tokens": 120, "output_tokens": 10, "context_tokens": 34, "actual_input_tokens": 118, "actual_output_tokens": 9,
    });
    let estimates = || json!({ "input_tokens": 120, "output_tokens": 10 });
    let provider = || json!({ "prompt_tokens": 117, "completion_tokens": 8, "total_tokens": 125 });
    for (whole, synthesis, expected) in [
        (Value::Null, Value::Null, [None, None, None]),
        (json!({}), json!({}), [None, None, None]),
        (json!({ "context_tokens": 34 }), Value::Null, [None, None, None]),
        (all, provider(), [Some(118), Some(9), Some(127)]),
        (estimates(), provider(), [Some(117), Some(8), Some(125)]),
        (estimates(), json!({ "input_tokens": 116, "output_tokens": 7 }), [Some(116), Some(7), Some(123)]),
        (estimates(), Value::Null, [Some(120), Some(10), Some(130)]),
        (
            json!({ "input_tokens": 7, "context_tokens": 34, "output_tokens": 9 }),
            Value::Null,
            [Some(41), Some(9), Some(50)],
        ),
        (Value::Null, provider(), [Some(117), Some(8), Some(125)]),
        (provider(), Value::Null, [Some(117), Some(8), Some(125)]),
        (json!({ "output_tokens": 9 }), json!({ "completion_tokens": 9 }), [None, Some(9), None]),
        (json!({ "total_tokens": 5 }), Value::Null, [None, None, Some(5)]),
        (json!({ "total_tokens": 5 }), json!({ "prompt_tokens": 4, "total_tokens": 6 }), [Some(4), None, Some(6)]),
        (json!({ "actual_input_tokens": 118 }), json!({ "completion_tokens": 8 }), [Some(118), Some(8), Some(126)]),
    ] {
        assert_eq!(usage(whole.clone(), synthesis.clone()), expected, "{whole} {synthesis}");
    }
}

#[test]
fn a_count_is_a_whole_number_however_it_is_written_and_a_sum_never_overflows() {
    for (count, expected) in [
        (json!("17"), Some(17)),
        (json!(17.0), Some(17)),
        (json!(0), Some(0)),
        (json!(u64::MAX), Some(u64::MAX)),
        (json!(-1), None),
        (json!(1.5), None),
        (json!("many"), None),
        (json!([1]), None),
        (Value::Null, None),
    ] {
        assert_eq!(usage(Value::Null, json!({ "prompt_tokens": count }))[0], expected, "{count}");
    }
    let negative = json!({ "actual_input_tokens": -5, "input_tokens": 3 });
    assert_eq!(usage(negative, Value::Null)[0], Some(3));
    let most = json!({ "prompt_tokens": u64::MAX, "completion_tokens": u64::MAX });
    assert_eq!(usage(Value::Null, most)[2], Some(u64::MAX));
}

proptest! {
    #![proptest_config(property_config(256))]

    #[test]
    fn whatever_is_counted_has_a_total(counts in vec((select(&COUNTS[..]), any_json()), 0..6)) {
        let members: serde_json::Map<_, _> = counts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let [input, output, total] = usage(Value::Null, Value::Object(members.clone()));
        let numbers: Vec<_> = members.values().filter_map(Value::as_u64).collect();
        if let (Some(input), Some(output)) = (input, output) {
            prop_assert_eq!(total, Some(input.saturating_add(output)));
        }
        if numbers.len() == members.len() && !members.is_empty() {
            prop_assert!(input.or(output).or(total).is_some(), "{:?}", members);
        }
    }
}

const COUNTS: [&str; 7] = [
    "actual_input_tokens",
    "input_tokens",
    "prompt_tokens",
    "actual_output_tokens",
    "output_tokens",
    "completion_tokens",
    "total_tokens",
];
