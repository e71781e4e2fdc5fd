//! Tenants. Each API key is one; it is known only by its hash from here on.

use std::fmt;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};

use crate::api_error::ApiError;
use crate::app::App;
use crate::body;

/// Who a request is of: the SHA-256 of its API key.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(crate) struct Tenant([u8; 32]);

impl Tenant {
    pub(crate) fn of_key(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }

    pub(crate) fn hash(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tenant")
    }
}

/// Lets requests with an accepted key through, and tells the routes whose they are.
pub(crate) async fn authenticate(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
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
