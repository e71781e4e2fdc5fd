//! A proxy that passes every request and response on as it is, checks both, and reports what it saw.
//!
//! It uses `hyper` itself for the requests: `reqwest` resolves the dots of a path and adds headers of its own, and what is sent on must
//! be what came.

use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header::USER_AGENT;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use lumetra_engram_spec::{End, Exchange, Operation, Spec};

/// A proxy in front of the server at `upstream`. It writes an [`Exchange`] as a line of JSON to `report` when a response has ended,
/// before the client sees that end.
pub fn proxy(spec: Spec, upstream: Authority, report: File) -> Router {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let proxy = Arc::new(Proxy { spec, upstream, report: Mutex::new(report), client });
    Router::new().fallback(pass_on).with_state(proxy)
}

struct Proxy {
    spec: Spec,
    upstream: Authority,
    report: Mutex<File>,
    client: Client<HttpConnector, Full<Bytes>>,
}

async fn pass_on(State(proxy): State<Arc<Proxy>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let mut watch = Watch::new(Arc::clone(&proxy), &head);
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return watch.failed(StatusCode::BAD_REQUEST, "the request cannot be read", error),
    };
    let mut request = Request::from_parts(head, body);
    match proxy.spec.operation(request.method(), request.uri().path()) {
        Ok(operation) => {
            watch.exchange.operation = Some(operation.id().to_owned());
            watch.exchange.mismatches = operation.check_request(&request);
        }
        Err(mismatch) => watch.exchange.mismatches.push(mismatch),
    }
    *request.uri_mut() = match proxy.target(request.uri()) {
        Ok(target) => target,
        Err(error) => return watch.failed(StatusCode::BAD_REQUEST, "the request has no usable path", error),
    };
    match proxy.client.request(request.map(Full::new)).await {
        Ok(response) => watch.passing(response),
        Err(error) => {
            let problem = format!("the server at {} gives no answer", proxy.upstream);
            watch.failed(StatusCode::BAD_GATEWAY, &problem, error)
        }
    }
}

impl Proxy {
    fn target(&self, uri: &Uri) -> Result<Uri, http::uri::InvalidUriParts> {
        let mut parts = uri.clone().into_parts();
        (parts.scheme, parts.authority) = (Some(Scheme::HTTP), Some(self.upstream.clone()));
        Uri::from_parts(parts)
    }

    fn write(&self, exchange: &Exchange) {
        let line = serde_json::to_string(exchange).unwrap_or_default() + "\n";
        let mut file = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes()) {
            // Whoever reads the report misses the exchange too.
            eprintln!("checked-proxy: cannot write the report: {error}");
        }
    }
}

/// What is known of an exchange, reported when this is dropped: then the response has ended, or the client has gone.
struct Watch {
    proxy: Arc<Proxy>,
    method: http::Method,
    path: String,
    exchange: Exchange,
    response: Option<(StatusCode, HeaderMap)>,
    /// What passed of the body of the response.
    passed: Vec<u8>,
    end: End,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some((status, headers)) = &self.response {
            let passed = std::mem::take(&mut self.passed).into();
            let check = |operation: &Operation| operation.check_response(*status, headers, &passed, &self.end);
            let mismatches = self.proxy.spec.operation(&self.method, &self.path).map(check);
            self.exchange.mismatches.extend(mismatches.unwrap_or_default());
        }
        self.proxy.write(&self.exchange);
    }
}

impl Watch {
    fn new(proxy: Arc<Proxy>, head: &http::request::Parts) -> Self {
        let (method, path) = (head.method.clone(), head.uri.path().to_owned());
        let user_agent = head.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let exchange = Exchange { user_agent, request: format!("{method} {path}"), ..Exchange::default() };
        Self { proxy, method, path, exchange, response: None, passed: Vec::new(), end: End::LeftEarly }
    }

    /// A response of the proxy's own.
    fn failed(mut self, status: StatusCode, problem: &str, cause: impl Into<anyhow::Error>) -> Response {
        let text = format!("{problem}: {:#}", cause.into());
        self.exchange.failure = Some(text.clone());
        (status, format!("checked-proxy: {text}\n")).into_response()
    }

    /// The response of the server, whose body is watched while it passes.
    fn passing(mut self, response: http::Response<Incoming>) -> Response {
        let (head, body) = response.into_parts();
        self.exchange.status = Some(head.status.as_u16());
        self.response = Some((head.status, head.headers.clone()));
        // A body of known length may not be asked for more once that is reached.
        let mut watch = Some(self);
        if body.is_end_stream() {
            end(&mut watch, End::Reached);
        }
        let pieces = stream::unfold((body, watch), |(mut body, mut watch)| async move {
            let piece = body.frame().await.map(|frame| frame.map(|frame| frame.into_data().unwrap_or_default()));
            if let (Some(watch), Some(Ok(piece))) = (&mut watch, &piece) {
                watch.passed.extend_from_slice(piece);
            }
            match &piece {
                Some(Err(error)) => end(&mut watch, End::BrokeOff(error.to_string())),
                Some(Ok(_)) if !body.is_end_stream() => {}
                _ => end(&mut watch, End::Reached),
            }
            piece.map(|piece| (piece, (body, watch)))
        });
        Response::from_parts(head, Body::from_stream(pieces))
    }
}

/// The exchange is reported.
fn end(watch: &mut Option<Watch>, end: End) {
    if let Some(mut watch) = watch.take() {
        watch.end = end;
    }
}
