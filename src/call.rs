//! One call: how a request is sent, what is noted about it, and how its outcome becomes ours.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use progenitor_client::{Error, ResponseValue};
use reqwest::Url;
use serde::de::DeserializeOwned;
use tracing::Instrument;

use crate::config::CallSettings;
use crate::error::EngramError;
use crate::generated::Client;
#[cfg(feature = "schemars")]
use crate::generated::types::QueryResult;
use crate::options::CallOptions;
use crate::response::{Response, request_id};
use crate::retry::Repeat;
use crate::trace;
#[cfg(feature = "schemars")]
use crate::typed::TypedAnswer;

/// What every request carries beside what it asks for.
#[derive(Clone, Debug)]
pub(crate) struct Setup<Mode> {
    pub(crate) api: Arc<Client>,
    #[cfg_attr(
        not(feature = "blocking"),
        expect(dead_code, reason = "only a blocking request needs anything to be sent")
    )]
    pub(crate) mode: Mode,
    pub(crate) options: CallOptions,
}

impl<Mode> Setup<Mode> {
    pub(crate) fn new(api: &Arc<Client>, mode: Mode) -> Self {
        Self { api: Arc::clone(api), mode, options: CallOptions::default() }
    }
}

/// A request that can be sent.
pub(crate) trait Operation: Sized + Send {
    /// The operation's name in the description.
    const NAME: &'static str;
    type Answer;

    fn api(&self) -> &Client;
    fn options(&self) -> &CallOptions;

    /// How many buckets it is about.
    fn bucket_count(&self) -> usize {
        1
    }

    /// Whether it may be sent again when it is not known whether it took effect.
    fn repeat(&self) -> Repeat;

    fn run(self, call: &Call) -> impl Future<Output = Result<Self::Answer, EngramError>> + Send;
}

/// Sends a request for its answer.
pub(crate) async fn send<O: Operation>(operation: O) -> Result<O::Answer, EngramError> {
    let (answer, _) = run(operation, false).await?;
    Ok(answer)
}

/// Sends a request for its answer and what comes with it.
pub(crate) async fn send_for_response<O: Operation>(operation: O) -> Result<Response<O::Answer>, EngramError> {
    let (answer, call) = run(operation, true).await?;
    Ok(call.response(answer))
}

async fn run<O: Operation>(operation: O, keeps_response: bool) -> Result<(O::Answer, Call), EngramError> {
    let span = trace::operation(O::NAME, operation.bucket_count());
    let call = match Call::new(&operation, keeps_response) {
        Ok(call) => call,
        Err(error) => {
            trace::finished(&span, Some(&error), (0, None));
            return Err(error);
        }
    };
    // Pinned here, since moving it into the span would copy all of it.
    let outcome = pin!(operation.run(&call)).instrument(span.clone()).await;
    trace::finished(&span, outcome.as_ref().err(), call.progress());
    Ok((outcome?, call))
}

/// What the hooks need to know of one call, and what they note about it; progenitor has no place for either.
#[derive(Debug)]
pub(crate) struct CallContext {
    pub(crate) settings: CallSettings,
    pub(crate) headers: HeaderMap,
    pub(crate) options: CallOptions,
    pub(crate) repeat: Repeat,
    /// Whether the caller wants what comes with the answer.
    keeps_response: bool,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    attempts: u32,
    accepted: Option<Accepted>,
    failure: Option<EngramError>,
    headers: HeaderMap,
    body: Bytes,
}

/// A 2xx answer, of which the body may still be missing.
#[derive(Clone, Debug)]
struct Accepted {
    status: StatusCode,
    content_type: Option<HeaderValue>,
}

impl CallContext {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note_attempt(&self, attempt: u32) {
        self.notes().attempts = attempt;
    }

    pub(crate) fn note_accepted(&self, status: StatusCode, headers: &HeaderMap) {
        let content_type = headers.get(CONTENT_TYPE).cloned();
        let mut notes = self.notes();
        notes.accepted = Some(Accepted { status, content_type });
        if self.keeps_response {
            notes.headers = headers.clone();
        }
    }

    pub(crate) fn note_body(&self, body: &Bytes) {
        if self.keeps_response {
            self.notes().body = body.clone();
        }
    }

    /// Adds the caller's own parameters to the URL.
    pub(crate) fn add_query(&self, url: &mut Url) {
        if !self.options.query.is_empty() {
            let parameters = self.options.query.iter().map(|(name, value)| (name, value.text()));
            url.query_pairs_mut().extend_pairs(parameters);
        }
    }

    pub(crate) fn note_failure(&self, failure: EngramError) {
        self.notes().failure = Some(failure);
    }
}

/// One call.
pub(crate) struct Call {
    /// The generated client, whose next operation is the call.
    pub(crate) api: Client,
    context: Arc<CallContext>,
}

impl Call {
    fn new<O: Operation>(operation: &O, keeps_response: bool) -> Result<Self, EngramError> {
        let (mut api, options) = (operation.api().clone(), operation.options());
        let context = Arc::new(CallContext {
            settings: options.settings(&api.inner.settings().call)?,
            headers: options.headers()?,
            options: options.clone(),
            repeat: operation.repeat(),
            keeps_response,
            notes: Mutex::default(),
        });
        api.inner = api.inner.calling(Arc::clone(&context));
        Ok(Self { api, context })
    }

