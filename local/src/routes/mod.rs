//! What each route does.

pub(crate) mod buckets;
pub(crate) mod memories;
pub(crate) mod profile;
pub(crate) mod query;

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use lumetra_engram::api::types::Acknowledgement;
use serde::de::DeserializeOwned;

use crate::api_error::ApiError;
use crate::app::App;
use crate::body;

/// Longer names of buckets, in bytes of UTF-8, are refused.
const LONGEST_BUCKET_NAME: usize = 512;

pub(crate) async fn no_such_route(State(app): State<Arc<App>>, request: Request) -> Response {
    body::turn_down(request, &app.settings, ApiError::no_such_route()).await
}

pub(crate) async fn no_such_method(State(app): State<Arc<App>>, request: Request) -> Response {
    body::turn_down(request, &app.settings, ApiError::no_such_method()).await
}

/// The segments of the path that the route leaves open, decoded.
pub(crate) struct Segments<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // The one thing that can be wrong with a segment, since every text is a name.
        let invalid = |_| ApiError::bad_request("The path holds a percent-encoded text that is not UTF-8");
        Path::from_request_parts(parts, state).await.map(|Path(segments)| Self(segments)).map_err(invalid)
    }
}

/// Refuses a name that a new bucket cannot have.
fn check_bucket_name(name: &str) -> Result<(), ApiError> {
    if name.is_empty() {
        return Err(ApiError::unprocessable("the bucket's name must not be empty"));
    }
    if matches!(name, "." | "..") {
        return Err(ApiError::unprocessable(
            "the bucket's name must not be `.` or `..`: no URL can name such a bucket",
        ));
    }
    if name.len() > LONGEST_BUCKET_NAME {
        let message = format!("the bucket's name has {} bytes; {LONGEST_BUCKET_NAME} are permitted", name.len());
        return Err(ApiError::unprocessable(message));
    }
    Ok(())
}

fn done() -> Acknowledgement {
    let mut done = Acknowledgement::default();
    done.success = Some(true);
    done
}
