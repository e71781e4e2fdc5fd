//! Asking a question, for a whole answer or a streamed one.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::marker::PhantomData;

use serde_json::{Map, Value};

use super::common::{Extensible, at_least_one, check_extra, unsendable};
use crate::error::EngramError;
use crate::generated::client::{self, Client};
use crate::generated::types::{self, QueryOptions, QueryRequest};
pub use crate::generated::types::{
    EntityMatch, GraphFact, QueryExplanation, QueryResult, QueryUsage, RetrievedMemory, ReturnFormat, SynthesisUsage,
};
use crate::request::{Operation, Received, Request};
use crate::stream::QueryStream;
use crate::transport::{Call, Endpoint, Json, OpenBody, Streamed};
use crate::wire::check_segment;

const DEFAULT_TOP_K: u32 = 8;
/// The fields of the body that no setter of their name sets.
const SET_OTHERWISE: [(&str, &str); 2] =
    [("stream", "`query_stream`"), ("options", "the setters of the options, or `extra_option`")];

/// Asks a question: see [`EngramClient::query`](crate::EngramClient::query) for a whole [`QueryResult`], and
/// [`EngramClient::query_stream`](crate::EngramClient::query_stream) for a [`QueryStream`].
pub struct Query<Answer = QueryResult> {
    question: Question,
    answer: PhantomData<fn() -> Answer>,
}

/// What is asked, whatever the form of the answer.
#[derive(Clone)]
struct Question {
    text: String,
    buckets: Vec<String>,
    top_k: u32,
    top_k_per_bucket: Option<TopKPerBucket>,
    max_tokens: Option<u32>,
    response_schema: Option<Value>,
    /// The options that are sent as they are.
    options: QueryOptions,
    extra: Map<String, Value>,
}

impl<Answer> Clone for Query<Answer> {
    fn clone(&self) -> Self {
        Self { question: self.question.clone(), answer: PhantomData }
    }
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
    /// A number for each bucket's name. Buckets that are not named use [`top_k`](Request::top_k).
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

impl<Answer> fmt::Debug for Query<Answer> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Query")
            .field("question", &self.question.text)
            .field("buckets", &self.question.buckets)
            .finish_non_exhaustive()
    }
}

impl<Answer> Query<Answer> {
    pub(crate) fn new(buckets: &[String], text: String) -> Self {
        let options =
            QueryOptions { return_explanation: Some(true), skip_synthesis: Some(false), ..QueryOptions::default() };
        let question = Question {
            text,
            buckets: buckets.to_vec(),
            top_k: DEFAULT_TOP_K,
            top_k_per_bucket: None,
            max_tokens: None,
            response_schema: None,
            options,
            extra: Map::new(),
        };
        Self { question, answer: PhantomData }
    }

    /// The same question, for another form of the answer.
    #[cfg(feature = "schemars")]
    pub(crate) fn answered_as<Other>(self) -> Query<Other> {
        Query { question: self.question, answer: PhantomData }
    }

    #[cfg(feature = "schemars")]
    pub(crate) fn options(&self) -> &QueryOptions {
        &self.question.options
    }

    pub(crate) fn bucket_count(&self) -> usize {
        self.question.buckets.len()
    }

    /// The call for a whole answer.
    pub(crate) fn whole(&mut self, api: &Client) -> Result<Call<Json<QueryResult>>, EngramError> {
        api.query_call(&self.question.body(None)?).map_err(unsendable)
    }
}

impl<Answer> Extensible for Query<Answer> {
    fn extra_fields(&mut self) -> &mut Map<String, Value> {
        &mut self.question.extra
    }
}

impl<Answer, Mode> Request<Query<Answer>, Mode> {
    /// Searches this bucket only. Default: the client's default buckets.
    pub fn bucket(self, bucket: impl Into<String>) -> Self {
        self.buckets([bucket.into()])
    }

    /// Searches these buckets, at least one. Default: the client's default buckets.
    pub fn buckets<B: Into<String>>(mut self, buckets: impl IntoIterator<Item = B>) -> Self {
        self.operation.question.buckets = buckets.into_iter().map(Into::into).collect();
        self
    }

    /// How many memories to retrieve from each bucket at most, from 1. Default: 8.
    pub fn top_k(mut self, top_k: u32) -> Self {
        self.operation.question.top_k = top_k;
        self
    }

    /// How many memories to retrieve, bucket by bucket, each from 1. Default: [`top_k`](Self::top_k) for all.
    pub fn top_k_per_bucket(mut self, top_k: impl Into<TopKPerBucket>) -> Self {
        self.operation.question.top_k_per_bucket = Some(top_k.into());
        self
    }

    /// True to retrieve only, without a model: the answer is then empty, and the memories are in the explanation. Default: false.
    pub fn skip_synthesis(mut self, skip: bool) -> Self {
        self.operation.question.options.skip_synthesis = Some(skip);
        self
    }