    /// The outcome of an operation whose answer is needed.
    pub(crate) async fn answer<T: DeserializeOwned>(
        &self,
        outcome: Result<ResponseValue<T>, Error<()>>,
    ) -> Result<T, EngramError> {
        match outcome {
            Ok(answer) => Ok(answer.into_inner()),
            Err(Error::InvalidResponsePayload(body, _)) => Err(self.undecodable::<T>(&body)),
            Err(error) => Err(self.failure(error).await),
        }
    }

    /// The outcome of an operation whose answer may be empty.
    pub(crate) async fn answer_or_default<T: DeserializeOwned + Default>(
        &self,
        outcome: Result<ResponseValue<T>, Error<()>>,
    ) -> Result<T, EngramError> {
        match outcome {
            Err(Error::InvalidResponsePayload(body, _)) if body.is_empty() => Ok(T::default()),
            outcome => self.answer(outcome).await,
        }
    }

    /// The outcome of an operation whose answer says nothing: that the server accepted the call is enough.
    pub(crate) async fn accepted(&self, outcome: Result<ResponseValue<()>, Error<()>>) -> Result<(), EngramError> {
        match outcome {
            Err(error) if self.context.notes().accepted.is_none() => Err(self.failure(error).await),
            _ => Ok(()),
        }
    }

    /// The outcome of an operation whose answer is read elsewhere.
    pub(crate) async fn opened<T>(
        &self,
        outcome: Result<ResponseValue<T>, Error<()>>,
    ) -> Result<ResponseValue<T>, EngramError> {
        match outcome {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.failure(error).await),
        }
    }

    /// The failure of an answer that decodes and is of no use.
    pub(crate) fn unusable(&self, problem: &str) -> EngramError {
        EngramError::decode(self.accepted_as().0, problem)
    }

    /// How often the request was sent, and the status of the answer that was accepted.
    pub(crate) fn progress(&self) -> (u32, Option<StatusCode>) {
        let notes = self.context.notes();
        (notes.attempts, notes.accepted.as_ref().map(|accepted| accepted.status))
    }

    /// The answer with what came with it.
    fn response<T>(&self, value: T) -> Response<T> {
        let (attempts, status) = self.progress();
        let mut notes = self.context.notes();
        let mut headers = std::mem::take(&mut notes.headers);
        headers.values_mut().filter(|value| self.repeats_key(value)).for_each(|value| value.set_sensitive(true));
        Response {
            value,
            status: status.map_or(0, |status| status.as_u16()),
            request_id: request_id(&headers, &self.api.inner.settings().api_key),
            headers,
            attempts,
            json: serde_json::from_slice(&notes.body).ok(),
        }
    }

    fn repeats_key(&self, value: &HeaderValue) -> bool {
        self.api.inner.settings().api_key.occurs_in(&String::from_utf8_lossy(value.as_bytes()))
    }

    /// The answer as a value of a type of the application's.
    #[cfg(feature = "schemars")]
    pub(crate) fn typed<T: DeserializeOwned>(&self, result: QueryResult) -> Result<TypedAnswer<T>, EngramError> {
        TypedAnswer::read(result, self.accepted_as().0, &self.api.inner.settings().api_key)
    }

    fn accepted_as(&self) -> (StatusCode, Option<String>) {
        let accepted = self.context.notes().accepted.clone();
        accepted.map_or((StatusCode::OK, None), |it| {
            (it.status, it.content_type.and_then(|value| value.to_str().ok().map(str::to_owned)))
        })
    }

    /// Decodes once more, to say where in the body it fails.
    fn undecodable<T: DeserializeOwned>(&self, body: &[u8]) -> EngramError {
        let (status, content_type) = self.accepted_as();
        match serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_slice(body)) {
            Err(error) => {
                EngramError::decode_json(status, content_type.as_deref(), error, &self.api.inner.settings().api_key)
            }
            Ok(_) => EngramError::decode(status, "there is more in its body after the JSON"),
        }
    }

    async fn failure(&self, error: Error<()>) -> EngramError {
        let (failure, accepted, attempts) = {
            let mut notes = self.context.notes();
            (notes.failure.take(), notes.accepted.as_ref().map(|accepted| accepted.status), notes.attempts)
        };
        if let Some(failure) = failure {
            return failure;
        }
        let settings = self.api.inner.settings();
        match error {
            Error::UnexpectedResponse(response) => {
                let (status, headers) = (response.status(), response.headers().clone());
                // The hooks have read the body already.
                let body = response.bytes().await.unwrap_or_default();
                EngramError::api(status, &headers, &body, attempts, &settings.api_key)
            }
            Error::CommunicationError(error) | Error::ResponseBodyError(error) | Error::InvalidUpgrade(error) => {
                EngramError::transport(error, accepted, self.context.settings.timeout)
            }
            Error::InvalidRequest(problem) | Error::Custom(problem) => EngramError::invalid_request(problem),
            Error::ErrorResponse(answer) => {
                EngramError::api(answer.status(), answer.headers(), &[], attempts, &settings.api_key)
            }
            Error::InvalidResponsePayload(body, _) => self.undecodable::<serde_json::Value>(&body),
        }
    }
}
