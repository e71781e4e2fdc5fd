//! [`Transport`]: a request in, an [`Exchange`] out. No other file executes a request.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use reqwest::{Request, Response};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout};
use tracing::Instrument;

use super::body::Read;
use super::call::{Draft, Receive};
use super::connections::{Connections, Generation};
use super::exchange::Exchange;
use super::failure::Failure;
use super::fate::Fate;
use super::reply::{Head, Reply};
use super::trace;
use super::watch::Watch;
use crate::concurrency::{Gate, Permit, Ticket};
use crate::error::{ERROR_BODY_LIMIT, Effect};
use crate::retry::{Retries, Retryable};
use crate::settings::{CallSettings, Settings};
use crate::wire::check_url;

/// What the generated client sends with. Its clones share connections, permits and settings.
#[derive(Clone)]
pub struct Transport {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    gate: Arc<Gate>,
    connections: Connections,
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings().fmt(formatter)
    }
}

/// How one call is sent.
pub(crate) struct Plan {
    pub(crate) settings: CallSettings,
    /// Headers of this call, which replace those of the client.
    pub(crate) headers: HeaderMap,
    /// Whether sending it twice has the same effect as sending it once.
    pub(crate) is_idempotent: bool,
}

/// The state of a call across its attempts.
struct Progress {
    attempts: u32,
    /// What the attempts that have failed may have done.
    earlier: Effect,
    /// What the present attempt may have done.
    current: Effect,
    /// What has become of the present attempt's body.
    watch: Option<Watch>,
    /// What the present attempt is sent with.
    generation: Option<Generation>,
    /// Since when every attempt has failed of its connection, if so.
    troubled_since: Option<Instant>,
}

