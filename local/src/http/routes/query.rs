//! Questions.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use lumetra_engram::DEFAULT_BUCKET;
use lumetra_engram::api::types::{QueryOptions, QueryRequest, TopKPerBucket};

use super::written;
use crate::answer::{Sources, Writing, quoted};
use crate::chat::Chat;
use crate::http::error::ApiError;
use crate::http::extract::Whole;
use crate::http::limits::Slot;
use crate::http::sse;
use crate::http::state::App;
use crate::recall::meaning::Question;
use crate::recall::{Search, graph, search};
use crate::store::{Database, profiles};
use crate::tenant::Tenant;

pub(in crate::http) async fn query(
    State(app): State<Arc<App>>,
    Extension(tenant): Extension<Tenant>,
    slot: Option<Extension<Slot>>,
    body: Whole,
) -> Result<Response, ApiError> {
    let mut request: QueryRequest = body.decode(&app, tenant).await?;
    let options = request.options.take().unwrap_or_default();
    if request.query.trim().is_empty() {
        return Err(ApiError::unprocessable("query must not be empty"));
    }
    check_numbers(&options)?;
    let synthesize = options.skip_synthesis != Some(true);
    if synthesize && app.settings.missing_model_key {
        return Err(ApiError::model_key_required());
    }
    let streamed = request.stream == Some(true);
    let wanted = Search::new(request, &options, DEFAULT_BUCKET).neighbours(app.settings.neighbours);
    let question = match &app.meaning {
        Some(meaning) => meaning.of_question(tenant, wanted.question()).await,
        None => Question::default(),
    };
    let text = wanted.question().to_owned();
    let (has_graph, has_profiles) = (app.extraction.is_some(), app.profiler.is_some());
    let sources = move |database: &Database<'_>| {
        let hits = search(database, &wanted, question.meant.as_ref())?;
        let known = match has_graph {
            true => graph::known(database, &wanted, question.meant.as_ref(), &hits)?,
            false => graph::Known::default(),
        };
        let profiles = if has_profiles { profiles::texts(database, wanted.buckets())? } else { BTreeMap::new() };
        let (facts, entities) = (known.facts, known.entities);
        Ok(Sources { hits, facts, entities, profiles, problem: question.problem })
    };
    if let Some(chat) = app.chat.as_ref().filter(|_| synthesize) {
        let sources = app.store.read(tenant, sources).await?;
        let writing = Writing::new(text, options, sources).map_err(|_| ApiError::internal())?;
        return by_model(&app, chat, writing, streamed, slot).await;
    }
    let answered = move |database: &Database<'_>| Ok(quoted(&text, &options, sources(database)?));
    if streamed {
        let events = sse::in_words(app.store.read(tenant, answered).await?);
        return Ok(sse::respond(events, app.faults.of_stream(), &app.settings, &app.streams, slot));
    }
    // Written as JSON off the async threads, since it can be long.
    let response = app.store.read(tenant, move |database| Ok(Json(answered(database)?).into_response())).await?;
    if synthesize {
        pause(&app).await;
    }
    Ok(response)
}

async fn by_model(
    app: &App,
    chat: &Chat,
    writing: Writing,
    streamed: bool,
    slot: Option<Extension<Slot>>,
) -> Result<Response, ApiError> {
    if streamed {
        let events = written::streamed(chat, writing).await?;
        return Ok(sse::respond(events, app.faults.of_stream(), &app.settings, &app.streams, slot));
    }
    let response = written::whole(chat, writing).await?;
    pause(app).await;
    Ok(response)
}

/// As long as the settings say that an answer takes.
async fn pause(app: &App) {
    // Even the shortest sleep takes a millisecond.
    if !app.settings.synthesis_latency.is_zero() {
        tokio::time::sleep(app.settings.synthesis_latency).await;
    }
}

/// The description's numbers have 31 bits, and the types one more.
fn check_numbers(options: &QueryOptions) -> Result<(), ApiError> {
    let per_bucket: Vec<NonZeroU32> = match &options.top_k_per_bucket {
        Some(TopKPerBucket::All(number)) => vec![*number],
        Some(TopKPerBucket::Each(numbers)) => numbers.values().copied().collect(),
        None => Vec::new(),
    };
    let numbers = options.top_k.map(|number| ("top_k", number)).into_iter();
    let numbers = numbers.chain(options.max_tokens.map(|number| ("max_tokens", number)));
    let mut numbers = numbers.chain(per_bucket.into_iter().map(|number| ("top_k_per_bucket", number)));
    match numbers.find(|(_, number)| i32::try_from(number.get()).is_err()) {
        Some((name, number)) => {
            Err(ApiError::unprocessable(format!("options.{name}: must be at most {}, not {number}", i32::MAX)))
        }
        None => Ok(()),
    }
}
