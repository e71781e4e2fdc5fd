//! Request bodies: reading them, and decoding them into the types of the description.

use std::sync::Arc;

use axum::body::{Body, BodyDataStream};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::api_error::ApiError;
use crate::app::App;

/// Of a body that is too large, this much more is read and thrown away, so that the client is there to read the answer: most
/// clients send all of the request first.
const MOST_BYTES_THROWN_AWAY: usize = 256 * 1024 * 1024;

/// A longer description of what is wrong is cut off, in characters.
const LONGEST_MESSAGE: usize = 400;

/// Reads the body before anything else is looked at. A request that is turned down with its body unread would have its connection
/// closed on it, and the client might never see why.
pub(crate) async fn read(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match collect(body.into_data_stream(), app.settings.max_body_bytes).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(error) => error.into_response(),
    }
}

async fn collect(mut body: BodyDataStream, limit: usize) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| ApiError::bad_request("The request body did not arrive whole"))?;
        if chunk.len() > limit - bytes.len() {
            throw_away(body).await;
            return Err(ApiError::too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

async fn throw_away(mut body: BodyDataStream) {
    let mut left = MOST_BYTES_THROWN_AWAY;
    while let Some(Ok(chunk)) = body.next().await {
        let Some(less) = left.checked_sub(chunk.len()) else { return };
        left = less;
    }
}

/// The body as a JSON object. `null` stands for a property that is left out: some clients send it so.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
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

/// The object as one of the types of the description. What the type does not know is ignored.
pub(crate) fn decode<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, ApiError> {
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
