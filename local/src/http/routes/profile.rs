//! Profiles. Without a language model there is no profiler, and the answers say so as the service does.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use lumetra_engram::api::types::{Profile, ProfileResult, ProfileStatus};
use serde_json::Value;

use crate::http::error::ApiError;
use crate::http::extract::Segments;
use crate::http::state::App;
use crate::profile::Profiler;
use crate::store::buckets::{self, BucketRow};
use crate::store::profiles::{self, Snapshot};
use crate::tenant::Tenant;

/// What the service calls whoever writes profiles.
const SOURCE: &str = "bucket_profiler";

pub(in crate::http) async fn show(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
) -> Result<Json<ProfileResult>, ApiError> {
    let Some(profiler) = &app.profiler else {
        let bucket = app.store.read(tenant, move |database| buckets::require(database, &bucket)).await?;
        return Ok(Json(not_installed(bucket)));
    };
    let snapshot = app.store.read(tenant, move |database| profiles::snapshot(database, &bucket)).await?;
    Ok(Json(result(profiler, snapshot)))
}

pub(in crate::http) async fn regenerate(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    Segments(bucket): Segments<String>,
) -> Result<Json<ProfileResult>, ApiError> {
    let Some(profiler) = &app.profiler else {
        app.store.read(tenant, move |database| buckets::require(database, &bucket)).await?;
        return Err(ApiError::profiler_not_installed());
    };
    let snapshot = profiler.ask(tenant, bucket).await?;
    Ok(Json(result(profiler, snapshot)))
}

fn not_installed(bucket: BucketRow) -> ProfileResult {
    let mut result = ProfileResult::default();
    result.bucket_id = Some(bucket.uuid);
    result.profile = Some(Profile(Value::Null));
    result.status = Some(ProfileStatus::NotInstalled);
    result
}

/// A profile is ready as long as it holds, even where another one is being made.
fn result(profiler: &Profiler, snapshot: Snapshot) -> ProfileResult {
    let mut result = ProfileResult::default();
    if let Some(warning) = warning(profiler, &snapshot) {
        result.extra.insert("warning".to_owned(), Value::String(warning));
    }
    let is_ready = snapshot.text.is_some();
    result.status = Some(if is_ready { ProfileStatus::Ready } else { ProfileStatus::Pending });
    result.source = is_ready.then(|| SOURCE.to_owned());
    result.bucket_id = Some(snapshot.bucket_uuid);
    result.profile = Some(Profile(snapshot.text.map_or(Value::Null, Value::String)));
    result.updated_at = snapshot.made_at;
    result.n_memories_at_gen = snapshot.memory_count;
    result
}

/// Why somebody might wait in vain.
fn warning(profiler: &Profiler, snapshot: &Snapshot) -> Option<String> {
    let nobody_asked = || "Nobody has requested a profile of this bucket yet.".to_owned();
    profiler.problem(snapshot.bucket_id).or_else(|| (!snapshot.was_asked).then(nobody_asked))
}