impl Transport {
    pub(crate) fn new(settings: Settings, gate: Arc<Gate>, connections: Connections) -> Self {
        Self { shared: Arc::new(Shared { settings, gate, connections }) }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Sends the request until it has an outcome: a success, or a failure that no further attempt would change.
    pub(crate) async fn send<R: Receive>(&self, draft: &Draft, plan: &Plan) -> Exchange<R::Body> {
        let mut progress = Progress::new();
        let outcome = match self.check(draft) {
            Ok(()) => self.send_in_time::<R>(draft, plan, &mut progress).await,
            Err(problem) => Err(Failure::Unsendable(problem)),
        };
        let last = match &outcome {
            Err(Failure::Deadline(_)) => progress.cut_off(),
            Err(failure) => failure.effect(),
            Ok(_) => Effect::Done,
        };
        let is_silence = match &outcome {
            // Otherwise it waited, and for no connection.
            Err(Failure::Deadline(_)) => progress.current != Effect::None,
            Err(failure) => failure.is_silence(),
            Ok(_) => false,
        };
        if let Some(generation) = progress.generation.filter(|_| is_silence) {
            self.shared.connections.timed_out(&generation);
        }
        Exchange { attempts: progress.attempts, effect: progress.earlier.max(last), outcome }
    }

    /// Says why a request cannot be sent.
    fn check(&self, draft: &Draft) -> Result<(), String> {
        check_runtime()?;
        check_url(draft.request.url(), &self.settings().base_url)
    }

    /// The request of one attempt.
    fn request<R: Receive>(&self, draft: &Draft, plan: &Plan) -> (Request, Watch) {
        let (settings, (mut request, watch)) = (self.settings(), draft.to_request());
        let usual = settings.http_client_timeout;
        if R::IS_STREAMED {
            *request.timeout_mut() = usual.map(|_| Duration::MAX);
        } else if usual != Some(plan.settings.timeout) {
            *request.timeout_mut() = Some(plan.settings.timeout);
        }
        let headers = request.headers_mut();
        for (name, value) in &settings.headers {
            // None of them is set by the generated code, so nothing is to be replaced.
            headers.append(name, value.clone());
        }
        if !plan.headers.is_empty() {
            headers.extend(plan.headers.clone());
        }
        (request, watch)
    }

    async fn send_in_time<R: Receive>(
        &self,
        draft: &Draft,
        plan: &Plan,
        progress: &mut Progress,
    ) -> Result<Reply<R::Body>, Failure> {
        // Pinned here, since moving it into the timeout would copy all of it.
        let attempts = pin!(self.send_until_settled::<R>(draft, plan, progress));
        match plan.settings.deadline {
            None => attempts.await,
            Some(limit) => timeout(limit, attempts).await.unwrap_or(Err(Failure::Deadline(limit))),
        }
    }

    async fn send_until_settled<R: Receive>(
        &self,
        draft: &Draft,
        plan: &Plan,
        progress: &mut Progress,
    ) -> Result<Reply<R::Body>, Failure> {
        let end = plan.settings.deadline.and_then(|limit| Instant::now().checked_add(limit));
        let mut retries = Retries::new(plan.settings.retry);
        let ticket = self.shared.gate.ticket();
        loop {
            let failure = match self.attempt::<R>(draft, ticket, plan, progress).await {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            progress.attempt_failed(failure.effect());
            let Some((reason, retry_after)) = failure.retryable(plan.is_idempotent) else { return Err(failure) };
            if progress.trouble(reason) > plan.settings.timeout {
                return Err(failure);
            }
            let Some(wait) = retries.wait_after(reason, retry_after, fastrand::f64()) else { return Err(failure) };
            // Waiting past the deadline could only end in a timeout, which says less than this error.
            if end.is_some_and(|end| end.saturating_duration_since(Instant::now()) <= wait) {
                return Err(failure);
            }
            trace::waits(reason, failure.status(), wait);
            sleep(wait).await;
        }
    }

    /// Waits for a permit, sends the request once and receives the response.
    async fn attempt<R: Receive>(
        &self,
        draft: &Draft,
        ticket: Ticket,
        plan: &Plan,
        progress: &mut Progress,
    ) -> Result<Reply<R::Body>, Failure> {
        let (gate, arrival) = (&self.shared.gate, trace::now());
        let patience = if R::IS_STREAMED { plan.settings.stream_timeout } else { plan.settings.timeout };
        let permit = gate.acquire(ticket, patience).await.map_err(Failure::Stalled)?;
        trace::has_permit(arrival, gate, &permit);
        progress.attempts += 1;
        let span = trace::attempt(&draft.request, progress.attempts);
        let (request, watch) = self.request::<R>(draft, plan);
        // Pinned here, since moving it into the span would copy all of it.
        let outcome = pin!(self.exchange::<R>(request, watch, permit, plan, progress)).instrument(span.clone()).await;
        trace::attempted(&span, &outcome);
        outcome
    }

    async fn exchange<R: Receive>(
        &self,
        request: Request,
        watch: Watch,
        permit: Permit,
        plan: &Plan,
        progress: &mut Progress,
    ) -> Result<Reply<R::Body>, Failure> {
        progress.current = Effect::Unknown;
        let watch = progress.watch.insert(watch);
        let generation = progress.generation.insert(self.shared.connections.current());
        let mut response = self.execute::<R>(&generation.client, request, watch, plan).await?;
        self.shared.connections.responded(response.version());
        let head = Head { status: response.status(), headers: std::mem::take(response.headers_mut()) };
        if !head.status.is_success() {
            progress.current = Effect::of_error_status(head.status);
            return Err(refused(head, response, permit, plan.settings.timeout).await);
        }
        progress.current = Effect::Done;
        permit.accepted();
        match R::receive(response, permit, self.settings().max_response_bytes).await {
            Ok(body) => Ok(Reply { head, body }),
            Err(fault) => Err(Failure::Body { head: Box::new(head), fault, timeout: plan.settings.timeout }),
        }
    }

    /// Sends the request, and waits for the head of its response.
    async fn execute<R: Receive>(
        &self,
        client: &reqwest::Client,
        request: Request,
        watch: &Watch,
        plan: &Plan,
    ) -> Result<Response, Failure> {
        #[cfg(feature = "__fuzzing")]
        if let Some(response) = crate::fuzzing::take_response() {
            return Ok(response);
        }
        let response = pin!(self.sent(client.execute(request), watch, plan.is_idempotent));
        let response = if R::IS_STREAMED {
            let limit = plan.settings.stream_timeout;
            let late = |_| Failure::NoResponse { limit, effect: watch.effect() };
            timeout(limit, response).await.map_err(late)??
        } else {
            response.await?
        };
        response.map_err(|error| {
            let fate = Fate::of(&error, watch.withdraw());
            Failure::Transport { error, fate, timeout: plan.settings.timeout }
        })
    }

    /// The outcome of a request, which is given up where nothing of it is sent for long.
    async fn sent<T>(
        &self,
        outcome: impl Future<Output = T>,
        watch: &Watch,
        is_idempotent: bool,
    ) -> Result<T, Failure> {
        let (mut outcome, waited) = (pin!(outcome), self.shared.connections.patience());
        if let Ok(outcome) = timeout(waited, outcome.as_mut()).await {
            return Ok(outcome);
        }
        // Without a body to keep back, the request may be sent just now.
        if watch.withdraw() || is_idempotent && watch.waits_without_body() {
            return Err(Failure::Unsent { waited, effect: watch.effect() });
        }
        Ok(outcome.await)
    }
}

/// Says that there is no runtime, without which nothing can be sent.
pub(crate) fn check_runtime() -> Result<(), String> {
    let problem = "no tokio runtime is running: await the request inside one, for example under `#[tokio::main]`";
    Handle::try_current().map(drop).map_err(|_| problem.to_owned())
}

impl Progress {
    fn new() -> Self {
        let (earlier, current) = (Effect::None, Effect::None);
        Self { attempts: 0, earlier, current, watch: None, generation: None, troubled_since: None }
    }

    /// What the present attempt may have done where nothing waits for its response any more.
    fn cut_off(&self) -> Effect {
        match (self.current, &self.watch) {
            (Effect::Unknown, Some(watch)) => watch.effect(),
            (current, _) => current,
        }
    }

    fn attempt_failed(&mut self, effect: Effect) {
        (self.earlier, self.current) = (self.earlier.max(effect), Effect::None);
    }

    /// How long the connections have failed, up to an attempt that failed for this reason.
    fn trouble(&mut self, reason: Retryable) -> Duration {
        match reason.is_of_connection() {
            true => self.troubled_since.get_or_insert_with(Instant::now).elapsed(),
            false => {
                self.troubled_since = None;
                Duration::ZERO
            }
        }
    }
}

/// Reads as much of an error's body as arrives in time. The server counts the request until its response is whole, so the permit is kept
/// until then, but for a 429: such a request never counted.
async fn refused(head: Head, mut response: Response, permit: Permit, limit: Duration) -> Failure {
    let _permit = match head.status {
        StatusCode::TOO_MANY_REQUESTS => {
            permit.refused();
            None
        }
        _ => Some(permit),
    };
    let mut body = Read::default();
    let _ = timeout(limit, body.read(&mut response, ERROR_BODY_LIMIT)).await;
    Failure::Refused(Box::new(Reply { head, body: body.into_bytes() }))
}
