//! Keeps web pages out: which requests name this server, and come from a page that may use it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer, ExposeHeaders};

use super::body;
use super::error::ApiError;
use super::state::App;
use crate::host::{Authority, Host, Origin};
use crate::settings::Settings;

/// How long a browser may remember what a page may do.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(600);

/// The address of this machine that a request came to.
#[derive(Clone, Copy)]
pub(super) struct LocalAddress(pub(super) IpAddr);

pub(super) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match admit(&request, &app.settings) {
        Ok(()) => next.run(request).await,
        Err(error) => {
            tracing::warn!(reason = error.message(), "a request was refused");
            body::turn_down(request, &app.settings, error).await
        }
    }
}

/// Tells browsers what the pages that were named may do.
pub(super) fn cors(settings: &Settings) -> CorsLayer {
    let origins = settings.allowed_origins.clone();
    let is_named =
        move |value: &HeaderValue| parse(value, Origin::parse).is_some_and(|origin| origins.contains(&origin));
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |value, _| is_named(value)))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(ExposeHeaders::any())
        .max_age(PREFLIGHT_MAX_AGE)
}

fn admit(request: &Request, settings: &Settings) -> Result<(), ApiError> {
    let server = server(request)?;
    let local = request.extensions().get::<LocalAddress>().map(|address| Host::of_ip(address.0));
    for Authority { host, .. } in &server {
        if !host.is_loopback() && local.as_ref() != Some(host) && !settings.allowed_hosts.contains(host) {
            return Err(ApiError::host_not_allowed(host));
        }
    }
    match one(request.headers(), ORIGIN) {
        Ok(None) => Ok(()),
        Ok(Some(value)) => {
            let is_allowed = |origin: &Origin| {
                settings.allowed_origins.contains(origin) || server.first().is_some_and(|server| origin.is_of(server))
            };
            match parse(value, Origin::parse).filter(is_allowed) {
                Some(_) => Ok(()),
                None => Err(ApiError::origin_not_allowed(&String::from_utf8_lossy(value.as_bytes()))),
            }
        }
        Err(Several) => Err(ApiError::origin_not_allowed("several origins")),
    }
}

/// What the request calls the server: in its target first, where that is a whole URL, and in its `Host`. Every browser says it.
fn server(request: &Request) -> Result<Vec<Authority>, ApiError> {
    let target = request.uri().authority().map(|authority| Authority::parse(authority.as_str()));
    let host = one(request.headers(), HOST).map_err(|Several| ApiError::no_host())?;
    let host = host.map(|value| parse(value, Authority::parse));
    if target.is_none() && host.is_none() && request.version() > Version::HTTP_10 {
        return Err(ApiError::no_host());
    }
    target.into_iter().chain(host).collect::<Option<_>>().ok_or_else(ApiError::no_host)
}

/// The header is there several times.
struct Several;

fn one(headers: &HeaderMap, name: HeaderName) -> Result<Option<&HeaderValue>, Several> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() { Err(Several) } else { Ok(first) }
}

fn parse<T>(value: &HeaderValue, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    value.to_str().ok().and_then(parse)
}
