//! Request bodies: reading them, and decoding them into the types of the spec.

use axum::body::BodyDataStream;
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::time::{Duration, Instant, timeout};

use super::error::ApiError;
use crate::settings::Settings;

/// Of a body that is not wanted, this much is read and thrown away, so that the client is there to read the answer: most clients
/// send all of the request first.
const MOST_BYTES_THROWN_AWAY: usize = 64 * 1024 * 1024;

/// A longer description of what is wrong is cut off, in characters.
const LONGEST_MESSAGE: usize = 400;

/// The body, whole.
pub(super) async fn read(request: Request, settings: &Settings) -> Result<Bytes, ApiError> {
    let &Settings { body_timeout, max_body_bytes, .. } = settings;
    let mut body = request.into_body().into_data_stream();
    let begin = Instant::now();
    let bytes = timeout(body_timeout, collect(&mut body, max_body_bytes))
        .await
        .unwrap_or_else(|_| Err(ApiError::body_too_slow(body_timeout)));
    if bytes.as_ref().is_err_and(ApiError::is_too_large) {
        throw_away(body, body_timeout.saturating_sub(begin.elapsed())).await;
    }
    bytes
}

/// Answers a request whose body nobody has looked at. If the body was left unread, the connection would be closed on a client that
/// still sends it, which might never see why.
pub(super) async fn turn_down(request: Request, settings: &Settings, response: impl IntoResponse) -> Response {
    // Who expects to be told to go on does not send before.
    if !request.headers().contains_key(EXPECT) {
        throw_away(request.into_body().into_data_stream(), settings.body_timeout).await;
    }
    response.into_response()
}

async fn collect(body: &mut BodyDataStream, limit: usize) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| ApiError::bad_request("The request body is incomplete"))?;
        if chunk.len() > limit - bytes.len() {
            return Err(ApiError::too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

async fn throw_away(mut body: BodyDataStream, longest: Duration) {
    let all = async {
        let mut left = MOST_BYTES_THROWN_AWAY;
        while let Some(Ok(chunk)) = body.next().await {
            let Some(less) = left.checked_sub(chunk.len()) else { return };
            left = less;
        }
    };
    // A client that takes longer learns nothing, and loses its connection.
    let _ = timeout(longest, all).await;
}

/// The body as a JSON object. `null` stands for a property that is left out: some clients send it so.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    // RFC 8259, section 8.1, permits to pass over a byte order mark.
    let body = body.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(body);
    let value = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request(format!("The request body is not valid JSON: {error}")))?;
    match value {
        Value::Object(mut object) => {
            object.retain(|_, value| !value.is_null());
            object
                .values_mut()
                .filter_map(Value::as_object_mut)
                .for_each(|inner| inner.retain(|_, value| !value.is_null()));
            Ok(object)
        }
        _ => Err(ApiError::unprocessable("The request body must be a JSON object")),
    }
}

/// The object as one of the types of the spec. What the type does not know is ignored.
pub(super) fn decode<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| {
        let path = error.path().to_string();
        let problem = readable(&error.inner().to_string());
        let place = if path == "." { String::new() } else { format!("{path}: ") };
        // The problem may repeat the value, however long that is.
        ApiError::unprocessable(format!("{place}{problem}").chars().take(LONGEST_MESSAGE).collect::<String>())
    })
}

fn readable(problem: &str) -> String {
    if problem.contains("untagged enum") {
        return "must be a whole number of at least 1, or an object of such numbers".to_owned();
    }
    problem.replace("a nonzero u32", "a whole number of at least 1")
}
