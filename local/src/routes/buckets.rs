//! Buckets.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use lumetra_engram::api::types::{Acknowledgement, Bucket, CreateBucketRequest, ListBucketsResult};

use super::{Segments, check_bucket_name, done};
use crate::api_error::ApiError;
use crate::app::App;
use crate::body::{self, Whole};
use crate::page::OptionalPage;
use crate::tenant::Tenant;

/// All buckets, oldest first, or a page of them where the request asks for one.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    OptionalPage(page): OptionalPage,
) -> Result<Json<ListBucketsResult>, ApiError> {
    let mut result = ListBucketsResult::default();
    result.buckets = app.store.list_buckets(tenant, page).await?;
    Ok(Json(result))
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    body: Whole,
) -> Result<Json<Bucket>, ApiError> {
    let request: CreateBucketRequest = body.parse(&app, tenant, |body| body::decode(body::object(body)?)).await?;
    check_bucket_name(&request.name)?;
    Ok(Json(app.store.create_bucket(tenant, request).await?))
}

pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
) -> Result<Json<Acknowledgement>, ApiError> {
    app.store.delete_bucket(tenant, bucket).await?;
    Ok(Json(done()))
}
