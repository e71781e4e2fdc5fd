//! The page of a list that a request asks for.

use std::ops::RangeInclusive;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use crate::api_error::ApiError;

const DEFAULT_LIMIT: i64 = 20;
/// A larger limit is taken as this one; the answer says so.
const LARGEST_LIMIT: i64 = 1000;
/// It has 32 bits there.
const LARGEST_LIMIT_OF_THE_DESCRIPTION: i64 = i32::MAX as i64;

/// Which part of a list to answer with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) limit: i64,
    pub(crate) offset: i64,
}

/// A page, if the request names one.
pub(crate) struct OptionalPage(pub(crate) Option<Page>);

impl<S: Send + Sync> FromRequestParts<S> for OptionalPage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(parameters) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::bad_request("The query of the URL cannot be read"))?;
        let parameter = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let limit = parameter("limit")
            .map(|value| whole_number("limit", value, 1..=LARGEST_LIMIT_OF_THE_DESCRIPTION))
            .transpose()?;
        let offset = parameter("offset").map(|value| whole_number("offset", value, 0..=i64::MAX)).transpose()?;
        if limit.is_none() && offset.is_none() {
            return Ok(Self(None));
        }
        let limit = limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
        Ok(Self(Some(Page { limit, offset: offset.unwrap_or(0) })))
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
        ApiError::unprocessable(format!("{name} must be a whole number from {least} to {most}, and it is {value:?}"))
    })
}
