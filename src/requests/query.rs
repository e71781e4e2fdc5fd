//! Asking a question, for a whole answer or a streamed one.

#[cfg(feature = "schemars")]
mod typed;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;

use serde_json::{Map, Value};

use super::{check_extra, extra_setter, request, setup};
use crate::call::{Call, Operation, Setup};
use crate::error::EngramError;
use crate::generated::types::{self, QueryOptions, QueryRequest, QueryResult, ReturnFormat};
use crate::mode::Async;
use crate::path::check_segment;
use crate::retry::Repeat;
use crate::stream::QueryStream;

const DEFAULT_TOP_K: u32 = 8;
/// The fields of the body that no setter of their name sets.
const SET_OTHERWISE: [(&str, &str); 2] =
    [("stream", "`query_stream`"), ("options", "the setters of the options, or `extra_option`")];

/// Asks a question: see [`EngramClient::query`](crate::EngramClient::query) for a whole [`QueryResult`], and
/// [`EngramClient::query_stream`](crate::EngramClient::query_stream) for a [`QueryStream`].
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct Query<Answer = QueryResult, Mode = Async> {
    setup: Setup<Mode>,
    question: String,
    buckets: Vec<String>,
    top_k: u32,
    top_k_per_bucket: Option<TopKPerBucket>,
    max_tokens: Option<u32>,
    response_schema: Option<Value>,
    /// The options that are sent as they are.
    options: QueryOptions,
    extra: Map<String, Value>,
    answer: PhantomData<fn() -> Answer>,
}

/// How many memories to retrieve from each bucket: one number for all buckets, or a number for each bucket's name.
///
/// ```
/// # use lumetra_engram::TopKPerBucket;
/// let for_all: TopKPerBucket = 20.into();
/// let for_each: TopKPerBucket = [("filings", 20), ("prices", 4)].into();
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TopKPerBucket {
    /// The same number for every bucket.
    All(u32),
    /// A number for each bucket's name. Buckets that are not named use [`top_k`](Query::top_k).
    Each(BTreeMap<String, u32>),
}

impl From<u32> for TopKPerBucket {
    fn from(number: u32) -> Self {
        Self::All(number)
    }
}

impl<B: Into<String>, const N: usize> From<[(B, u32); N]> for TopKPerBucket {
    fn from(numbers: [(B, u32); N]) -> Self {
        Self::Each(numbers.into_iter().map(|(bucket, number)| (bucket.into(), number)).collect())
    }
}

impl From<BTreeMap<String, u32>> for TopKPerBucket {
    fn from(numbers: BTreeMap<String, u32>) -> Self {
        Self::Each(numbers)
    }
}

impl From<HashMap<String, u32>> for TopKPerBucket {
    fn from(numbers: HashMap<String, u32>) -> Self {
        Self::Each(numbers.into_iter().collect())
    }
}

impl<Answer, Mode> fmt::Debug for Query<Answer, Mode> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Query")
            .field("question", &self.question)
            .field("buckets", &self.buckets)
            .finish_non_exhaustive()
    }
}

impl<Answer, Mode> Query<Answer, Mode> {
    pub(crate) fn new(setup: Setup<Mode>, buckets: &[String], question: String) -> Self {
        Self {
            setup,
            question,
            buckets: buckets.to_vec(),
            top_k: DEFAULT_TOP_K,
            top_k_per_bucket: None,
            max_tokens: None,
            response_schema: None,
            options: QueryOptions {
                return_explanation: Some(true),
                skip_synthesis: Some(false),
                ..QueryOptions::default()
            },
            extra: Map::new(),
            answer: PhantomData,
        }
    }

    /// Searches this bucket only. Default: the client's default buckets.
    pub fn bucket(self, bucket: impl Into<String>) -> Self {
        self.buckets([bucket.into()])
    }

    /// Searches these buckets, at least one. Default: the client's default buckets.
    pub fn buckets<B: Into<String>>(mut self, buckets: impl IntoIterator<Item = B>) -> Self {
        self.buckets = buckets.into_iter().map(Into::into).collect();
        self
    }

    /// How many memories to retrieve from each bucket at most, from 1. Default: 8.
    pub fn top_k(mut self, top_k: u32) -> Self {
        self.top_k = top_k;
        self
    }

    /// How many memories to retrieve, bucket by bucket, each from 1. Default: [`top_k`](Self::top_k) for all.
    pub fn top_k_per_bucket(mut self, top_k: impl Into<TopKPerBucket>) -> Self {
        self.top_k_per_bucket = Some(top_k.into());
        self
    }

    /// True to retrieve only, without a model: the answer is then empty, and the memories are in the explanation. Default: false.
    pub fn skip_synthesis(mut self, skip: bool) -> Self {
        self.options.skip_synthesis = Some(skip);
        self
    }

    /// Whether to return the memories and graph facts behind the answer. Default: true.
    pub fn return_explanation(mut self, explanation: bool) -> Self {
        self.options.return_explanation = Some(explanation);
        self
    }

