//! [`Request`]: an operation with its options, how it is sent, and how its outcome becomes a result.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::Url;
use serde_json::Value;
use tracing::{Instrument, Span};

use crate::error::{EngramError, is_json, one_line, request_id};
use crate::generated::client::Client;
use crate::secret::{ApiKey, Hidden};
use crate::settings::{CallOptions, CallSettings, Settings};
use crate::transport::{
    Call, Decode, Endpoint, Exchange, Failure, Head, Plan, Receive, Reply, Undecodable, check_runtime, trace,
};
use crate::wire::{Located, check_segment};

/// The mode of an [`EngramClient`](crate::EngramClient) whose requests are awaited.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Async;

/// A request that has not been sent yet, from a method of [`EngramClient`](crate::EngramClient). Set what you need, then `.await` it or
/// call [`send`](Self::send). A request that you drop is never sent. It is no future itself: give `tokio::spawn` and `join_all` what
/// `send` returns.
///
/// `Op` is the operation; its own settings are the methods of `Request<StoreMemory>`, `Request<Query>` and so on, below. `Mode` is
/// [`Async`], or with the feature `blocking` also `Blocking`.
///
/// ```no_run
/// # async fn example(engram: lumetra_engram::EngramClient) -> Result<(), lumetra_engram::EngramError> {
/// use std::time::Duration;
///
/// let result = engram
///     .query("Which mode does the user prefer?")
///     .bucket("user-123")
///     .top_k(4)
///     .timeout(Duration::from_secs(60))
///     .await?;
/// println!("{}", result.answer);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct Request<Op, Mode = Async> {
    api: Arc<Client>,
    /// The bucket of an operation in one bucket.
    bucket: Arc<str>,
    options: CallOptions,
    pub(crate) mode: Mode,
    pub(crate) operation: Op,
}

impl<Op: fmt::Debug, Mode> fmt::Debug for Request<Op, Mode> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Request")
            .field("operation", &self.operation)
            .field("bucket", &self.bucket)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// An operation of the API. Name it in a bound to write code that is generic over requests. Only this crate implements it.
pub trait Operation<Mode = Async>: Sized + Send + Sync {
    /// What the request returns.
    type Output;

    /// How the response is decoded.
    #[doc(hidden)]
    type Response: Decode;

    #[doc(hidden)]
    const ENDPOINT: &'static Endpoint;

    /// How many buckets it touches; for tracing.
    #[doc(hidden)]
    fn bucket_count(&self) -> usize {
        1
    }

    /// Whether sending it twice has the same effect as sending it once.
    #[doc(hidden)]
    fn is_idempotent(&self) -> bool;

    /// Checks the settings and builds the call; `bucket` is that of an operation in one bucket. Runs once, so it may move data out of
    /// `self`.
    #[doc(hidden)]
    fn call(&mut self, api: &Client, bucket: &str) -> Result<Call<Self::Response>, EngramError>;

    /// The output, if there is nothing to send.
    #[doc(hidden)]
    fn known_output(&self) -> Option<Self::Output> {
        None
    }

    /// Turns the decoded response into the output.
    #[doc(hidden)]
    fn output(
        self,
        value: <Self::Response as Decode>::Value,
        received: Received<'_, Mode>,
    ) -> Result<Self::Output, EngramError>;
}

/// What [`Operation::output`] gets beside the decoded response.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct Received<'a, Mode> {
    pub(crate) head: Head,
    /// The body, where one was read.
    pub(crate) body: Option<Bytes>,
    pub(crate) attempts: u32,
    pub(crate) settings: &'a Settings,
    pub(crate) call: &'a CallSettings,
    pub(crate) mode: &'a Mode,
}

impl<Op, Mode> Request<Op, Mode> {
    pub(crate) fn new(api: &Arc<Client>, bucket: &Arc<str>, mode: Mode, operation: Op) -> Self {
        let (api, bucket) = (Arc::clone(api), Arc::clone(bucket));
        Self { api, bucket, options: CallOptions::default(), mode, operation }
    }

    pub(crate) fn in_bucket(mut self, bucket: &str) -> Self {
        self.bucket = bucket.into();
        self
    }

    /// This request with another operation.
    pub(crate) fn map<Other>(self, change: impl FnOnce(Op) -> Other) -> Request<Other, Mode> {
        let Self { api, bucket, options, mode, operation } = self;
        Request { api, bucket, options, mode, operation: change(operation) }
    }

    /// This request with another mode.
    pub(crate) fn with_mode<Other>(self, change: impl FnOnce(Mode) -> Other) -> Request<Op, Other> {
        let Self { api, bucket, options, mode, operation } = self;
        Request { api, bucket, options, mode: change(mode), operation }
    }

