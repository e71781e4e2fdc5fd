//! Whether the server is well. It needs no key, and is none of the API's operations.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde_json::json;

use super::state::App;
use crate::store::StoreError;

pub(super) async fn health(State(app): State<Arc<App>>) -> impl IntoResponse {
    let store = Arc::clone(&app.store);
    let checked = tokio::task::spawn_blocking(move || store.check()).await.unwrap_or(Err(StoreError::Failed));
    let version = env!("CARGO_PKG_VERSION");
    let (status, body) = match checked {
        Ok(()) => (StatusCode::OK, json!({"status": "ok", "version": version})),
        Err(error) => {
            let body = json!({"status": "failed", "version": version, "error": error.to_string()});
            (StatusCode::SERVICE_UNAVAILABLE, body)
        }
    };
    (status, [(CACHE_CONTROL, "no-store")], Json(body))
}
