//! Executes requests: headers, timeouts, the 429 retry and the bounds of what is read. No other file does.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_core::Stream;
use http::header::{ACCEPT, CONTENT_LENGTH, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::{Request, Response, ResponseBuilderExt};
use tokio::runtime::Handle;
use tokio::time::{self, Instant};
use tracing::Instrument;

use crate::call::CallContext;
use crate::concurrency::{Gate, Place, Stalled, Ticket};
use crate::config::{CallSettings, Settings};
use crate::error::{ERROR_BODY_LIMIT, EngramError, no_answer};
use crate::generated::Client;
use crate::path;
use crate::retry::{Repeat, Retries, Setback, parse_retry_after};
use crate::trace;

/// The operation whose answer is a stream of events; every other one is read whole.
const STREAM_OPERATION: &str = "query_stream";

/// What the generated client carries for its hooks.
#[derive(Clone)]
pub struct Inner {
    settings: Arc<Settings>,
    gate: Arc<Gate>,
    /// `None` where the escape hatch makes the call.
    call: Option<Arc<CallContext>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(formatter)
    }
}

impl Inner {
    pub(crate) fn new(settings: Arc<Settings>, gate: Arc<Gate>) -> Self {
        Self { settings, gate, call: None }
    }

    /// The same, for one call.
    pub(crate) fn calling(&self, call: Arc<CallContext>) -> Self {
        Self { call: Some(call), ..self.clone() }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn call_settings(&self) -> &CallSettings {
        self.call.as_ref().map_or(&self.settings.call, |call| &call.settings)
    }

    fn note(&self, note: impl FnOnce(&CallContext)) {
        if let Some(call) = &self.call {
            note(call);
        }
    }

    /// A call of the escape hatch may be anything.
    fn repeat(&self) -> Repeat {
        self.call.as_ref().map_or(Repeat::OnlyIfUnsent, |call| call.repeat)
    }
}

/// The answer of an attempt that failed on this side of the wire. Hooks can return a response or an error of reqwest, which
/// only reqwest can make; so the failure travels in an extension, and `post` turns it into an error.
#[derive(Clone)]
struct FailedHere {
    problem: String,
    kind: &'static str,
}

impl ClientHooks<Inner> for Client {
    async fn pre<E>(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error<E>> {
        if Handle::try_current().is_err() {
            let problem = "there is no tokio runtime here: await it inside one, for example under `#[tokio::main]`";
            return Err(Error::InvalidRequest(problem.to_owned()));
        }
        let streamed = is_streamed(info);
        if let Some(timeout) = self.timeout_of_its_own(streamed) {
            *request.timeout_mut() = Some(timeout);
        }
        let needs_length = request.method() == Method::POST && request.body().is_none();
        let headers = request.headers_mut();
        if needs_length {
            // RFC 9110, section 8.6. Some gateways refuse a POST without it.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let accept = if streamed { "text/event-stream" } else { "application/json" };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        replace_all(headers, &self.inner.settings().headers);
        if let Some(call) = &self.inner.call {
            replace_all(headers, &call.headers);
            call.add_query(request.url_mut());
        }
        path::check_url(request.url(), &self.baseurl).map_err(Error::InvalidRequest)
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let mut retries = Retries::new(self.inner.call_settings().retry);
        let ticket = self.inner.gate.ticket();
        let mut number = 1;
        loop {
            // A body that cannot be sent twice has no copy; the API has none, since all its bodies are JSON.
            let Some(copy) = request.try_clone() else {
                return self.attempt(request, info, ticket, number).await;
            };
            let outcome = self.attempt(copy, info, ticket, number).await;
            let Some((setback, retry_after)) = self.setback(&outcome) else { return outcome };
            let Some(wait) = retries.wait_after(setback, retry_after, fastrand::f64()) else { return outcome };
            trace::waits(setback, outcome.ok().map(|response| response.status()), wait);
            time::sleep(wait).await;
            number += 1;
        }
    }

    async fn post<E>(&self, result: &reqwest::Result<Response>, _: &OperationInfo) -> Result<(), Error<E>> {
        match result.as_ref().map(|response| response.extensions().get::<FailedHere>()) {
            Ok(Some(FailedHere { problem, .. })) => Err(Error::Custom(problem.clone())),
            _ => Ok(()),
        }
    }
}

impl Client {
    /// The timeout of a request, where the HTTP client would give it another one. A stream may take as long as it likes.
    fn timeout_of_its_own(&self, streamed: bool) -> Option<Duration> {
        let usual = self.inner.settings().http_client_timeout;
        match streamed {
            true => usual.map(|_| Duration::MAX),
            false => Some(self.inner.call_settings().timeout).filter(|timeout| usual != Some(*timeout)),
        }
    }

    /// Why there may be another attempt, and the wait that the server asks for.
    fn setback(&self, outcome: &reqwest::Result<Response>) -> Option<(Setback, Option<Duration>)> {
        match outcome {
            Ok(response) => {
                let setback = Setback::of_status(response.status(), self.inner.repeat())?;
                Some((setback, retry_after(response)))
            }
            Err(error) => Some((Setback::of_failure(error.is_connect())?, None)),
        }
    }

    /// Waits for a place, sends the request once and reads the answer, but for a stream that opens.
    async fn attempt(
        &self,
        request: Request,
        info: &OperationInfo,
        ticket: Ticket,
        number: u32,
    ) -> reqwest::Result<Response> {
        let settings = self.inner.call_settings();
        let (gate, arrival) = (&self.inner.gate, Instant::now());
        let place = match gate.enter(ticket, settings.timeout.max(settings.stream_timeout)).await {
            Ok(place) => place,
            Err(stalled) => return Ok(self.failed_here(EngramError::timeout(no_place(&stalled)))),
        };
        trace::has_place(arrival.elapsed(), gate);
        self.inner.note(|call| call.note_attempt(number));
        let span = trace::attempt(&request, number);
        let start = Instant::now();
        // Pinned here, since moving it into the span would copy all of it.
        let outcome = pin!(self.exchange(request, info, place)).instrument(span.clone()).await;
        trace::answered(&span, status_or_kind(&outcome), start.elapsed());
        outcome
    }

    async fn exchange(&self, request: Request, info: &OperationInfo, place: Place) -> reqwest::Result<Response> {
        if !is_streamed(info) {
            let response = self.send(request).await?;
            return self.read(response, place).await;
        }
        let limit = self.inner.call_settings().stream_timeout;
        match time::timeout(limit, self.send(request)).await {
            Ok(Ok(response)) if response.status().is_success() => {
                place.accepted();
                self.inner.note(|call| call.note_accepted(response.status(), response.headers()));
                Ok(holding(response, place))
            }
            Ok(Ok(response)) => self.read(response, place).await,
            Ok(Err(error)) => Err(error),
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

    /// Reads the whole body, so that whatever goes wrong on the way is known together with the status. The server counts the
    /// request until its answer is whole, so the place is kept until then, but for a refusal, which never had one.
    async fn read(&self, mut response: Response, place: Place) -> reqwest::Result<Response> {
        let (status, limit) = (response.status(), self.inner.settings().max_response_bytes);
        if !status.is_success() {
            let _place = match status {
                StatusCode::TOO_MANY_REQUESTS => {
                    place.refused();
                    None
                }
                _ => Some(place),
            };
            let timeout = self.inner.call_settings().timeout;
            let mut body = Read::default();
            // Of an error, what comes in time is enough.
            let _ = time::timeout(timeout, body.read_up_to(ERROR_BODY_LIMIT, &mut response)).await;
            return Ok(with_body(response, body.into_bytes()));
        }
        place.accepted();
        self.inner.note(|call| call.note_accepted(status, response.headers()));
        let mut body = Read::default();
        match body.read_up_to(limit, &mut response).await {
            Ending::Whole => {
                let body = body.into_bytes();
                self.inner.note(|call| call.note_body(&body));
                if self.inner.call.is_some() {
                    // Noted as far as they are needed; the generated code would copy them.
                    response.headers_mut().clear();
                }
                Ok(with_body(response, body))
            }
            Ending::Broken(error) => Err(error),
            Ending::TooLarge => Ok(self.failed_here(EngramError::decode(status, &too_large(limit)))),
        }
    }

    fn failed_here(&self, failure: EngramError) -> Response {
        let failed = FailedHere { problem: failure.to_string(), kind: trace::kind(&failure) };
        self.inner.note(|call| call.note_failure(failure));
        let mut response = http::Response::new(Bytes::new());
        response.extensions_mut().insert(failed);
        Response::from(response)
    }
}

/// Puts these headers in place of those that have their names.
fn replace_all(headers: &mut HeaderMap, others: &HeaderMap) {
    headers.reserve(others.len());
    for name in others.keys() {
        let mut values = others.get_all(name).iter();
        if let Some(first) = values.next() {
            headers.insert(name, first.clone());
        }
        for further in values {
            headers.append(name, further.clone());
        }
    }
}

/// The status of an answer, or what went wrong in a word.
fn status_or_kind(outcome: &reqwest::Result<Response>) -> Result<StatusCode, &'static str> {
    let response = outcome.as_ref().map_err(trace::transport_kind)?;
    match response.extensions().get::<FailedHere>() {
        Some(failed) => Err(failed.kind),
        None => Ok(response.status()),
    }
}

fn is_streamed(info: &OperationInfo) -> bool {
    info.operation_id == STREAM_OPERATION
}

/// What is said of an answer, or a frame of a stream, that is larger than the client may read.
pub(crate) fn too_large(limit: usize) -> String {
    format!("it is larger than {limit} bytes, the limit set with `max_response_bytes`")
}

fn no_place(stalled: &Stalled) -> String {
    let Stalled { under_way, patience } = stalled;
    format!(
        "no place became free for {patience:?}: {under_way} requests and streams of this client are under way, as many as the \
         server takes at once; drop streams that are not read. Nothing was sent"
    )
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

/// A body as far as it has been read.
#[derive(Default)]
struct Read {
    /// The first chunk, which most often is all of it, and then is not copied.
    first: Bytes,
    /// All chunks, once there are several.
    all: Vec<u8>,
}

impl Read {
    /// Reads at most `limit` bytes.
    async fn read_up_to(&mut self, limit: usize, response: &mut Response) -> Ending {
        loop {
            match response.chunk().await {
                Ok(None) => return Ending::Whole,
                Ok(Some(chunk)) => {
                    if !self.add(chunk, limit) {
                        return Ending::TooLarge;
                    }
                }
                Err(error) => return Ending::Broken(error),
            }
        }
    }

    /// Adds as much of the chunk as the limit permits, and says whether that is all of it.
    fn add(&mut self, chunk: Bytes, limit: usize) -> bool {
        if self.first.is_empty() && chunk.len() <= limit {
            self.first = chunk;
            return true;
        }
        if self.all.is_empty() {
            append(&mut self.all, &self.first, limit);
        }
        append(&mut self.all, &chunk, limit)
    }

    fn into_bytes(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.into() }
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
    // Without its URL, one would be parsed that stands for none.
    let with_url = http::Response::builder().url(response.url().clone()).body(());
    let mut read = with_url.unwrap_or_default().map(|()| body);
    *read.status_mut() = response.status();
    *read.headers_mut() = std::mem::take(response.headers_mut());
    Response::from(read)
}

/// The same answer, whose place is free when its body has ended or is dropped.
fn holding(mut response: Response, place: Place) -> Response {
    let mut held = http::Response::new(());
    *held.status_mut() = response.status();
    *held.headers_mut() = std::mem::take(response.headers_mut());
    let body = HeldBody { chunks: Box::pin(response.bytes_stream()), place: Some(place) };
    Response::from(held.map(|()| reqwest::Body::wrap_stream(body)))
}

/// A body that holds a place.
struct HeldBody {
    chunks: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    place: Option<Place>,
}

impl Stream for HeldBody {
    type Item = reqwest::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = self.chunks.as_mut().poll_next(context);
        if matches!(chunk, Poll::Ready(None | Some(Err(_)))) {
            self.place = None;
        }
        chunk.map_err(reqwest::Error::without_url)
    }
}
