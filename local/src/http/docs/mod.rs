//! What people and tools read before they call the API: its description, and a page that shows it. None of it needs a key.

mod description;
mod page;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use bytes::Bytes;
use serde_json::json;

use super::document::document;
use super::error::ApiError;
use super::routes;
use super::state::App;
use crate::settings::DEFAULT_API_KEY;
use description::Description;
use page::Page;

const PAGE: &str = "/docs";
const SCRIPT: &str = "/docs/scalar.js";
const YAML: &str = "/openapi.yaml";
const JSON: &str = "/openapi.json";
/// The page has a policy of its own besides.
const POLICY: &str = "frame-ancestors 'none'";

/// A copy that all answers share.
static SCRIPT_TEXT: LazyLock<Option<Bytes>> = LazyLock::new(|| page::script().map(Bytes::from));

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/docs/", get(to_page))
        .route(PAGE, get(page))
        .route(SCRIPT, get(script))
        .route(YAML, get(async || Ok::<_, ApiError>(document("application/yaml", POLICY, &*Description::get()?.yaml))))
        .route(JSON, get(async || Ok::<_, ApiError>(document("application/json", POLICY, &*Description::get()?.json))))
        .method_not_allowed_fallback(routes::no_such_method)
}

async fn to_page() -> Redirect {
    Redirect::temporary(PAGE)
}

async fn page(State(app): State<Arc<App>>) -> Result<impl IntoResponse, ApiError> {
    let description = Description::get()?;
    let mut configuration = vec![
        ("url", json!(YAML)),
        // The page may connect to no other.
        ("servers", json!([description.parsed["servers"][0]])),
    ];
    // Where any key will do, a request can be tried without one of one's own.
    if let Some(scheme) = description.security_scheme().filter(|_| app.accepted.is_empty()) {
        let key = json!({"preferredSecurityScheme": scheme, "securitySchemes": {scheme: {"token": DEFAULT_API_KEY}}});
        configuration.push(("authentication", key));
    }
    let page = Page { title: description.title(), script: SCRIPT, connect: "'self'", configuration: &configuration };
    Ok(document("text/html; charset=utf-8", POLICY, page.html()))
}

async fn script() -> Result<impl IntoResponse, ApiError> {
    let script = SCRIPT_TEXT.clone().ok_or_else(ApiError::internal)?;
    Ok(document("text/javascript; charset=utf-8", POLICY, script))
}
