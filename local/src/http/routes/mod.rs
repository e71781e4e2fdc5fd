//! What each route does.

pub(super) mod buckets;
pub(super) mod memories;
pub(super) mod profile;
pub(super) mod query;
mod written;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use lumetra_engram::api::types::Acknowledgement;

use super::body;
use super::error::ApiError;
use super::state::App;

/// Longer names of buckets, in bytes of UTF-8, are refused.
const LONGEST_BUCKET_NAME: usize = 512;

pub(super) async fn no_such_route(State(app): State<Arc<App>>, request: Request) -> Response {
    body::turn_down(request, &app.settings, ApiError::no_such_route()).await
}

pub(super) async fn no_such_method(State(app): State<Arc<App>>, request: Request) -> Response {
    body::turn_down(request, &app.settings, ApiError::no_such_method()).await
}

/// Refuses a name that a new bucket cannot have.
fn check_bucket_name(name: &str) -> Result<(), ApiError> {
    if name.is_empty() {
        return Err(ApiError::unprocessable("the bucket's name must not be empty"));
    }
    if matches!(name, "." | "..") {
        return Err(ApiError::unprocessable(
            "the bucket's name must not be `.` or `..`: a URL can't address such a bucket",
        ));
    }
    if name.len() > LONGEST_BUCKET_NAME {
        let message = format!("the bucket's name has {} bytes; the limit is {LONGEST_BUCKET_NAME}", name.len());
        return Err(ApiError::unprocessable(message));
    }
    Ok(())
}

fn done() -> Acknowledgement {
    let mut done = Acknowledgement::default();
    done.success = Some(true);
    done
}
