//! Whose a request is.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;

use super::body;
use super::error::ApiError;
use super::state::App;
use crate::tenant::Tenant;

/// Lets requests with an accepted key through, and tells the routes whose they are.
pub(super) async fn authenticate(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let accepted = tenant(&request).filter(|tenant| app.accepted.is_empty() || app.accepted.contains(tenant));
    match accepted {
        Some(tenant) => {
            request.extensions_mut().insert(tenant);
            next.run(request).await
        }
        None => body::turn_down(request, &app.settings, ApiError::unauthorized()).await,
    }
}

/// `Authorization: Bearer <key>`, where the scheme is without case (RFC 9110, section 11.1).
fn tenant(request: &Request) -> Option<Tenant> {
    let mut values = request.headers().get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    let well_formed = scheme.eq_ignore_ascii_case("bearer") && !key.is_empty() && !key.contains(char::is_whitespace);
    (well_formed && values.next().is_none()).then(|| Tenant::of_key(key))
}
