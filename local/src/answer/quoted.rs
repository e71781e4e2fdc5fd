//! The answer without a language model: quotes.

use lumetra_engram::api::types::{QueryOptions, QueryResult, ReturnFormat};

use super::quotes;
use super::result::{Tokens, complete};
use super::sources::Sources;
use crate::text::tokens;

/// The whole answer that these sources give to the question; without words of its own with `skip_synthesis`.
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
    let context = sources.tokens();
    let (read, written) = (tokens::count(question) + context, tokens::count(&result.answer));
    let tokens = Tokens { context, read: Some(read), written: Some(written) };
    complete(result, question, options, sources, tokens, Vec::new())
}
