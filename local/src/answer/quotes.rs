//! The words of an answer without a language model: it quotes the best memories, and says no more than they do.

use std::num::NonZeroU32;

use lumetra_engram::api::types::QueryOptions;
use serde_json::{Map, Value, json};

use super::result::NOTHING_FOUND;
use crate::recall::Hit;
use crate::text::tokens;

/// An answer quotes no more memories than this,
const MOST_QUOTES: usize = 5;
/// and none that is less relevant than this part of the best one.
const LEAST_PART_OF_BEST: f64 = 0.5;
/// The service's default.
const DEFAULT_MAX_TOKENS: usize = 8192;

/// The answer in words.
pub(super) fn prose(hits: &[Hit], options: &QueryOptions) -> String {
    let quotes: Vec<&str> = quotes(hits).collect();
    let answer = match quotes.as_slice() {
        [] => NOTHING_FOUND.to_owned(),
        [quote] => format!("From memory: {quote}"),
        quotes => format!("From memory:\n- {}", quotes.join("\n- ")),
    };
    tokens::first(&answer, max_tokens(options)).to_owned()
}

/// The answer in JSON: an object of the shape that the schema asks for, as far as quotes can fill it, else with the quotes in
/// `memories`.
pub(super) fn json(hits: &[Hit], options: &QueryOptions) -> Value {
    let quotes = within(max_tokens(options), quotes(hits));
    match options.response_schema.get("properties").and_then(Value::as_object) {
        Some(properties) => fill(properties, &quotes),
        None => json!({ "memories": quotes }),
    }
}

fn quotes(hits: &[Hit]) -> impl Iterator<Item = &str> {
    let least = hits.first().map_or(0.0, |hit| hit.scores.relevance) * LEAST_PART_OF_BEST;
    hits.iter()
        .filter(move |hit| hit.scores.answers && hit.scores.relevance >= least)
        .take(MOST_QUOTES)
        .map(|hit| hit.memory.content.as_str())
}

/// As many quotes as the tokens allow; the last may be cut off.
fn within<'a>(tokens: usize, quotes: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut left = tokens;
    let mut chosen = Vec::new();
    for quote in quotes.filter(|quote| !quote.is_empty()) {
        if left == 0 {
            break;
        }
        chosen.push(tokens::first(quote, left));
        left = left.saturating_sub(quote.split_whitespace().count());
    }
    chosen
}

/// A text gets the best quote, a list all of them, and anything else, which quotes cannot answer, null.
fn fill(properties: &Map<String, Value>, quotes: &[&str]) -> Value {
    let value = |schema: &Value| match schema.get("type").and_then(Value::as_str) {
        Some("string") => json!(quotes.first()),
        Some("array") => json!(quotes),
        _ => Value::Null,
    };
    properties.iter().map(|(name, schema)| (name.clone(), value(schema))).collect()
}

fn max_tokens(options: &QueryOptions) -> usize {
    let tokens = options.max_tokens.map(NonZeroU32::get).and_then(|tokens| usize::try_from(tokens).ok());
    tokens.unwrap_or(DEFAULT_MAX_TOKENS)
}
