//! What stands beside an answer.

use lumetra_engram::api::types::{QueryOptions, QueryResult, QueryUsage};

use super::sources::Sources;
use crate::text::tokens;

/// Public clients compare an answer with this text, so as not to store it as a memory.
pub(super) const NOTHING_FOUND: &str = "No relevant memories found.";

/// Those of the memories, and those that whoever wrote an answer read and wrote, where that is known.
pub(super) struct Tokens {
    pub(super) context: i64,
    pub(super) read: Option<i64>,
    pub(super) written: Option<i64>,
}

/// The result with all that stands beside the answer.
pub(super) fn complete(
    mut result: QueryResult,
    question: &str,
    options: &QueryOptions,
    sources: Sources,
    tokens: Tokens,
    warnings: Vec<String>,
) -> QueryResult {
    let mut usage = QueryUsage::default();
    usage.input_tokens = Some(tokens::count(question));
    usage.context_tokens = Some(tokens.context);
    usage.output_tokens = Some(tokens::count(&result.answer));
    usage.actual_input_tokens = tokens.read;
    usage.actual_output_tokens = tokens.written;
    result.success = Some(true);
    result.memories_found = i64::try_from(sources.hits.len()).ok();
    result.usage = Some(usage);
    if options.return_explanation != Some(false) {
        result.explanation = Some(sources.explanation(tokens.context, warnings));
    }
    result
}