    /// Whether to return the memories and graph facts behind the answer. Default: true.
    pub fn return_explanation(mut self, explanation: bool) -> Self {
        self.operation.question.options.return_explanation = Some(explanation);
        self
    }

    /// The longest answer, in tokens, from 1. Default: the server's, today 8192.
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.operation.question.max_tokens = Some(tokens);
        self
    }

    /// Leaves out memories whose raw cosine similarity is lower. Default: the server's adaptive threshold, which always applies.
    pub fn min_similarity_threshold(mut self, similarity: f64) -> Self {
        self.operation.question.options.min_similarity_threshold = Some(similarity);
        self
    }

    /// Leaves out memories whose [`weighted_score`](crate::RetrievedMemory::weighted_score) is lower. Default: none is left out.
    pub fn min_weighted_score(mut self, score: f64) -> Self {
        self.operation.question.options.min_weighted_score = Some(score);
        self
    }

    /// [`ReturnFormat::Json`] asks the model for JSON, which arrives parsed in [`answer_json`](QueryResult::answer_json). Default: the
    /// server's, prose.
    pub fn return_format(mut self, format: ReturnFormat) -> Self {
        self.operation.question.options.return_format = Some(format);
        self
    }

    /// A JSON Schema, as a JSON object that is not empty, that describes the answer in JSON. It guides the model and is not enforced.
    /// Default: none.
    pub fn response_schema(mut self, schema: impl Into<Value>) -> Self {
        self.operation.question.response_schema = Some(schema.into());
        self
    }

    /// A field of the body's `options` that this version of the client does not know. Otherwise as [`extra`](Self::extra).
    pub fn extra_option(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.operation.question.options.extra.insert(name.into(), value.into());
        self
    }
}

impl Question {
    /// Checks what was set, and takes it.
    fn body(&mut self, stream: Option<bool>) -> Result<QueryRequest, EngramError> {
        check_buckets(&self.buckets).map_err(EngramError::invalid_request)?;
        let mut options = std::mem::take(&mut self.options);
        check_extra(&options, client::QUERY.operation_id, &[])?;
        check_finite("min_similarity_threshold", options.min_similarity_threshold)?;
        check_finite("min_weighted_score", options.min_weighted_score)?;
        options.top_k = Some(at_least_one("top_k", self.top_k)?);
        options.max_tokens = self.max_tokens.map(|tokens| at_least_one("max_tokens", tokens)).transpose()?;
        options.top_k_per_bucket = self.top_k_per_bucket.take().map(per_bucket).transpose()?;
        options.response_schema = match self.response_schema.take() {
            Some(Value::Object(schema)) if !schema.is_empty() => schema,
            None => Map::new(),
            Some(_) => {
                return Err(EngramError::invalid_request(
                    "response_schema must be a JSON object with at least one member",
                ));
            }
        };
        let body = QueryRequest {
            query: std::mem::take(&mut self.text),
            buckets: std::mem::take(&mut self.buckets),
            stream,
            options: Some(options),
            extra: std::mem::take(&mut self.extra),
        };
        check_extra(&body, client::QUERY.operation_id, &SET_OTHERWISE)?;
        Ok(body)
    }
}

impl<Mode> Operation<Mode> for Query<QueryResult> {
    type Output = QueryResult;
    type Response = Json<QueryResult>;
    const ENDPOINT: &'static Endpoint = &client::QUERY;

    fn bucket_count(&self) -> usize {
        Query::bucket_count(self)
    }

    fn is_idempotent(&self) -> bool {
        true
    }

    fn call(&mut self, api: &Client, _: &str) -> Result<Call<Self::Response>, EngramError> {
        self.whole(api)
    }

    fn output(self, result: QueryResult, _: Received<'_, Mode>) -> Result<QueryResult, EngramError> {
        Ok(result)
    }
}

impl<Mode: Clone + Send> Operation<Mode> for Query<QueryStream<Mode>> {
    type Output = QueryStream<Mode>;
    type Response = Streamed;
    const ENDPOINT: &'static Endpoint = &client::QUERY_STREAM;

    fn bucket_count(&self) -> usize {
        Query::bucket_count(self)
    }

    fn is_idempotent(&self) -> bool {
        true
    }

    fn call(&mut self, api: &Client, _: &str) -> Result<Call<Streamed>, EngramError> {
        api.query_stream_call(&self.question.body(Some(true))?).map_err(unsendable)
    }

    fn output(self, body: OpenBody, received: Received<'_, Mode>) -> Result<QueryStream<Mode>, EngramError> {
        Ok(QueryStream::new(body, &received))
    }
}

/// Checks the buckets of a query. An empty list would make the service search `default` without a word.
pub(crate) fn check_buckets(buckets: &[String]) -> Result<(), String> {
    if buckets.is_empty() {
        return Err("a query needs at least one bucket".to_owned());
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
