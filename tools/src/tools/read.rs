//! The tools that look at what is stored.

use std::fmt::Write;
use std::num::NonZeroU32;

use lumetra_engram::{GraphFact, QueryResult, QueryStreamEvent, RetrievedMemory};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tool::{Effect, OnText, Tool};
use crate::budget::Budget;
use crate::error::ToolError;
use crate::memory::Memory;
use crate::reply::Reply;

const DEFAULT_RECALLED: u32 = 8;
const DEFAULT_LISTED: u32 = 20;
/// The API's largest page.
const MAX_LISTED: u32 = 100;

/// A stored fact.
#[derive(Serialize, JsonSchema)]
pub(super) struct Fact {
    memory_id: String,
    content: String,
}

impl Fact {
    fn line(&self) -> String {
        // A fact of several lines stays one item.
        format!("- [{}] {}\n", self.memory_id, self.content.replace('\n', "\n  "))
    }
}

impl From<RetrievedMemory> for Fact {
    fn from(memory: RetrievedMemory) -> Self {
        Self { memory_id: memory.memory_id, content: memory.content }
    }
}

/// As many facts as fit, and how many there were. The first one is always among them, cut off if need be.
fn fit(facts: impl IntoIterator<Item = Fact>, budget: &mut Budget) -> (Vec<Fact>, usize) {
    let (mut shown, mut count, mut is_full) = (Vec::new(), 0, false);
    for mut fact in facts {
        count += 1;
        if is_full {
            continue;
        }
        is_full = !budget.take(&fact.line());
        if is_full && shown.is_empty() {
            fact.content = budget.take_start(&fact.content);
            shown.push(fact);
        } else if !is_full {
            shown.push(fact);
        }
    }
    (shown, count)
}

fn lines(facts: &[Fact]) -> String {
    facts.iter().map(Fact::line).collect()
}

/// Answers a question from the stored facts, in words, and shows the facts that the answer was made from.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QueryMemory {
    /// What is to be known, as a question, such as "Which mode does the user prefer?"
    question: String,
    /// The bucket to search. Leave it out unless the user names one.
    bucket: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Answered {
    bucket: String,
    answer: String,
    /// The facts that it was made from, the best first.
    memories: Vec<Fact>,
    /// What the knowledge graph says about it.
    graph_facts: Vec<String>,
    /// How many of either were found and are not shown.
    more: usize,
}

impl Tool for QueryMemory {
    const NAME: &'static str = "query_memory";
    const TITLE: &'static str = "Ask the memory";
    const EFFECT: Effect = Effect::Nothing;
    type Output = Answered;

    async fn run(self, memory: &Memory, on_text: OnText<'_>) -> Result<Reply, ToolError> {
        let bucket = memory.bucket(self.bucket)?;
        let result = streamed(memory, self.question, &bucket, on_text).await?;
        let answer = result.final_answer().to_owned();
        let explanation = result.explanation.unwrap_or_default();
        let mut budget = memory.budget();
        let answer = budget.take_start(&answer);
        let (memories, found) = fit(explanation.retrieved_memories.into_iter().map(Fact::from), &mut budget);
        let graph: Vec<_> = explanation.graph_facts.iter().filter_map(sentence).collect();
        let graph_facts: Vec<_> = graph.iter().take_while(|fact| budget.take(fact)).cloned().collect();
        let more = found - memories.len() + graph.len() - graph_facts.len();

        let mut text = format!("{answer}\n\nFrom bucket {bucket:?}");
        text += if memories.is_empty() { ", in which nothing was found.\n" } else { ":\n" };
        text += &lines(&memories);
        for fact in &graph_facts {
            let _ = writeln!(text, "- graph: {fact}");
        }
        if more > 0 {
            let _ = writeln!(text, "{more} more: ask a narrower question.");
        }
        Ok(Reply::new(text, &Answered { bucket, answer, memories, graph_facts, more }))
    }
}

/// A model on one's own machine may write for longer than a client waits for a whole answer. As a stream it has time as long as it writes.
async fn streamed(
    memory: &Memory,
    question: String,
    bucket: &str,
    mut on_text: OnText<'_>,
) -> Result<QueryResult, ToolError> {
    let mut stream = memory.engram.query_stream(question).bucket(bucket).await?;
    while let Some(event) = stream.next().await {
        match event? {
            QueryStreamEvent::Delta { content } => {
                if let Some(on_text) = &mut on_text {
                    on_text(&content);
                }
            }
            QueryStreamEvent::Done(result) => return Ok(*result),
            _ => {}
        }
    }
    // A stream that ends without its result is an error of the stream, so this is not reached.
    Ok(QueryResult::default())
}

/// A fact of the graph as three words or phrases.
fn sentence(fact: &GraphFact) -> Option<String> {
    let parts = [fact.subject.as_deref()?, fact.predicate.as_deref()?, fact.object.as_deref()?];
    Some(parts.join(" "))
}

/// Finds the stored facts that help with a question, the best first, without writing an answer. It is quicker than query_memory and needs
/// no model key.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecallMemories {
    /// What is to be known, as a question or in key words.
    question: String,
    /// The bucket to search. Leave it out unless the user names one.
    bucket: Option<String>,
    /// How many facts at most. Default: 8.
    limit: Option<NonZeroU32>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Recalled {
    bucket: String,
    /// The facts, the best first.
    memories: Vec<Fact>,
    /// How many were found and are not shown.
    more: usize,
}

impl Tool for RecallMemories {
    const NAME: &'static str = "recall_memories";
    const TITLE: &'static str = "Find facts";
    const EFFECT: Effect = Effect::Nothing;
    type Output = Recalled;

