//! What an answer is made from.

use std::collections::BTreeMap;

use lumetra_engram::api::types::{EntityMatch, GraphFact, Profile, QueryExplanation, RetrievedMemory};
use serde_json::{Value, json};

use crate::recall::Hit;
use crate::text::tokens;

/// All that is known of a question's subject.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The best first.
    pub(crate) hits: Vec<Hit>,
    pub(crate) facts: Vec<GraphFact>,
    pub(crate) entities: Vec<EntityMatch>,
    /// By the names of the buckets that were searched; empty where there are no profiles at all.
    pub(crate) profiles: BTreeMap<String, Option<String>>,
    /// Why the memories were found by words alone, where they should not have been.
    pub(crate) problem: Option<String>,
}

impl Sources {
    /// Whether there is nothing that could answer a question.
    pub(super) fn are_empty(&self) -> bool {
        self.hits.is_empty() && self.facts.is_empty() && self.profiles.values().all(Option::is_none)
    }

    /// Of the memories.
    pub(super) fn tokens(&self) -> i64 {
        self.hits.iter().map(|hit| tokens::count(&hit.memory.content)).sum()
    }

    /// The warnings come after the one that the memories were found by words alone.
    pub(super) fn explanation(self, context_tokens: i64, warnings: Vec<String>) -> QueryExplanation {
        let mut explanation = QueryExplanation::default();
        let by_words =
            self.problem.as_ref().map(|problem| format!("The memories were found by their words only: {problem}."));
        let warnings: Vec<String> = by_words.into_iter().chain(warnings).collect();
        if !warnings.is_empty() {
            explanation.extra.insert("warning".to_owned(), Value::String(warnings.join(" ")));
        }
        explanation.context_tokens = Some(context_tokens);
        // The types leave out what is empty; the service sends it, and clients in other languages may count on it.
        let lists = [
            ("retrieved_memories", self.hits.is_empty()),
            ("graph_facts", self.facts.is_empty()),
            ("entity_matches", self.entities.is_empty()),
        ];
        for (name, _) in lists.into_iter().filter(|&(_, empty)| empty) {
            explanation.extra.insert(name.to_owned(), Value::Array(Vec::new()));
        }
        explanation.retrieved_memories = self.hits.into_iter().map(|hit| with_metadata(hit.memory)).collect();
        explanation.graph_facts = self.facts;
        explanation.entity_matches = self.entities;
        let profile = |text: Option<String>| Profile(text.map_or(Value::Null, Value::String));
        match self.profiles.len() {
            1 => explanation.profile = self.profiles.into_values().next().map(profile),
            _ => explanation.profiles = self.profiles.into_iter().map(|(name, text)| (name, profile(text))).collect(),
        }
        explanation
    }
}

fn with_metadata(mut memory: RetrievedMemory) -> RetrievedMemory {
    memory.extra.insert("metadata".to_owned(), json!({}));
    memory
}
