//! Profiles. There is no profiler here, and the answers say so as the service does.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use lumetra_engram::api::types::{Profile, ProfileResult, ProfileStatus};
use serde_json::Value;

use super::Segments;
use crate::api_error::ApiError;
use crate::app::App;
use crate::tenant::Tenant;

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
) -> Result<Json<ProfileResult>, ApiError> {
    let mut result = ProfileResult::default();
    result.bucket_id = Some(app.store.bucket_uuid(tenant, bucket).await?);
    result.profile = Some(Profile(Value::Null));
    result.status = Some(ProfileStatus::NotInstalled);
    Ok(Json(result))
}

pub(crate) async fn regenerate(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
) -> Result<Infallible, ApiError> {
    app.store.bucket_uuid(tenant, bucket).await?;
    Err(ApiError::profiler_not_installed())
}