    /// The longest answer, in tokens, from 1. Default: the server's, today 8192.
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.max_tokens = Some(tokens);
        self
    }

    /// Leaves out memories whose raw cosine similarity is lower. Default: the server's adaptive threshold, which holds in any case.
    pub fn min_similarity_threshold(mut self, similarity: f64) -> Self {
        self.options.min_similarity_threshold = Some(similarity);
        self
    }

    /// Leaves out memories whose [`weighted_score`](crate::RetrievedMemory::weighted_score) is lower. Default: none is left out.
    pub fn min_weighted_score(mut self, score: f64) -> Self {
        self.options.min_weighted_score = Some(score);
        self
    }

    /// [`ReturnFormat::Json`] asks the model for JSON, which arrives parsed in [`answer_json`](QueryResult::answer_json). Default: the
    /// server's, prose.
    pub fn return_format(mut self, format: ReturnFormat) -> Self {
        self.options.return_format = Some(format);
        self
    }

    /// A JSON Schema, as a JSON object that is not empty, that describes the answer in JSON. It guides the model and is not enforced. Default: none.
    pub fn response_schema(mut self, schema: impl Into<Value>) -> Self {
        self.response_schema = Some(schema.into());
        self
    }

    #[cfg(feature = "blocking")]
    pub(crate) fn mode(&self) -> Mode
    where
        Mode: Clone,
    {
        self.setup.mode.clone()
    }
    extra_setter!(extra, extra, "the body, beside its `options`,");

    extra_setter!(extra_option, options.extra, "the body's `options`");

    fn body(self, stream: Option<bool>) -> Result<QueryRequest, EngramError> {
        check_buckets(&self.buckets)?;
        let mut options = self.options;
        check_extra(&options, "query", &[])?;
        check_finite("min_similarity_threshold", options.min_similarity_threshold)?;
        check_finite("min_weighted_score", options.min_weighted_score)?;
        options.top_k = Some(at_least_one("top_k", self.top_k)?);
        options.max_tokens = self.max_tokens.map(|tokens| at_least_one("max_tokens", tokens)).transpose()?;
        options.top_k_per_bucket = self.top_k_per_bucket.map(per_bucket).transpose()?;
        options.response_schema = match self.response_schema {
            Some(Value::Object(schema)) if !schema.is_empty() => schema,
            None => Default::default(),
            Some(_) => {
                let problem = "response_schema must be a JSON object that is not empty";
                return Err(EngramError::invalid_request(problem.to_owned()));
            }
        };
        let (options, extra) = (Some(options), self.extra);
        let body = QueryRequest { query: self.question, buckets: self.buckets, stream, options, extra };
        check_extra(&body, "query", &SET_OTHERWISE)?;
        Ok(body)
    }
}

impl<Mode: Send> Operation for Query<QueryResult, Mode> {
    const NAME: &str = "query";
    type Answer = QueryResult;

    setup!();

    fn bucket_count(&self) -> usize {
        self.buckets.len()
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn run(self, call: &Call) -> Result<QueryResult, EngramError> {
        let body = self.body(None)?;
        let outcome = call.api.query(&body).await;
        call.answer(outcome).await
    }
}

request!(
    /// Sends the request and waits for the whole answer.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`; [`EngramError::InvalidRequest`] for a number that is 0, a threshold that is
    /// not finite, no bucket, an extra field that has a setter, or a schema that is no object or an empty one.
    Query[QueryResult] => QueryResult
);

impl<Mode: Send> Operation for Query<QueryStream, Mode> {
    const NAME: &str = "query_stream";
    type Answer = QueryStream;

    setup!();

    fn bucket_count(&self) -> usize {
        self.buckets.len()
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn run(self, call: &Call) -> Result<QueryStream, EngramError> {
        let body = self.body(Some(true))?;
        let outcome = call.api.query_stream(&body).await;
        let answer = call.opened(outcome).await?;
        Ok(QueryStream::new(answer, &call.api.inner))
    }
}

request!(
    /// Sends the request and waits until the server begins to answer.
    ///
    /// # Errors
    ///
    /// As for a whole answer. What goes wrong later is an item of the stream.
    Query[QueryStream] => QueryStream, not blocking
);

/// Checks the buckets of a query. An empty list would make the service search `default` without a word.
pub(crate) fn check_buckets(buckets: &[String]) -> Result<(), EngramError> {
    if buckets.is_empty() {
        return Err(EngramError::invalid_request("a query needs at least one bucket".to_owned()));
    }
    buckets.iter().try_for_each(|bucket| check_segment("bucket", bucket))
}

/// JSON has no NaN and no infinity: they would be sent as `null`.
fn check_finite(name: &str, value: Option<f64>) -> Result<(), EngramError> {
    match value {
        Some(value) if !value.is_finite() => {
            Err(EngramError::invalid_request(format!("{name} must be a finite number, not {value}")))
        }
        _ => Ok(()),
    }
}

fn at_least_one(name: &str, value: u32) -> Result<NonZeroU32, EngramError> {
    NonZeroU32::new(value).ok_or_else(|| EngramError::invalid_request(format!("{name} must be at least 1")))
}

fn per_bucket(numbers: TopKPerBucket) -> Result<types::TopKPerBucket, EngramError> {
    let number = |value| at_least_one("top_k_per_bucket", value);
    Ok(match numbers {
        TopKPerBucket::All(value) => types::TopKPerBucket::All(number(value)?),
        TopKPerBucket::Each(values) => {
            let each = values.into_iter().map(|(bucket, value)| Ok((bucket, number(value)?)));
            types::TopKPerBucket::Each(each.collect::<Result<_, EngramError>>()?)
        }
    })
}
