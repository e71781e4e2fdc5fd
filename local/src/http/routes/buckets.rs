//! Buckets.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use lumetra_engram::api::types::{Acknowledgement, Bucket, CreateBucketRequest, ListBucketsResult};

use super::{check_bucket_name, done};
use crate::http::error::ApiError;
use crate::http::extract::{OptionalPage, Segments, Whole};
use crate::http::state::App;
use crate::store::{buckets, memories};
use crate::tenant::Tenant;

/// All buckets, oldest first, or a page of them where the request asks for one.
pub(in crate::http) async fn list(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    OptionalPage(page): OptionalPage,
) -> Result<Json<ListBucketsResult>, ApiError> {
    let mut result = ListBucketsResult::default();
    result.buckets = app.store.read(tenant, move |database| buckets::list(database, page)).await?;
    Ok(Json(result))
}

pub(in crate::http) async fn create(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    body: Whole,
) -> Result<Json<Bucket>, ApiError> {
    let request: CreateBucketRequest = body.decode(&app, tenant).await?;
    check_bucket_name(&request.name)?;
    Ok(Json(app.store.write(tenant, move |database| buckets::create(database, &request)).await?))
}

pub(in crate::http) async fn remove(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
) -> Result<Json<Acknowledgement>, ApiError> {
    app.store.write(tenant, move |database| memories::delete_bucket(database, &bucket)).await?;
    Ok(Json(done()))
}
