//! The cap on concurrent requests of one tenant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::api_error::ApiError;
use crate::app::App;
use crate::body;
use crate::tenant::Tenant;

/// How many requests of each tenant are under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots(Arc<Mutex<HashMap<Tenant, usize>>>);

/// The place of one request; free again when it is dropped. A streamed answer keeps it until its end.
#[derive(Debug)]
pub(crate) struct Slot {
    tenant: Tenant,
    slots: Slots,
}

impl Slots {
    fn take(&self, tenant: Tenant, limit: usize) -> Option<Slot> {
        // The map is whole at all times, whatever else failed.
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(tenant).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(Slot { tenant, slots: self.clone() })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.tenant) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.tenant);
            }
        }
    }
}

/// Lets a request through if its tenant has a slot left, and hands the slot to the route.
pub(crate) async fn limit(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(limit) = app.settings.max_concurrent_requests else { return next.run(request).await };
    match app.slots.take(tenant, limit).map(Arc::new) {
        Some(slot) => {
            request.extensions_mut().insert(Arc::clone(&slot));
            next.run(request).await
        }
        None => {
            let error = ApiError::too_many_requests(app.settings.retry_after);
            body::turn_down(request, &app.settings, error).await
        }
    }
}
