//! Memories.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use lumetra_engram::api::types::{
    Acknowledgement, ClearMemoriesResult, Dedup, StoreMemoriesRequest, StoreMemoriesResult, StoreMemoryRequest,
};

use super::{check_bucket_name, done};
use crate::http::body;
use crate::http::error::ApiError;
use crate::http::extract::{Segments, Whole};
use crate::http::state::App;
use crate::store::vectors::Meant;
use crate::store::{Database, Page, StoreError, memories};
use crate::tenant::Tenant;

/// How many memories one request may store: some half a second of work, for which no other write is done.
const MOST_OF_A_BATCH: usize = 10_000;

/// The least cosine of two memories that are merged, as the service has it.
const LOOSE: f64 = 0.95;
const STRICT: f64 = 0.99;

/// Stores one memory or a batch, which the spec has on one route: a batch has `memories`, a single one `content`.
pub(in crate::http) async fn store(
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
    check_content(app, "content", &request.content)?;
    let result = match like(app, tenant, &request).await {
        Some((meant, least)) => app.store.store_if_new(tenant, bucket, request.content, meant, least).await?,
        None => {
            let results = app.store.store(tenant, bucket, vec![request.content], request.dedup).await?;
            results.into_iter().next().ok_or(StoreError::Failed)?
        }
    };
    notice_store(app);
    Ok(Json(result).into_response())
}

/// What the memory is compared with others by, and how near the nearest must be to take it in. A store that does not ask for that is not
/// held up by it.
async fn like(app: &App, tenant: Tenant, request: &StoreMemoryRequest) -> Option<(Meant, f64)> {
    let least = match request.dedup? {
        Dedup::Loose => LOOSE,
        Dedup::Strict => STRICT,
        _ => return None,
    };
    let meant = app.meaning.as_ref()?.of_memory(tenant, &request.content).await?;
    Some((meant, least))
}

async fn store_batch(
    app: &App,
    tenant: Tenant,
    bucket: String,
    request: StoreMemoriesRequest,
) -> Result<Response, ApiError> {
    let count = request.memories.len();
    if count == 0 {
        return Err(ApiError::unprocessable("memories must not be empty"));
    }
    if count > MOST_OF_A_BATCH {
        let message = format!("memories has {count} elements; the limit is {MOST_OF_A_BATCH}");
        return Err(ApiError::unprocessable(message));
    }
    for (place, memory) in request.memories.iter().enumerate() {
        check_content(app, &format!("memories[{place}].content"), &memory.content)?;
    }
    let contents = request.memories.into_iter().map(|memory| memory.content).collect();
    let mut result = StoreMemoriesResult::default();
    result.memories = app.store.store(tenant, bucket, contents, None).await?;
    notice_store(app);
    Ok(Json(result).into_response())
}

/// Wakes what works in the background on what is stored.
fn notice_store(app: &App) {
    if let Some(meaning) = &app.meaning {
        meaning.notice_store();
    }
    if let Some(extraction) = &app.extraction {
        extraction.notice_store();
    }
    notice_change(app);
}

fn notice_change(app: &App) {
    if let Some(profiler) = &app.profiler {
        profiler.notice_change();
    }
}

fn check_content(app: &App, name: &str, content: &str) -> Result<(), ApiError> {
    if content.trim().is_empty() {
        return Err(ApiError::unprocessable(format!("{name} must not be empty")));
    }
    let limit = app.settings.max_memory_bytes;
    if content.len() > limit {
        let message = format!("{name} has {} bytes; the limit for one memory is {limit}", content.len());
        return Err(ApiError::unprocessable(message));
    }
    Ok(())
}

/// A page of the bucket's memories, newest first.
pub(in crate::http) async fn list(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
    page: Page,
) -> Result<Response, ApiError> {
    // Written as JSON off the async threads, since it can be long.
    let list = move |database: &Database<'_>| Ok(Json(memories::list(database, &bucket, page)?).into_response());
    Ok(app.store.read(tenant, list).await?)
}

pub(in crate::http) async fn clear(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
) -> Result<Json<ClearMemoriesResult>, ApiError> {
    let mut result = ClearMemoriesResult::default();
    result.cleared_count = Some(app.store.write(tenant, move |database| memories::clear(database, &bucket)).await?);
    notice_change(&app);
    result.success = Some(true);
    Ok(Json(result))
}

pub(in crate::http) async fn remove(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments((bucket, memory_id)): Segments<(String, String)>,
) -> Result<Json<Acknowledgement>, ApiError> {
    app.store.write(tenant, move |database| memories::delete(database, &bucket, &memory_id)).await?;
    notice_change(&app);
    Ok(Json(done()))
}
