//! Which route does what, and what every request goes through.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{delete, get, post};

use super::routes::{self, buckets, memories, profile, query};
use super::state::App;
use super::{auth, faults, guard, health, limits};

pub(super) fn router(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/v1/buckets", get(buckets::list).post(buckets::create))
        .route("/v1/buckets/{bucket}", delete(buckets::remove))
        .route("/v1/buckets/{bucket}/memories", get(memories::list).post(memories::store).delete(memories::clear))
        .route("/v1/buckets/{bucket}/memories/{memory_id}", delete(memories::remove))
        .route("/v1/buckets/{bucket}/profile", get(profile::show))
        .route("/v1/buckets/{bucket}/profile/regenerate", post(profile::regenerate))
        .route("/v1/query", post(query::query))
        .method_not_allowed_fallback(routes::no_such_method)
        // The last layer is the first to see a request. The body is read last, by the routes that need it.
        .route_layer(from_fn_with_state(Arc::clone(&app), limits::limit))
        .route_layer(from_fn_with_state(Arc::clone(&app), faults::play))
        .route_layer(from_fn_with_state(Arc::clone(&app), auth::authenticate));
    #[cfg(feature = "docs")]
    let api = api.merge(super::docs::routes());
    #[cfg(feature = "page")]
    let api = api.merge(super::page::routes());
    let api = api.route("/health", get(health::health)).method_not_allowed_fallback(routes::no_such_method);
    let mut api = api.fallback(routes::no_such_route);
    if !app.settings.allowed_origins.is_empty() {
        api = api.layer(guard::cors(&app.settings));
    }
    api.layer(from_fn_with_state(Arc::clone(&app), guard::check)).layer(from_fn(log)).with_state(app)
}

/// Logs what was asked for and how it went: the route, but no names, keys or contents.
async fn log(request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("no such route", MatchedPath::as_str);
    tracing::info!(%method, route, status = response.status().as_u16(), elapsed = ?begin.elapsed(), "request");
    response
}
