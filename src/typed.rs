//! Answers as values of a type of the application's.

use std::fmt;

use http::StatusCode;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::ApiKey;
use crate::error::{DecodeError, EngramError, ErrorDetail, one_line};
use crate::generated::types::QueryResult;

/// An answer as a value, and all that came with it: see [`Query::json`](crate::Query::json).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TypedAnswer<T> {
    /// The answer.
    pub value: T,
    /// What the value was read from, with its explanation and usage.
    pub result: QueryResult,
}

/// An answer that came, and is not of the type that was asked for: see [`Query::json`](crate::Query::json).
///
/// Its `Display` says where and why in one line, and may repeat a value of the answer. Its `Debug` leaves the answer out.
#[non_exhaustive]
pub struct AnswerError {
    /// The answer as it came.
    pub result: QueryResult,
    /// Where in the answer it does not fit, such as `[2].year`. Empty where it is the answer as a whole, or where that is no JSON.
    pub path: String,
    pub(crate) detail: ErrorDetail,
}

/// A server may repeat the API key in an answer, so the answer is not shown.
impl fmt::Debug for AnswerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AnswerError")
            .field("path", &self.path)
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for AnswerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.detail.fmt(formatter)
    }
}

impl<T: DeserializeOwned> TypedAnswer<T> {
    pub(crate) fn read(result: QueryResult, status: StatusCode, key: &ApiKey) -> Result<Self, EngramError> {
        match read(&result) {
            Ok(value) => Ok(Self { value, result }),
            Err(problem) => Err(problem.into_error(result, status, key)),
        }
    }
}

/// The schema that the model is shown. It names no meta-schema, which says nothing about the answer, and refers to a part of itself only
/// where a type holds itself, since a model reads from top to bottom.
pub(crate) fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    settings.into_generator().into_root_schema_for::<T>().into()
}

/// Why an answer is not of a type.
struct Problem {
    path: String,
    source: serde_json::Error,
}

impl From<DecodeError> for Problem {
    fn from(error: DecodeError) -> Self {
        let path = error.path().to_string();
        Self { path: if path == "." { String::new() } else { path }, source: error.into_inner() }
    }
}

impl Problem {
    fn into_error(self, result: QueryResult, status: StatusCode, key: &ApiKey) -> EngramError {
        let Self { path, source } = self;
        let text = if path.is_empty() { source.to_string() } else { format!("at `{path}`: {source}") };
        let detail = ErrorDetail::from(one_line(&key.redact(&text))).with_status(Some(status));
        // serde's text repeats a value of the answer.
        let detail = if key.occurs_in(&text) { detail } else { detail.with_source(source) };
        EngramError::Answer(Box::new(AnswerError { result, path: key.redact(&path).into_owned(), detail }))
    }
}

fn read<T: DeserializeOwned>(result: &QueryResult) -> Result<T, Problem> {
    let from_text;
    let value = match &result.answer_json {
        Some(value) => value,
        None => {
            from_text = json_in(result).map_err(|source| Problem { path: String::new(), source })?;
            &from_text
        }
    };
    Ok(serde_path_to_error::deserialize(value)?)
}

/// The JSON that the answer's text is. It is not looked for amid other words, where it might be an example or a half.
fn json_in(result: &QueryResult) -> Result<Value, serde_json::Error> {
    let parse = |text| serde_json::from_str(without_fence(text));
    parse(&result.answer).or_else(|_| parse(result.final_answer()))
}

/// The text without the marks of a code block in Markdown, in which many models write JSON.
fn without_fence(text: &str) -> &str {
    let text = text.trim();
    let fenced = text.strip_prefix("```").and_then(|text| text.strip_suffix("```"));
    fenced.map_or(text, |inner| inner.strip_prefix("json").unwrap_or(inner))
}
