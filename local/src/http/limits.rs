//! The cap on concurrent requests of one tenant.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::OwnedSemaphorePermit;

use super::body;
use super::error::ApiError;
use super::state::App;
use crate::tenant::Tenant;

/// The place of one request; free again when it is dropped. A streamed answer keeps it until its end.
pub(crate) type Slot = Arc<OwnedSemaphorePermit>;

/// Lets a request through if its tenant has a slot left, and hands the slot to the route.
pub(super) async fn limit(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(slots) = &app.slots else { return next.run(request).await };
    match slots.of(tenant).try_acquire_owned() {
        Ok(slot) => {
            let slot: Slot = Arc::new(slot);
            request.extensions_mut().insert(Arc::clone(&slot));
            next.run(request).await
        }
        Err(_) => {
            let error = ApiError::too_many_requests(app.settings.retry_after);
            body::turn_down(request, &app.settings, error).await
        }
    }
}
