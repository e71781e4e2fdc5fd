//! What the routes take out of a request.

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::body;
use super::error::ApiError;
use super::state::App;
use crate::store::Page;
use crate::tenant::Tenant;

/// Decoding more than this, in bytes, would hold up other requests.
const MOST_BYTES_DECODED_AT_ONCE: usize = 16 * 1024;

const DEFAULT_LIMIT: i64 = 20;
/// A larger limit is taken as this one; the answer says so.
const LARGEST_LIMIT: i64 = 1000;
/// It has 32 bits in the spec.
const LIMITS: RangeInclusive<i64> = 1..=i32::MAX as i64;

/// The segments of the path that the route leaves open, decoded.
pub(super) struct Segments<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // The one thing that can be wrong with a segment, since every text is a name.
        let invalid = |_| ApiError::bad_request("The path contains percent-encoded text that is not UTF-8");
        Path::from_request_parts(parts, state).await.map(|Path(segments)| Self(segments)).map_err(invalid)
    }
}

/// A page of a list, if the request names one.
pub(super) struct OptionalPage(pub(super) Option<Page>);

impl<S: Send + Sync> FromRequestParts<S> for OptionalPage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(parameters) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::bad_request("The query of the URL cannot be read"))?;
        let number = |name: &str, range| {
            let parameter = parameters.iter().find(|(key, _)| key == name);
            parameter.map(|(_, value)| whole_number(name, value, range)).transpose()
        };
        let (limit, offset) = (number("limit", LIMITS)?, number("offset", 0..=i64::MAX)?);
        let is_asked_for = limit.is_some() || offset.is_some();
        let limit = limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
        Ok(Self(is_asked_for.then_some(Page { limit, offset: offset.unwrap_or(0) })))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let OptionalPage(page) = OptionalPage::from_request_parts(parts, state).await?;
        Ok(page.unwrap_or(Self { limit: DEFAULT_LIMIT, offset: 0 }))
    }
}

fn whole_number(name: &str, value: &str, range: RangeInclusive<i64>) -> Result<i64, ApiError> {
    value.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        let (least, most) = range.into_inner();
        ApiError::unprocessable(format!("{name} must be a whole number from {least} to {most}, not {value:?}"))
    })
}

/// The body of a request, whole.
pub(super) struct Whole(Bytes);

impl FromRequest<Arc<App>> for Whole {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        body::read(request, &app.settings).await.map(Self)
    }
}

impl Whole {
    /// The body as one of the types of the spec.
    pub(super) async fn decode<T: DeserializeOwned + Send + 'static>(
        self,
        app: &App,
        tenant: Tenant,
    ) -> Result<T, ApiError> {
        self.parse(app, tenant, |body| body::decode(body::object(body)?)).await
    }

    /// What `parse` makes of it.
    pub(super) async fn parse<T: Send + 'static>(
        self,
        app: &App,
        tenant: Tenant,
        parse: impl FnOnce(&[u8]) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        if self.0.len() <= MOST_BYTES_DECODED_AT_ONCE {
            return parse(&self.0);
        }
        app.store.work(tenant, move || parse(&self.0)).await?
    }
}
