//! Memories.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use lumetra_engram::api::types::{
    Acknowledgement, ClearMemoriesResult, StoreMemoriesRequest, StoreMemoriesResult, StoreMemoryRequest,
};

use super::{Segments, check_bucket_name, done};
use crate::api_error::ApiError;
use crate::app::App;
use crate::body::{self, Whole};
use crate::page::Page;
use crate::store::StoreError;
use crate::tenant::Tenant;

/// How many memories one request may store: some half a second of work, for which no other write is done.
const MOST_OF_A_BATCH: usize = 10_000;

/// Stores one memory or a batch, which the description has on one route: a batch has `memories`, a single one `content`.
pub(crate) async fn store(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
    body: Whole,
) -> Result<Response, ApiError> {
    if app.settings.missing_model_key {
        return Err(ApiError::model_key_required());
    }
    check_bucket_name(&bucket)?;
    match body.parse(&app, tenant, Request::parse).await? {
        Request::One(request) => store_one(&app, tenant, bucket, request).await,
        Request::Many(request) => store_batch(&app, tenant, bucket, request).await,
    }
}

/// The two requests that the route takes.
enum Request {
    One(StoreMemoryRequest),
    Many(StoreMemoriesRequest),
}

impl Request {
    fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let object = body::object(body)?;
        match (object.contains_key("content"), object.contains_key("memories")) {
            (false, true) => body::decode(object).map(Self::Many),
            (true, true) => Err(ApiError::unprocessable("send either content or memories, not both")),
            (_, false) => body::decode(object).map(Self::One),
        }
    }
}

async fn store_one(
    app: &App,
    tenant: Tenant,
    bucket: String,
    request: StoreMemoryRequest,
) -> Result<Response, ApiError> {
    if request.content.trim().is_empty() {
        return Err(ApiError::unprocessable("content must not be empty"));
    }
    check_size(app, "content", &request.content)?;
    let results = app.store.store(tenant, bucket, vec![request.content], request.dedup).await?;
    let result = results.into_iter().next().ok_or(StoreError::Failed)?;
    Ok(Json(result).into_response())
}

async fn store_batch(
    app: &App,
    tenant: Tenant,
    bucket: String,
    request: StoreMemoriesRequest,
) -> Result<Response, ApiError> {
    if request.memories.is_empty() {
        return Err(ApiError::unprocessable("memories must not be empty"));
    }
    if request.memories.len() > MOST_OF_A_BATCH {
        let message =
            format!("memories has {} elements; this server takes {MOST_OF_A_BATCH} at once", request.memories.len());
        return Err(ApiError::unprocessable(message));
    }
    if let Some(place) = request.memories.iter().position(|memory| memory.content.trim().is_empty()) {
        return Err(ApiError::unprocessable(format!("memories[{place}].content must not be empty")));
    }
    for (place, memory) in request.memories.iter().enumerate() {
        check_size(app, &format!("memories[{place}].content"), &memory.content)?;
    }
    let contents = request.memories.into_iter().map(|memory| memory.content).collect();
    let mut result = StoreMemoriesResult::default();
    result.memories = app.store.store(tenant, bucket, contents, None).await?;
    Ok(Json(result).into_response())
}

fn check_size(app: &App, name: &str, content: &str) -> Result<(), ApiError> {
    match app.settings.max_memory_bytes {
        limit if content.len() > limit => {
            let message = format!("{name} has {} bytes; this server takes {limit} in one memory", content.len());
            Err(ApiError::unprocessable(message))
        }
        _ => Ok(()),
    }
}

/// A page of the bucket's memories, newest first.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
    page: Page,
) -> Result<Response, ApiError> {
    // Written as JSON off the async threads, since it can be long.
    Ok(app.store.list_memories(tenant, bucket, page, |result| Json(result).into_response()).await?)
}

pub(crate) async fn clear(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
) -> Result<Json<ClearMemoriesResult>, ApiError> {
    let mut result = ClearMemoriesResult::default();
    result.cleared_count = Some(app.store.clear(tenant, bucket).await?);
    result.success = Some(true);
    Ok(Json(result))
}

pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments((bucket, memory_id)): Segments<(String, String)>,
) -> Result<Json<Acknowledgement>, ApiError> {
    app.store.delete_memory(tenant, bucket, memory_id).await?;
    Ok(Json(done()))
}
