//! The answer to a question: what was found, and what it was made from.

mod quotes;

use lumetra_engram::api::types::{
    QueryExplanation, QueryOptions, QueryResult, QueryUsage, RetrievedMemory, ReturnFormat,
};
use serde_json::{Value, json};

use crate::recall::Hit;
use crate::text::tokens;

/// The whole answer that these memories give to the question. The problem is why they were found by words alone, where they should not
/// have been.
pub(crate) fn answer(question: &str, options: &QueryOptions, hits: Vec<Hit>, problem: Option<String>) -> QueryResult {
    let mut result = QueryResult::default();
    if options.skip_synthesis != Some(true) {
        if options.return_format == Some(ReturnFormat::Json) {
            let json = quotes::json(&hits, options);
            result.answer = json.to_string();
            result.answer_json = Some(json);
        } else {
            result.answer = quotes::prose(&hits, options);
        }
    }
    let memories: Vec<RetrievedMemory> = hits.into_iter().map(|hit| hit.memory).collect();
    let context_tokens = memories.iter().map(|memory| tokens::count(&memory.content)).sum();
    result.success = Some(true);
    result.memories_found = i64::try_from(memories.len()).ok();
    result.usage = Some(usage(question, &result.answer, context_tokens));
    if options.return_explanation != Some(false) {
        result.explanation = Some(explanation(memories, context_tokens, problem));
    }
    result
}

fn usage(question: &str, answer: &str, context_tokens: i64) -> QueryUsage {
    let mut usage = QueryUsage::default();
    let (asked, answered) = (tokens::count(question), tokens::count(answer));
    usage.input_tokens = Some(asked);
    usage.context_tokens = Some(context_tokens);
    usage.output_tokens = Some(answered);
    usage.actual_input_tokens = Some(asked + context_tokens);
    usage.actual_output_tokens = Some(answered);
    usage
}

fn explanation(mut memories: Vec<RetrievedMemory>, context_tokens: i64, problem: Option<String>) -> QueryExplanation {
    let mut explanation = QueryExplanation::default();
    if let Some(problem) = problem {
        let warning = format!("The memories were found by words alone: {problem}.");
        explanation.extra.insert("warning".to_owned(), Value::String(warning));
    }
    // The types leave out what is empty; the service sends it, and clients in other languages may count on it.
    for memory in &mut memories {
        memory.extra.insert("metadata".to_owned(), json!({}));
    }
    let lists = [("retrieved_memories", memories.is_empty()), ("graph_facts", true), ("entity_matches", true)];
    for (name, _) in lists.into_iter().filter(|&(_, empty)| empty) {
        explanation.extra.insert(name.to_owned(), Value::Array(Vec::new()));
    }
    explanation.retrieved_memories = memories;
    explanation.context_tokens = Some(context_tokens);
    explanation
}
