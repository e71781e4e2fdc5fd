//! Profiles. There is no profiler here, and the answers say so as the service does.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use lumetra_engram::api::types::{Profile, ProfileResult, ProfileStatus};
use serde_json::Value;

use crate::http::error::ApiError;
use crate::http::extract::Segments;
use crate::http::state::App;
use crate::store::buckets;
use crate::tenant::Tenant;

pub(in crate::http) async fn show(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
) -> Result<Json<ProfileResult>, ApiError> {
    let mut result = ProfileResult::default();
    result.bucket_id = Some(bucket_id(&app, tenant, bucket).await?);
    result.profile = Some(Profile(Value::Null));
    result.status = Some(ProfileStatus::NotInstalled);
    Ok(Json(result))
}

pub(in crate::http) async fn regenerate(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
) -> Result<Infallible, ApiError> {
    bucket_id(&app, tenant, bucket).await?;
    Err(ApiError::profiler_not_installed())
}

async fn bucket_id(app: &App, tenant: Tenant, bucket: String) -> Result<String, ApiError> {
    Ok(app.store.read(tenant, move |database| Ok(buckets::require(database, &bucket)?.uuid)).await?)
}