    async fn run(self, memory: &Memory, _: OnText<'_>) -> Result<Reply, ToolError> {
        let bucket = memory.bucket(self.bucket)?;
        let limit = self.limit.map_or(DEFAULT_RECALLED, NonZeroU32::get);
        let request = memory.engram.query(self.question).bucket(&bucket).skip_synthesis(true);
        let found = request.top_k(limit).await?.explanation.unwrap_or_default().retrieved_memories;
        let (memories, found) = fit(found.into_iter().map(Fact::from), &mut memory.budget());
        let more = found - memories.len();
        let mut text = if memories.is_empty() {
            format!("Bucket {bucket:?} has nothing about this.\n")
        } else {
            format!("From bucket {bucket:?}, the best first:\n{}", lines(&memories))
        };
        if more > 0 {
            let _ = writeln!(text, "{more} more were found, too long to show: ask for less, or a narrower question.");
        }
        Ok(Reply::new(text, &Recalled { bucket, memories, more }))
    }
}

/// Lists the stored facts of a bucket, the newest first, a page at a time. To find some of them, recall_memories is better.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListMemories {
    /// The bucket to list. Leave it out for the default bucket.
    bucket: Option<String>,
    /// How many facts at most, up to 100. Default: 20.
    limit: Option<NonZeroU32>,
    /// How many of the newest facts to skip. Default: 0.
    offset: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Listed {
    bucket: String,
    /// The facts, the newest first.
    memories: Vec<Fact>,
    /// How many facts the bucket has, where the service says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    /// The offset of the next page, where there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<u64>,
}

impl Tool for ListMemories {
    const NAME: &'static str = "list_memories";
    const TITLE: &'static str = "List facts";
    const EFFECT: Effect = Effect::Nothing;
    type Output = Listed;

    async fn run(self, memory: &Memory, _: OnText<'_>) -> Result<Reply, ToolError> {
        let bucket = memory.bucket(self.bucket)?;
        let limit = self.limit.map_or(DEFAULT_LISTED, NonZeroU32::get).min(MAX_LISTED);
        let offset = self.offset.unwrap_or_default();
        let page = memory.engram.list_memories().bucket(&bucket).limit(limit).offset(offset).await?;
        let facts = page.memories.into_iter().map(|memory| Fact { memory_id: memory.id, content: memory.content });
        let (memories, found) = fit(facts, &mut memory.budget());
        let end = offset.saturating_add(memories.len() as u64);
        let total = page.total.and_then(|total| u64::try_from(total).ok());
        let is_last = match total {
            Some(total) => end >= total,
            None => memories.len() == found && found < limit as usize,
        };
        let first = offset.saturating_add(1);
        let next_offset = (!is_last && !memories.is_empty()).then_some(end);
        let mut text = match (memories.is_empty(), total) {
            (true, Some(total)) if total > offset => format!(
                "The service says that bucket {bucket:?} has {total} facts, but sent none after the first {offset}: try again later.\n"
            ),
            (true, _) if offset == 0 => format!("Bucket {bucket:?} is empty.\n"),
            (true, _) => format!("Bucket {bucket:?} has no facts after the first {offset}.\n"),
            (false, Some(total)) => {
                format!("Bucket {bucket:?}, {first} to {end} of {total}, the newest first:\n")
            }
            (false, None) => format!("Bucket {bucket:?}, {first} to {end}, the newest first:\n"),
        };
        text += &lines(&memories);
        if let Some(next) = next_offset {
            let more = total.map(|total| format!("{} more", total.saturating_sub(end)));
            let _ = writeln!(
                text,
                "{}: call list_memories with offset {next}.",
                more.as_deref().unwrap_or("There may be more")
            );
        }
        Ok(Reply::new(text, &Listed { bucket, memories, total: page.total, next_offset }))
    }
}

/// Lists the buckets, each with the number of its facts.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListBuckets {}

#[derive(Serialize, JsonSchema)]
pub(super) struct Buckets {
    buckets: Vec<BucketShown>,
    /// The bucket for calls without one.
    default_bucket: String,
    /// How many there are and are not shown.
    more: usize,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct BucketShown {
    name: String,
    /// How many facts it has, where the service says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl BucketShown {
    fn line(&self) -> String {
        let count = self.memory_count.map(|count| format!(": {count} facts")).unwrap_or_default();
        let description = self.description.as_deref().filter(|text| !text.is_empty());
        format!("- {}{count}{}\n", self.name, description.map(|text| format!(" ({text})")).unwrap_or_default())
    }
}

impl Tool for ListBuckets {
    const NAME: &'static str = "list_buckets";
    const TITLE: &'static str = "List buckets";
    const EFFECT: Effect = Effect::Nothing;
    type Output = Buckets;

    async fn run(self, memory: &Memory, _: OnText<'_>) -> Result<Reply, ToolError> {
        let default_bucket = memory.engram.default_bucket().to_owned();
        let all = memory.engram.list_buckets().await?;
        let count = all.len();
        let shown = all.into_iter().map(|bucket| BucketShown {
            name: bucket.name,
            memory_count: bucket.memory_count,
            description: bucket.description,
        });
        let mut budget = memory.budget();
        let buckets: Vec<_> = shown.take_while(|bucket| budget.take(&bucket.line())).collect();
        let more = count - buckets.len();
        let mut text = if count == 0 { "There are no buckets yet.\n".to_owned() } else { "Buckets:\n".to_owned() };
        text.extend(buckets.iter().map(BucketShown::line));
        if more > 0 {
            let _ = writeln!(text, "{more} more.");
        }
        let _ = writeln!(text, "Calls without a bucket use {default_bucket:?}.");
        Ok(Reply::new(text, &Buckets { buckets, default_bucket, more }))
    }
}
