//! Executes requests: headers, timeouts, the 429 retry and the bounds of what is read. No other file does.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, HeaderName, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::{Request, Response};
use tokio::runtime::Handle;
use tokio::time;

use crate::call::CallRecord;
use crate::config::Settings;
use crate::error::{ERROR_BODY_LIMIT, EngramError, no_answer};
use crate::generated::Client;
use crate::path;
use crate::retry::parse_retry_after;

/// The operation whose answer is a stream of events; every other one is read whole.
const STREAM_OPERATION: &str = "query_stream";
/// What progenitor adds to every request and the API does not know.
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// What the generated client carries for its hooks.
#[derive(Clone)]
pub struct Inner {
    settings: Arc<Settings>,
    record: Option<Arc<CallRecord>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(formatter)
    }
}

impl Inner {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self { settings, record: None }
    }

    /// The same, noting what becomes of the next call.
    pub(crate) fn recording(&self, record: Arc<CallRecord>) -> Self {
        Self { settings: Arc::clone(&self.settings), record: Some(record) }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    fn note(&self, note: impl FnOnce(&CallRecord)) {
        if let Some(record) = &self.record {
            note(record);
        }
    }
}

/// The answer of an attempt that failed on this side of the wire. Hooks can return a response or an error of reqwest, which
/// only reqwest can make; so the failure travels in an extension, and `post` turns it into an error.
#[derive(Clone)]
struct FailedHere(String);

impl ClientHooks<Inner> for Client {
    async fn pre<E>(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error<E>> {
        path::check_url(request.url(), &self.baseurl).map_err(Error::InvalidRequest)?;
        if Handle::try_current().is_err() {
            let problem = "there is no tokio runtime here: await it inside one, for example under `#[tokio::main]`";
            return Err(Error::InvalidRequest(problem.to_owned()));
        }
        let settings = self.inner.settings();
        let streamed = is_streamed(info);
        if !streamed {
            *request.timeout_mut() = Some(settings.timeout);
        }
        let needs_length = request.method() == Method::POST && request.body().is_none();
        let headers = request.headers_mut();
        headers.remove(API_VERSION);
        if needs_length {
            // RFC 9110, section 8.6. Some gateways refuse a POST without it.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let accept = if streamed { "text/event-stream" } else { "application/json" };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        headers.extend(settings.headers.clone());
        Ok(())
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let retry = self.inner.settings().retry;
        let mut attempt = 1;
        loop {
            self.inner.note(|record| record.note_attempt(attempt));
            // A body that cannot be sent twice has no copy; the API has none, since all its bodies are JSON.
            let Some(copy) = request.try_clone() else {
                return self.attempt(request, info).await;
            };
            let response = self.attempt(copy, info).await?;
            let wait = match response.status() {
                StatusCode::TOO_MANY_REQUESTS => retry.wait_after(attempt, retry_after(&response), fastrand::f64()),
                _ => None,
            };
            let Some(wait) = wait else { return Ok(response) };
            time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn post<E>(&self, result: &reqwest::Result<Response>, _: &OperationInfo) -> Result<(), Error<E>> {
        match result.as_ref().map(|response| response.extensions().get::<FailedHere>()) {
            Ok(Some(FailedHere(problem))) => Err(Error::Custom(problem.clone())),
            _ => Ok(()),
        }
    }
}

impl Client {
    /// Sends the request once and reads the answer, but for a stream that opens.
    async fn attempt(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        if !is_streamed(info) {
            let response = self.send(request).await?;
            return self.read(response).await;
        }
        let limit = self.inner.settings().stream_timeout;
        match time::timeout(limit, self.send(request)).await {
            Ok(Ok(response)) if !response.status().is_success() => self.read(response).await,
            Ok(result) => result,
            Err(_) => Ok(self.failed_here(EngramError::timeout(no_answer(limit)))),
        }
    }

    async fn send(&self, request: Request) -> reqwest::Result<Response> {
        #[cfg(fuzzing)]
        if let Some(answer) = crate::fuzzing::take_answer() {
            return Ok(answer);
        }
        self.client().execute(request).await
    }

    /// Reads the whole body, so that whatever goes wrong on the way is known together with the status.
    async fn read(&self, mut response: Response) -> reqwest::Result<Response> {
        let (status, settings) = (response.status(), self.inner.settings());
        let mut body = Vec::new();
        if !status.is_success() {
            // Of an error, what comes in time is enough.
            let _ = time::timeout(settings.timeout, read_up_to(ERROR_BODY_LIMIT, &mut response, &mut body)).await;
            return Ok(with_body(response, body.into()));
        }
        self.inner.note(|record| record.note_accepted(status, response.headers()));
        match read_up_to(settings.max_response_bytes, &mut response, &mut body).await {
            Ending::Whole => Ok(with_body(response, body.into())),
            Ending::Broken(error) => Err(error),
            Ending::TooLarge => {
                Ok(self.failed_here(EngramError::decode(status, &too_large(settings.max_response_bytes))))
            }
        }
    }

    fn failed_here(&self, failure: EngramError) -> Response {
        let problem = failure.to_string();
        self.inner.note(|record| record.note_failure(failure));
        let mut response = http::Response::new(Bytes::new());
        response.extensions_mut().insert(FailedHere(problem));
        Response::from(response)
    }
}

fn is_streamed(info: &OperationInfo) -> bool {
    info.operation_id == STREAM_OPERATION
}

/// What is said of an answer, or a frame of a stream, that is larger than the client may read.
pub(crate) fn too_large(limit: usize) -> String {
    format!("it is larger than {limit} bytes, the limit set with `max_response_bytes`")
}

fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    parse_retry_after(value, SystemTime::now())
}

/// How the reading of a body ended.
enum Ending {
    Whole,
    TooLarge,
    Broken(reqwest::Error),
}

/// Reads at most `limit` bytes of the body.
async fn read_up_to(limit: usize, response: &mut Response, body: &mut Vec<u8>) -> Ending {
    loop {
        match response.chunk().await {
            Ok(None) => return Ending::Whole,
            Ok(Some(chunk)) if append(body, &chunk, limit) => {}
            Ok(Some(_)) => return Ending::TooLarge,
            Err(error) => return Ending::Broken(error),
        }
    }
}

/// Adds as much of the chunk as the limit permits, and says whether that is all of it. The room doubles as it fills, but not beyond the
/// limit.
pub(crate) fn append(body: &mut Vec<u8>, chunk: &[u8], limit: usize) -> bool {
    let taken = &chunk[..chunk.len().min(limit - body.len())];
    let needed = body.len() + taken.len();
    if needed > body.capacity() {
        body.reserve_exact(needed.saturating_mul(2).min(limit) - body.len());
    }
    body.extend_from_slice(taken);
    taken.len() == chunk.len()
}

/// The same answer with a body that has been read.
fn with_body(mut response: Response, body: Bytes) -> Response {
    let mut read = http::Response::new(body);
    *read.status_mut() = response.status();
    *read.headers_mut() = std::mem::take(response.headers_mut());
    Response::from(read)
}
