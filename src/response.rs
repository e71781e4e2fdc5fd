//! [`Response`]: an answer together with what came with it.

use http::HeaderMap;
use serde_json::Value;

use crate::config::ApiKey;

/// An answer together with what came with it, of a request with `with_response()`.
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
    /// The HTTP status, a 2xx. 0 where nothing had to be sent, as for a batch without facts.
    pub status: u16,
    /// The headers of the answer. One that repeats the API key is marked as sensitive, so that its value is not printed.
    pub headers: HeaderMap,
    /// The server's id of the request, from `x-request-id` or `request-id`, to name in a report to those who run it.
    pub request_id: Option<String>,
    /// How often the request was sent.
    pub attempts: u32,
    /// The body as the server sent it. `None` where it was empty or no JSON, and for a stream.
    pub json: Option<Value>,
}

impl<T> Response<T> {
    /// The same response with another value, made from this one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        let Self { value, status, headers, request_id, attempts, json } = self;
        Response { value: change(value), status, headers, request_id, attempts, json }
    }
}

/// A request whose answer comes as a [`Response`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct WithResponse<Request>(pub(crate) Request);

/// The server's id of a request, without the key, which a careless server may repeat.
pub(crate) fn request_id(headers: &HeaderMap, key: &ApiKey) -> Option<String> {
    let id = ["x-request-id", "request-id"].iter().find_map(|name| headers.get(*name))?;
    id.to_str().ok().map(|id| key.redact(id).into_owned())
}
