//! What the routes share, and which route does what.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{delete, get, post};

use crate::builder::Settings;
use crate::fault::Faults;
use crate::fault_layer;
use crate::guard;
use crate::health;
use crate::routes::{self, buckets, memories, profile, query};
use crate::slots::{self, Slots};
use crate::store::Store;
use crate::stream::OpenStreams;
use crate::tenant::{self, Tenant};

/// What the routes share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Arc<Store>,
    pub(crate) settings: Settings,
    /// The tenants whose keys are accepted; empty where every key is.
    pub(crate) accepted: HashSet<Tenant>,
    pub(crate) slots: Slots,
    pub(crate) streams: OpenStreams,
    pub(crate) faults: Faults,
}

pub(crate) fn router(app: Arc<App>) -> Router {
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
        .route_layer(from_fn_with_state(Arc::clone(&app), slots::limit))
        .route_layer(from_fn_with_state(Arc::clone(&app), fault_layer::play))
        .route_layer(from_fn_with_state(Arc::clone(&app), tenant::authenticate));
    #[cfg(feature = "docs")]
    let api = api.merge(crate::docs::routes());
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