    /// How long one attempt of this call may take, or, for a streamed answer, how long it may go without a byte. Default: the
    /// client's [`timeout`](crate::EngramClientBuilder::timeout) or
    /// [`stream_timeout`](crate::EngramClientBuilder::stream_timeout). Waiting, for a permit or before a retry, is not counted: bound the
    /// whole call with [`deadline`](Self::deadline).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// How long this call may take in all: its waits for a permit, its attempts and the waits between them. A streamed answer must have begun
    /// by then. Default: the client's [`deadline`](crate::EngramClientBuilder::deadline), which is none.
    ///
    /// An ingest, and a list of all memories, apply it to each of their requests. A call that passes it is an
    /// [`EngramError::Timeout`], even a delete whose 2xx response had begun. A retry whose wait would end after it is not waited for: the
    /// call ends with the server's own error.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = Some(deadline);
        self
    }

    /// How often this call is sent again after a 429. Default: the client's
    /// [`max_retries_on_429`](crate::EngramClientBuilder::max_retries_on_429).
    pub fn max_retries_on_429(mut self, retries: u32) -> Self {
        self.options.max_retries_on_429 = Some(retries);
        self
    }

    /// How often this call is sent again after a transient failure, if that is safe. Default: the client's
    /// [`max_retries_on_transient_errors`](crate::EngramClientBuilder::max_retries_on_transient_errors), which says what is
    /// transient and what is safe.
    pub fn max_retries_on_transient_errors(mut self, retries: u32) -> Self {
        self.options.max_retries_on_transient_errors = Some(retries);
        self
    }

    /// A header of this call, for example one that a gateway asks for. May be called several times. It replaces the client's
    /// [default headers](crate::EngramClientBuilder::default_header) of that name, and its value is treated as a secret. A header
    /// that the client sets itself, or that HTTP does not permit, is an [`InvalidRequest`](EngramError::InvalidRequest)
    /// error of the call.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.headers.push((name.into(), Hidden::new(value)));
        self
    }

    /// A parameter of the URL's query that this version of the client does not know. May be called several times.
    pub fn extra_query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.query.push((name.into(), Hidden::new(value)));
        self
    }

    /// The operation, and the same request without one.
    pub(crate) fn split(self) -> (Request<(), Mode>, Op) {
        let Self { api, bucket, options, mode, operation } = self;
        (Request { api, bucket, options, mode, operation: () }, operation)
    }

    /// Checks the bucket, the options and the surroundings as sending would.
    pub(crate) fn check(&self) -> Result<(), EngramError> {
        check_runtime().map_err(EngramError::invalid_request)?;
        check_segment("bucket", &self.bucket).map_err(EngramError::invalid_request)?;
        self.options.settings(&self.api.inner.settings().call)?;
        self.options.headers()?;
        Ok(())
    }
}

impl<Op: Operation<Mode>, Mode: Sync> Request<Op, Mode> {
    /// The same request for a [`Response`]: the output together with status, headers, request id, number of attempts and the JSON as
    /// it came.
    pub fn with_response(self) -> Request<WithResponse<Op>, Mode> {
        self.map(WithResponse)
    }

    /// Sends the request; shared by both modes.
    pub(crate) async fn run(self) -> Result<Op::Output, EngramError> {
        let start = trace::now();
        let span = trace::operation(Op::ENDPOINT.operation_id, self.operation.bucket_count());
        // Pinned here, since moving it into the span would copy all of it.
        let outcome = pin!(self.exchange(&span)).instrument(span.clone()).await;
        trace::finished(&span, start, outcome.as_ref().err());
        outcome
    }

    async fn exchange(self, span: &Span) -> Result<Op::Output, EngramError> {
        let Self { api, bucket, options, mode, mut operation } = self;
        let settings = api.inner.settings();
        let plan = Plan {
            settings: options.settings(&settings.call)?,
            headers: options.headers()?,
            is_idempotent: operation.is_idempotent(),
        };
        let mut draft = operation.call(&api, &bucket)?.draft;
        if let Some(output) = operation.known_output() {
            return Ok(output);
        }
        add_query(draft.request.url_mut(), &options);
        let exchange = api.inner.send::<<Op::Response as Decode>::Receive>(&draft, &plan).await;
        let attempts = exchange.attempts;
        trace::sent(span, attempts, exchange.status());
        let (head, body, value) = settle::<Op::Response>(exchange, settings)?;
        operation.output(value, Received { head, body, attempts, settings, call: &plan.settings, mode: &mode })
    }
}

impl<Op: Operation> Request<Op> {
    /// Sends the request. The same as awaiting it.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] except [`Config`](EngramError::Config). The operation's method of [`EngramClient`](crate::EngramClient) lists
    /// what is special.
    pub async fn send(self) -> Result<Op::Output, EngramError> {
        self.run().await
    }
}

