//! Questions.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use lumetra_engram::DEFAULT_BUCKET;
use lumetra_engram::api::types::QueryRequest;

use crate::answer::answer;
use crate::api_error::ApiError;
use crate::app::App;
use crate::body;
use crate::slots::Slot;
use crate::store::Search;
use crate::stream;
use crate::tenant::Tenant;

pub(crate) async fn query(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    slot: Option<Extension<Arc<Slot>>>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let mut request: QueryRequest = body::decode(body::object(&body)?)?;
    let options = request.options.take().unwrap_or_default();
    if request.query.trim().is_empty() {
        return Err(ApiError::unprocessable("query must not be empty"));
    }
    let synthesize = options.skip_synthesis != Some(true);
    if synthesize && app.settings.missing_model_key {
        return Err(ApiError::model_key_required());
    }
    let streamed = request.stream == Some(true);
    let search = Search::new(request, &options, DEFAULT_BUCKET);
    let result =
        app.store.search(tenant, search, move |question, memories| answer(question, &options, memories)).await?;
    if streamed {
        let pace = stream::Pace::new(&app.settings);
        return Ok(stream::respond(result, pace, app.streams.enter(), slot.map(|Extension(slot)| slot)));
    }
    if synthesize {
        tokio::time::sleep(app.settings.synthesis_latency).await;
    }
    Ok(Json(result).into_response())
}
