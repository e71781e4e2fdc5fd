//! What can be read off a [`QueryResult`].

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use crate::generated::types::{GraphFact, QueryResult, QueryUsage, RetrievedMemory};
use crate::wire::FromNumber;

/// What stands between a model's thoughts and its answer.
const FINAL_ANSWER: &str = "FINAL ANSWER:";

// The names under which providers count tokens, the service's own first.
const INPUT: [&str; 3] = ["actual_input_tokens", "input_tokens", "prompt_tokens"];
const OUTPUT: [&str; 3] = ["actual_output_tokens", "output_tokens", "completion_tokens"];
const TOTAL: [&str; 1] = ["total_tokens"];

/// A retrieved memory with the graph facts that were found in it: see [`QueryResult::citations`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Citation<'a> {
    /// The memory. `None` for facts of memories that were not retrieved, or that the server did not name.
    pub memory: Option<&'a RetrievedMemory>,
    /// The facts, in the order of the answer. Empty if the graph has none of this memory.
    pub facts: Vec<&'a GraphFact>,
}

/// How many tokens an answer took: see [`QueryResult::total_usage`]. What the server did not count is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TotalUsage {
    /// The tokens read.
    pub input_tokens: Option<u64>,
    /// The tokens written.
    pub output_tokens: Option<u64>,
    /// Both together.
    pub total_tokens: Option<u64>,
}

impl QueryResult {
    /// The answer without the thoughts that some models write before it: what follows the last `FINAL ANSWER:`, or the whole
    /// [`answer`](Self::answer) if it has no such marker; without surrounding white space.
    ///
    /// The marker counts in capital letters only. It is the last one that counts, since thoughts may speak of the marker. Where nothing
    /// follows it, as where `max_tokens` cut the answer off, the text is empty.
    ///
    /// ```
    /// # let mut result = lumetra_engram::QueryResult::default();
    /// result.answer = "The user said so twice.\nFINAL ANSWER: Dark mode.\n".to_owned();
    /// assert_eq!(result.final_answer(), "Dark mode.");
    /// ```
    #[must_use]
    pub fn final_answer(&self) -> &str {
        self.answer.rsplit_once(FINAL_ANSWER).map_or(&*self.answer, |(_, answer)| answer).trim()
    }

    /// What the answer was made from: each retrieved memory, best first, with the facts of the knowledge graph that were found in it.
    ///
    /// Every fact is in one citation. Facts whose memory was not retrieved or is unknown are in a last one without a memory, which is
    /// left out if it would be empty. Of memories with the same id the first has the facts. Without an [`explanation`](Self::explanation)
    /// there are no citations.
    ///
    /// ```no_run
    /// # async fn example(engram: lumetra_engram::EngramClient) -> Result<(), lumetra_engram::EngramError> {
    /// let result = engram.query("What are this user's UI preferences?").await?;
    /// println!("{}", result.final_answer());
    /// for citation in result.citations() {
    ///     println!("- {}", citation.memory.map_or("elsewhere", |memory| &memory.content));
    ///     for fact in citation.facts {
    ///         println!("  {:?} {:?} {:?}", fact.subject, fact.predicate, fact.object);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn citations(&self) -> Vec<Citation<'_>> {
        let Some(explanation) = &self.explanation else { return Vec::new() };
        let mut facts: HashMap<&str, Vec<&GraphFact>> = HashMap::new();
        let ids = explanation.retrieved_memories.iter().map(|memory| memory.memory_id.as_str());
        facts.extend(ids.filter(|id| !id.is_empty()).map(|id| (id, Vec::new())));
        let mut others = Vec::new();
        for fact in &explanation.graph_facts {
            let of_memory = fact.memory_id.as_deref().and_then(|id| facts.get_mut(id));
            of_memory.unwrap_or(&mut others).push(fact);
        }
        let mut citations = Vec::with_capacity(explanation.retrieved_memories.len() + 1);
        for memory in &explanation.retrieved_memories {
            let facts = facts.remove(memory.memory_id.as_str()).unwrap_or_default();
            citations.push(Citation { memory: Some(memory), facts });
        }
        if !others.is_empty() {
            citations.push(Citation { memory: None, facts: others });
        }
        citations
    }

    /// How many tokens the answer took, as far as the server counted them.
    ///
    /// [`usage`](Self::usage) and [`synthesis_usage`](Self::synthesis_usage) count the same tokens, so they are not added. Of each count
    /// the first that was sent is taken:
    ///
    /// 1. the provider's in `usage`: `actual_input_tokens`, `actual_output_tokens`;
    /// 2. the provider's in `synthesis_usage`, under these names, `input_tokens` and `output_tokens`, or `prompt_tokens` and
    ///    `completion_tokens`;
    /// 3. the service's own in `usage`: `input_tokens`, which are the question's, and `context_tokens` together; `output_tokens`;
    /// 4. `prompt_tokens` and `completion_tokens` in `usage`, which are older names.
    ///
    /// The total is the sum of the two, at most [`u64::MAX`]; where one of them is missing, it is the `total_tokens` of
    /// `synthesis_usage` or of `usage`. A count may be a text that holds a number; one that is negative or no whole number is as good as
    /// none. The tokens of the retrieved context are among those read.
    ///
    /// ```
    /// # let result: lumetra_engram::QueryResult = serde_json::from_str(
    /// #     r#"{ "answer": "", "usage": { "input_tokens": 120, "actual_input_tokens": 118, "actual_output_tokens": 9 } }"#,
    /// # )?;
    /// let usage = result.total_usage();
    /// assert_eq!((usage.input_tokens, usage.output_tokens, usage.total_tokens), (Some(118), Some(9), Some(127)));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn total_usage(&self) -> TotalUsage {
        let usage = self.usage.as_ref();
        let counted = self.synthesis_usage.as_deref();
        let unknown = usage.map(|usage| &usage.extra);
        let first = |actual: Option<i64>, names: &[&str], estimated: Option<i64>| {
            not_negative(actual)
                .or_else(|| named(counted, names))
                .or_else(|| not_negative(estimated))
                .or_else(|| named(unknown, names))
        };
        let input_tokens =
            first(usage.and_then(|it| it.actual_input_tokens), &INPUT, usage.and_then(question_and_context));
        let output_tokens =
            first(usage.and_then(|it| it.actual_output_tokens), &OUTPUT, usage.and_then(|it| it.output_tokens));
        let total_tokens = match (input_tokens, output_tokens) {
            (Some(input), Some(output)) => Some(input.saturating_add(output)),
            _ => first(None, &TOTAL, None),
        };
        TotalUsage { input_tokens, output_tokens, total_tokens }
    }
}

/// The tokens that the model was given, by the service's own count.
fn question_and_context(usage: &QueryUsage) -> Option<i64> {
    let question = usage.input_tokens.filter(|count| *count >= 0)?;
    Some(question.saturating_add(usage.context_tokens.unwrap_or_default().max(0)))
}

fn not_negative(count: Option<i64>) -> Option<u64> {
    count.and_then(|count| count.try_into().ok())
}

/// The first count under one of the names.
fn named(members: Option<&Map<String, Value>>, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| count(members?.get(*name)?))
}

fn count(value: &Value) -> Option<u64> {
    let number = match value {
        Value::Number(number) => number,
        Value::String(text) => &serde_json::from_str::<Number>(text).ok()?,
        _ => return None,
    };
    number.as_u64().or_else(|| not_negative(i64::from_number(number)))
}
