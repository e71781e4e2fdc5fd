//! What the servers send: made up, of the shape and about the size of what the API sends.

use serde_json::{Value, json};

/// What a memory says.
pub const FACT: &str = "The user prefers a dark interface with large type, reads on a small screen in the evening, \
     and asks for short answers that name the source of each statement.";

/// The answer to a store.
pub fn stored(number: usize) -> Value {
    json!({ "id": id(number), "bucket_name": "default", "token_count": 31, "status": "stored" })
}

/// The answer to a batch of so many stores.
pub fn batch(facts: usize) -> Value {
    json!({ "memories": (0..facts).map(stored).collect::<Vec<_>>() })
}

/// The answer to a query, explained with so many memories.
pub fn query(memories: usize) -> Value {
    json!({
        "success": true,
        "answer": FACT,
        "memories_found": memories,
        "explanation": {
            "retrieved_memories": (0..memories).map(memory).collect::<Vec<_>>(),
            "graph_facts": (0..memories.min(10)).map(graph_fact).collect::<Vec<_>>(),
            "entity_matches": [{ "entity": "user", "bucket_name": "default", "score": 0.91 }],
            "context_tokens": 31 * memories,
            "profile": null,
        },
        "usage": {
            "input_tokens": 820,
            "output_tokens": 31,
            "context_tokens": 310,
            "actual_input_tokens": 815,
            "actual_output_tokens": 31,
        },
    })
}

/// The answer to a chat completion, with as long a text as is needed for it to have so many bytes.
pub fn chat(bytes: usize) -> Value {
    let with = |text: &str| {
        json!({
            "id": "chatcmpl-0123456789abcdef",
            "object": "chat.completion",
            "created": 1_779_442_200,
            "model": "gpt-4o",
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": text, "refusal": null },
                "logprobs": null,
                "finish_reason": "stop",
            }],
            "usage": { "prompt_tokens": 815, "completion_tokens": 31, "total_tokens": 846 },
        })
    };
    let missing = bytes.saturating_sub(with("").to_string().len());
    let text: String = FACT.chars().cycle().take(missing).collect();
    with(&text)
}

/// One piece of a streamed answer; chat completions stream in the same form, with more beside it.
pub fn delta(text: &str) -> Value {
    json!({ "choices": [{ "delta": { "content": text } }] })
}

/// One piece of a streamed chat completion.
pub fn chat_delta(text: &str) -> Value {
    json!({
        "id": "chatcmpl-0123456789abcdef",
        "object": "chat.completion.chunk",
        "created": 1_779_442_200,
        "model": "gpt-4o",
        "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }],
    })
}

fn memory(number: usize) -> Value {
    json!({
        "memory_id": id(number),
        "bucket_id": id(usize::MAX),
        "bucket_name": "default",
        "content": FACT,
        "raw_score": 0.83,
        "weight": 1.0,
        "weighted_score": 0.83,
        "metadata": {},
    })
}

fn graph_fact(number: usize) -> Value {
    json!({
        "subject": "user",
        "predicate": "prefers",
        "object": "a dark interface",
        "memory_id": id(number),
        "bucket_id": id(usize::MAX),
        "bucket_name": "default",
        "depth": 0,
        "weight": 1.0,
        "timestamp": "2026-05-22T09:30:00Z",
    })
}

/// An id in the form of a UUID.
fn id(number: usize) -> String {
    format!("5f0c8f6e-8d56-4a0c-9f2e-{number:012x}").chars().take(36).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_completion_has_the_size_that_is_asked_for() {
        assert_eq!(chat(3000).to_string().len(), 3000);
    }

    #[test]
    fn ids_differ_and_have_the_length_of_a_uuid() {
        assert_ne!(id(1), id(2));
        assert_eq!((id(0).len(), id(usize::MAX).len()), (36, 36));
    }
}
