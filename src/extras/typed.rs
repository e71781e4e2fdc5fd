//! Answers as values of your own type: [`Request::json`] and [`TypedAnswer`].

use http::StatusCode;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{AnswerError, Effect, EngramError, ErrorDetail, one_line};
use crate::generated::client::{self, Client};
use crate::generated::types::{QueryResult, ReturnFormat};
use crate::operations::Query;
use crate::request::{Operation, Received, Request};
use crate::secret::ApiKey;
use crate::transport::{Call, Endpoint, Json};

/// An answer as a value, and all that came with it: see [`Request::json`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TypedAnswer<T> {
    /// The answer.
    pub value: T,
    /// What the value was read from, with its explanation and usage.
    pub result: QueryResult,
}

impl<Mode> Request<Query<QueryResult>, Mode> {
    /// Asks for an answer of the type `T`. The model is asked for JSON, and is shown the type's schema; the answer is decoded, or is an
    /// [`EngramError::Answer`]. With the feature `schemars` only.
    ///
    /// The schema guides the model and is not enforced. It replaces one that was set before; one that is set afterwards with
    /// [`response_schema`](Self::response_schema) replaces it. The descriptions in it are the comments of the type. What the model
    /// wrote is taken from [`answer_json`](QueryResult::answer_json) or, if the service could not parse it, from the text of the answer:
    /// all of it, or all that follows the last `FINAL ANSWER:`, or the only code block in either. What a model wrote between `<think>`
    /// and `</think>` before it is passed over.
    ///
    /// ```no_run
    /// # async fn example(engram: lumetra_engram::EngramClient) -> Result<(), lumetra_engram::EngramError> {
    /// use schemars::JsonSchema;
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize, JsonSchema)]
    /// struct Case {
    ///     title: String,
    ///     /// The year of the ruling.
    ///     year: u16,
    /// }
    ///
    /// let answer = engram.query("Which cases did we cite?").bucket("filings").json::<Vec<Case>>().await?;
    /// for case in &answer.value {
    ///     println!("{} ({})", case.title, case.year);
    /// }
    /// println!("{:?}", answer.result.usage);
    /// # Ok(())
    /// # }
    /// ```
    pub fn json<T: DeserializeOwned + JsonSchema>(self) -> Request<Query<TypedAnswer<T>>, Mode> {
        let query = self.return_format(ReturnFormat::Json).response_schema(schema_of::<T>());
        query.map(Query::answered_as)
    }
}

impl<T: DeserializeOwned, Mode> Operation<Mode> for Query<TypedAnswer<T>> {
    type Output = TypedAnswer<T>;
    type Response = Json<QueryResult>;
    const ENDPOINT: &'static Endpoint = &client::QUERY;

    fn bucket_count(&self) -> usize {
        Query::bucket_count(self)
    }

    fn is_idempotent(&self) -> bool {
        true
    }

    fn call(&mut self, api: &Client, _: &str) -> Result<Call<Json<QueryResult>>, EngramError> {
        let options = self.options();
        if options.skip_synthesis == Some(true) {
            return Err(EngramError::invalid_request(
                "`json` decodes the answer, and `skip_synthesis` leaves it out: use only one of them",
            ));
        }
        if options.return_format != Some(ReturnFormat::Json) {
            let problem = "`json` needs the `return_format` `ReturnFormat::Json`: don't set another one";
            return Err(EngramError::invalid_request(problem));
        }
        self.whole(api)
    }

    fn output(self, result: QueryResult, received: Received<'_, Mode>) -> Result<TypedAnswer<T>, EngramError> {
        TypedAnswer::read(result, received.head.status, &received.settings.api_key)
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

impl From<serde_path_to_error::Error<serde_json::Error>> for Problem {
    fn from(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        Self { path: if path == "." { String::new() } else { path }, source: error.into_inner() }
    }
}

impl Problem {
    fn into_error(self, result: QueryResult, status: StatusCode, key: &ApiKey) -> EngramError {
        let Self { path, source } = self;
        let text = if path.is_empty() { source.to_string() } else { format!("at `{path}`: {source}") };
        let detail = ErrorDetail::new(one_line(&key.redact(&text)), Effect::Done).with_status(status);
        EngramError::Answer(Box::new(AnswerError::new(result, key.redact(&path).into_owned(), detail)))
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

/// The JSON that the answer's text is, or the only code block in it holds. It is not looked for amid other words, where it might be an
/// example or a half.
fn json_in(result: &QueryResult) -> Result<Value, serde_json::Error> {
    let text = without_thoughts(&result.answer);
    let parse = |text: &str| {
        serde_json::from_str(text).or_else(|error| match only_block(text) {
            Some(block) => serde_json::from_str(block),
            None => Err(error),
        })
    };
    parse(text).or_else(|_| parse(result.final_answer()))
}

/// The text without what a model that reasons writes before its answer.
fn without_thoughts(text: &str) -> &str {
    let text = text.trim_start();
    let ends = [("<think>", "</think>"), ("<thinking>", "</thinking>")];
    let after = |(start, end)| text.strip_prefix(start)?.split_once(end).map(|(_, after)| after);
    ends.into_iter().find_map(after).unwrap_or(text)
}

/// What the only fenced code block of a Markdown text holds (CommonMark, section 4.5). A block that is not closed was cut short.
fn only_block(text: &str) -> Option<&str> {
    let (block, rest) = first_block(text)?;
    first_block(rest).is_none().then_some(block)
}

/// The first code block, and what follows it.
fn first_block(text: &str) -> Option<(&str, &str)> {
    let mut opened: Option<(usize, &str)> = None;
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let start = end;
        end += line.len();
        let fence = fence(line);
        match opened {
            None if !fence.is_empty() => opened = Some((end, fence)),
            Some((first, opening)) if fence.starts_with(opening) && line.trim() == fence => {
                return Some((&text[first..start], &text[end..]));
            }
            _ => {}
        }
    }
    None
}

/// The marks of a code block with which the line begins.
fn fence(line: &str) -> &str {
    let line = line.trim_start();
    let length = |mark| line.len() - line.trim_start_matches(mark).len();
    let longest = length('`').max(length('~'));
    if longest < 3 { "" } else { &line[..longest] }
}
