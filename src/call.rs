//! One call: the generated client together with a record of what became of it, and how its outcome becomes ours.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use progenitor_client::{Error, ResponseValue};
use serde::de::DeserializeOwned;

use crate::error::EngramError;
use crate::generated::Client;
#[cfg(feature = "schemars")]
use crate::generated::types::QueryResult;
#[cfg(feature = "schemars")]
use crate::typed::TypedAnswer;

/// What the hooks note about one call for the request that made it; progenitor's errors have no place for it.
#[derive(Debug, Default)]
pub(crate) struct CallRecord(Mutex<Notes>);

#[derive(Debug, Default)]
struct Notes {
    attempts: u32,
    accepted: Option<Accepted>,
    failure: Option<EngramError>,
}

/// A 2xx answer, of which the body may still be missing.
#[derive(Clone, Debug)]
struct Accepted {
    status: StatusCode,
    content_type: Option<String>,
}

impl CallRecord {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note_attempt(&self, attempt: u32) {
        self.notes().attempts = attempt;
    }

    pub(crate) fn note_accepted(&self, status: StatusCode, headers: &HeaderMap) {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        self.notes().accepted = Some(Accepted { status, content_type });
    }

    pub(crate) fn note_failure(&self, failure: EngramError) {
        self.notes().failure = Some(failure);
    }
}

/// One call.
pub(crate) struct Call {
    /// The generated client, whose next operation is the call.
    pub(crate) api: Client,
    record: Arc<CallRecord>,
}

impl Call {
    pub(crate) fn new(api: &Client) -> Self {
        let record = Arc::new(CallRecord::default());
        let mut api = api.clone();
        api.inner = api.inner.recording(Arc::clone(&record));
        Self { api, record }
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
            Err(error) if self.record.notes().accepted.is_none() => Err(self.failure(error).await),
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

    /// The answer as a value of a type of the application's.
    #[cfg(feature = "schemars")]
    pub(crate) fn typed<T: DeserializeOwned>(&self, result: QueryResult) -> Result<TypedAnswer<T>, EngramError> {
        TypedAnswer::read(result, self.accepted_as().0, &self.api.inner.settings().api_key)
    }

    fn accepted_as(&self) -> (StatusCode, Option<String>) {
        let accepted = self.record.notes().accepted.clone();
        accepted.map_or((StatusCode::OK, None), |it| (it.status, it.content_type))
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
            let mut notes = self.record.notes();
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
                EngramError::transport(error, accepted, settings.timeout)
            }
            Error::InvalidRequest(problem) | Error::Custom(problem) => EngramError::invalid_request(problem),
            Error::ErrorResponse(answer) => {
                EngramError::api(answer.status(), answer.headers(), &[], attempts, &settings.api_key)
            }
            Error::InvalidResponsePayload(body, _) => self.undecodable::<serde_json::Value>(&body),
        }
    }
}