/// A request owns all that it needs, so its future can be spawned.
impl<Op: Operation + 'static> IntoFuture for Request<Op> {
    type Output = Result<Op::Output, EngramError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Adds the caller's own parameters to the URL.
fn add_query(url: &mut Url, options: &CallOptions) {
    if !options.query.is_empty() {
        let parameters = options.query.iter().map(|(name, value)| (name, value.expose()));
        url.query_pairs_mut().extend_pairs(parameters);
    }
}

/// Decodes the response, or makes the error.
fn settle<R: Decode>(
    exchange: Exchange<<R::Receive as Receive>::Body>,
    settings: &Settings,
) -> Result<(Head, Option<Bytes>, R::Value), EngramError> {
    let Exchange { attempts, effect, outcome } = exchange;
    let Reply { head, body } = match (outcome, R::without_body()) {
        (Ok(reply), _) => reply,
        (Err(Failure::Body { head, .. }), Some(value)) => return Ok((*head, None, value)),
        (Err(failure), _) => return Err(failure.into_error(attempts, effect, settings)),
    };
    let bytes = R::Receive::bytes(&body);
    match R::decode(body) {
        Ok(value) => Ok((head, bytes, value)),
        Err(Undecodable { body, error }) => Err(decode_error(&head, &Located::new(error, &body), &settings.api_key)),
    }
}

/// The error for a 2xx response whose body does not decode.
fn decode_error(head: &Head, located: &Located, key: &ApiKey) -> EngramError {
    let text = located.to_string();
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let problem = match content_type {
        _ if located.error.is_eof() => format!("its body is empty or cut short ({text})"),
        Some(other) if !is_json(other) => format!("its body is not JSON but {other}"),
        _ => text,
    };
    EngramError::decode(head.status, &one_line(&key.redact(&problem)))
}

/// The output of a request with the HTTP response it came from, by [`with_response`](Request::with_response).
///
/// ```no_run
/// # async fn example(engram: lumetra_engram::EngramClient) -> Result<(), lumetra_engram::EngramError> {
/// let response = engram.query("Which mode does the user prefer?").with_response().await?;
/// println!("{} after {} attempts, request {:?}", response.status, response.attempts, response.request_id);
/// println!("{}", response.value.answer);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response<T> {
    /// What the request returns without `with_response()`.
    pub value: T,
    /// The HTTP status, a 2xx.
    pub status: StatusCode,
    /// The headers of the response. One that repeats the API key is marked as sensitive, so that its value is not printed.
    pub headers: HeaderMap,
    /// The server's id of the request, from `x-request-id` or `request-id`, to quote when you report a problem.
    pub request_id: Option<String>,
    /// How often the request was sent.
    pub attempts: u32,
    /// The body as the server sent it. `None` if it was empty or not JSON, and for a stream.
    pub json: Option<Value>,
}

impl<T> Response<T> {
    /// The same response with another value, made from this one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        let Self { value, status, headers, request_id, attempts, json } = self;
        Response { value: change(value), status, headers, request_id, attempts, json }
    }
}

/// An operation whose request returns a [`Response`].
#[derive(Clone, Debug)]
pub struct WithResponse<Op>(Op);

impl<Op: Operation<Mode>, Mode> Operation<Mode> for WithResponse<Op> {
    type Output = Response<Op::Output>;
    type Response = Op::Response;
    const ENDPOINT: &'static Endpoint = Op::ENDPOINT;

    fn bucket_count(&self) -> usize {
        self.0.bucket_count()
    }

    fn is_idempotent(&self) -> bool {
        self.0.is_idempotent()
    }

    fn call(&mut self, api: &Client, bucket: &str) -> Result<Call<Self::Response>, EngramError> {
        let call = self.0.call(api, bucket)?;
        match self.0.known_output() {
            Some(_) => Err(EngramError::invalid_request("there is nothing to send, so there is no response")),
            None => Ok(call),
        }
    }

    fn output(
        self,
        value: <Self::Response as Decode>::Value,
        received: Received<'_, Mode>,
    ) -> Result<Self::Output, EngramError> {
        let key = &received.settings.api_key;
        let (status, attempts) = (received.head.status, received.attempts);
        let mut headers = received.head.headers.clone();
        let repeats_key = |value: &&mut HeaderValue| key.occurs_in(&String::from_utf8_lossy(value.as_bytes()));
        headers.values_mut().filter(repeats_key).for_each(|value| value.set_sensitive(true));
        let request_id = request_id(&headers, key);
        let json = received.body.as_ref().and_then(|body| serde_json::from_slice(body).ok());
        Ok(Response { value: self.0.output(value, received)?, status, headers, request_id, attempts, json })
    }
}
