//! The answer that a model writes.

use lumetra_engram::api::types::{QueryOptions, QueryResult, ReturnFormat, SynthesisUsage};
use serde_json::{Value, json};

use super::prompt::Prompt;
use super::result::{NOTHING_FOUND, Tokens, complete};
use super::schema;
use super::sources::Sources;
use crate::chat::{ChatRequest, End, Usage};

/// A question on its way to a model and back.
pub(crate) struct Writing {
    question: String,
    options: QueryOptions,
    sources: Sources,
    prompt: Prompt,
}

impl Writing {
    pub(crate) fn new(question: String, options: QueryOptions, sources: Sources) -> serde_json::Result<Self> {
        let prompt = Prompt::new(&question, &options, &sources)?;
        Ok(Self { question, options, sources, prompt })
    }

    /// What to ask the model; `None` where there is nothing that could answer the question.
    pub(crate) fn request(&self) -> Option<&ChatRequest> {
        (!self.sources.are_empty()).then_some(&self.prompt.request)
    }

    /// The answer that a model wrote.
    pub(crate) fn written(self, answer: String, end: End) -> QueryResult {
        let mut warnings = self.prompt.omissions.clone();
        let mut result = QueryResult::default();
        if self.wants_json() {
            let json = parsed(&answer).and_then(|json| match schema::check(&self.options.response_schema, &json) {
                Ok(()) => Some(json),
                Err(problem) => {
                    warnings.push(format!("The model's JSON does not match response_schema: {problem}."));
                    None
                }
            });
            result.answer_json = Some(json.unwrap_or(Value::Null));
        }
        if end.cut {
            warnings.push("The answer is cut off: the model reached its token limit.".to_owned());
            result.extra.insert("finish_reason".to_owned(), json!("length"));
        }
        let counted = |name| end.usage.as_ref().and_then(|usage: &Usage| usage.get(name)).and_then(Value::as_i64);
        let (read, written) = (counted("prompt_tokens"), counted("completion_tokens"));
        result.answer = answer;
        result.synthesis_usage = end.usage.map(SynthesisUsage);
        self.completed(result, read, written, warnings)
    }

    /// The answer without a model, since there was nothing to ask it.
    pub(crate) fn nothing_found(self) -> QueryResult {
        let mut result = QueryResult::default();
        result.answer = NOTHING_FOUND.to_owned();
        if self.wants_json() {
            result.answer_json = Some(Value::Null);
        }
        self.completed(result, Some(0), Some(0), Vec::new())
    }

    fn completed(
        self,
        result: QueryResult,
        read: Option<i64>,
        written: Option<i64>,
        warnings: Vec<String>,
    ) -> QueryResult {
        let tokens = Tokens { context: self.prompt.context_tokens, read, written };
        complete(result, &self.question, &self.options, self.sources, tokens, warnings)
    }

    fn wants_json(&self) -> bool {
        self.options.return_format == Some(ReturnFormat::Json)
    }
}

/// The JSON that a model wrote. Some put it into a code fence, whatever they are told.
pub(crate) fn parsed(answer: &str) -> Option<Value> {
    let fenced = || {
        let (_, rest) = answer.trim().strip_prefix("```")?.split_once('\n')?;
        rest.trim_end().strip_suffix("```")
    };
    serde_json::from_str(answer).ok().or_else(|| serde_json::from_str(fenced()?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_may_be_in_a_fence_and_is_all_of_the_answer() {
        for answer in ["{\"a\": 1}", " {\"a\": 1}\n", "```json\n{\"a\": 1}\n```", "```\n{\"a\": 1}```\n"] {
            assert_eq!(parsed(answer), Some(json!({"a": 1})), "{answer}");
        }
        for answer in ["{\"a\": 1", "Here: {\"a\": 1}", "{\"a\": 1} {}", "```json\n{\"a\": 1}", "```{\"a\": 1}```", ""]
        {
            assert_eq!(parsed(answer), None, "{answer}");
        }
    }
}
