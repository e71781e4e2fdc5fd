//! The middleware that plays faults.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::body;
use super::error::ApiError;
use super::state::App;
use crate::fault::{self, Fault};

/// Plays the next fault, in place of everything that the request would do.
pub(super) async fn play(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let settings = &app.settings;
    match app.faults.of_request() {
        Some(Fault::Status(status)) => {
            body::turn_down(request, settings, ApiError::fault(status, settings.retry_after)).await
        }
        Some(Fault::Disconnect) => body::turn_down(request, settings, NoResponse).await,
        None | Some(Fault::CutStream { .. }) => next.run(request).await,
    }
}

/// Closes the connection. hyper polls the body before it sends the head, so a body that fails at once keeps the head back too.
struct NoResponse;

impl IntoResponse for NoResponse {
    fn into_response(self) -> Response {
        let broken = Body::from_stream(stream::iter([Err::<&[u8], _>(fault::closed())]));
        // Only the log sees the status.
        (StatusCode::INTERNAL_SERVER_ERROR, broken).into_response()
    }
}
