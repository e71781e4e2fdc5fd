//! The answer to a question: what was found, and what it was made from.

mod data;
mod prompt;
mod quotes;
mod schema;
mod sources;
mod written;

use lumetra_engram::api::types::{QueryOptions, QueryResult, QueryUsage, ReturnFormat};

use crate::text::tokens;

pub(crate) use sources::Sources;
pub(crate) use written::Writing;

/// Public clients compare an answer with this text, so as not to store it as a memory.
const NOTHING_FOUND: &str = "No relevant memories found.";

/// The whole answer that these sources give to the question, without a model: quotes, or none with `skip_synthesis`.
pub(crate) fn quoted(question: &str, options: &QueryOptions, sources: Sources) -> QueryResult {
    let mut result = QueryResult::default();
    if options.skip_synthesis != Some(true) {
        if options.return_format == Some(ReturnFormat::Json) {
            let json = quotes::json(&sources.hits, options);
            result.answer = json.to_string();
            result.answer_json = Some(json);
        } else {
            result.answer = quotes::prose(&sources.hits, options);
        }
    }
    let (asked, answered) = (tokens::count(question), tokens::count(&result.answer));
    let tokens = Tokens { read: Some(asked + sources.tokens()), written: Some(answered) };
    complete(result, question, options, sources, tokens, Vec::new())
}

/// What whoever wrote an answer read and wrote, where that is known.
struct Tokens {
    read: Option<i64>,
    written: Option<i64>,
}

/// The result with all that stands beside the answer.
fn complete(
    mut result: QueryResult,
    question: &str,
    options: &QueryOptions,
    sources: Sources,
    tokens: Tokens,
    warnings: Vec<String>,
) -> QueryResult {
    let mut usage = QueryUsage::default();
    usage.input_tokens = Some(tokens::count(question));
    usage.context_tokens = Some(sources.tokens());
    usage.output_tokens = Some(tokens::count(&result.answer));
    usage.actual_input_tokens = tokens.read;
    usage.actual_output_tokens = tokens.written;
    result.success = Some(true);
    result.memories_found = i64::try_from(sources.hits.len()).ok();
    result.usage = Some(usage);
    if options.return_explanation != Some(false) {
        result.explanation = Some(sources.explanation(warnings));
    }
    result
}
