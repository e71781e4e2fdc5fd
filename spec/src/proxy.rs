//! A proxy that passes every request and answer on as it is, checks both, and reports what it saw.
//!
//! It uses `hyper` itself for the requests: `reqwest` resolves the dots of a path and adds headers of its own, and what is sent on must
//! be what came.

use std::fs::File;
use std::io::Write;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::USER_AGENT;
use http::uri::{Authority, Scheme};
use http::{Request, StatusCode, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::answer::AnswerCheck;
use crate::exchange::Exchange;
use crate::spec::{Operation, Spec};

/// A proxy in front of the server at `upstream`. It writes an [`Exchange`] as a line of JSON to `report` when an answer has ended, before
/// the client sees that end.
pub fn proxy(spec: Arc<Spec>, upstream: Authority, report: File) -> Router {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let proxy = Arc::new(Proxy { spec, upstream, report: Arc::new(Report(Mutex::new(report))), client });
    Router::new().fallback(pass_on).with_state(proxy)
}

struct Proxy {
    spec: Arc<Spec>,
    upstream: Authority,
    report: Arc<Report>,
    client: Client<HttpConnector, Full<Bytes>>,
}

async fn pass_on(State(proxy): State<Arc<Proxy>>, request: Request<axum::body::Body>) -> Response {
    let mut noted = Noted::new(&request, Arc::clone(&proxy.report));
    let (head, body) = request.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return noted.failed(StatusCode::BAD_REQUEST, "the request cannot be read", &error),
    };
    let mut request = Request::from_parts(head, body);
    let operation = match proxy.spec.operation(request.method(), request.uri().path()) {
        Ok(operation) => {
            noted.exchange.operation = Some(operation.id().to_owned());
            noted.exchange.mismatches = operation.check_request(&request);
            Some(operation)
        }
        Err(mismatch) => {
            noted.exchange.mismatches.push(mismatch);
            None
        }
    };
    *request.uri_mut() = match proxy.target(request.uri()) {
        Ok(target) => target,
        Err(error) => return noted.failed(StatusCode::BAD_REQUEST, "the request has no usable path", &error),
    };
    match proxy.client.request(request.map(Full::new)).await {
        Ok(answer) => noted.answered(answer, operation),
        Err(error) => {
            let problem = format!("the server at {} gives no answer", proxy.upstream);
            noted.failed(StatusCode::BAD_GATEWAY, &problem, &error)
        }
    }
}

impl Proxy {
    fn target(&self, uri: &Uri) -> Result<Uri, http::uri::InvalidUriParts> {
        let mut parts = uri.clone().into_parts();
        (parts.scheme, parts.authority) = (Some(Scheme::HTTP), Some(self.upstream.clone()));
        Uri::from_parts(parts)
    }
}

struct Report(Mutex<File>);

impl Report {
    fn write(&self, exchange: &Exchange) {
        let mut line = serde_json::to_string(exchange).unwrap_or_default();
        line.push('\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes()) {
            // Whoever reads the report misses the exchange too.
            eprintln!("checked-proxy: cannot write the report: {error}");
        }
    }
}

/// What is known of an exchange, reported when this is dropped: then the answer has ended, or the client has gone.
struct Noted {
    exchange: Exchange,
    report: Arc<Report>,
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.report.write(&self.exchange);
    }
}

impl Noted {
    fn new<B>(request: &Request<B>, report: Arc<Report>) -> Self {
        let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        let exchange = Exchange {
            user_agent: user_agent.map(str::to_owned),
            request: format!("{} {}", request.method(), request.uri().path()),
            operation: None,
            status: None,
            mismatches: Vec::new(),
            failure: None,
        };
        Self { exchange, report }
    }

    /// An answer of the proxy's own.
    fn failed(mut self, status: StatusCode, problem: &str, cause: &dyn std::error::Error) -> Response {
        let mut text = format!("{problem}: {cause}");
        let mut source = cause.source();
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        self.exchange.failure = Some(text.clone());
        (status, format!("checked-proxy: {text}\n")).into_response()
    }

    fn answered(mut self, answer: http::Response<Incoming>, operation: Option<&Operation>) -> Response {
        self.exchange.status = Some(answer.status().as_u16());
        let check = operation.map(|operation| operation.answer(answer.status(), answer.headers()));
        let (head, body) = answer.into_parts();
        let mut watched = Watched { body, watch: Some(Watch { check, noted: self }) };
        watched.finish_at_the_end();
        Response::from_parts(head, axum::body::Body::new(watched))
    }
}

struct Watch {
    /// There is none where the spec has no such operation.
    check: Option<AnswerCheck>,
    noted: Noted,
}

impl Watch {
    fn end(mut self, end: impl FnOnce(AnswerCheck) -> Vec<crate::Mismatch>) {
        self.noted.exchange.mismatches.extend(self.check.take().map(end).into_iter().flatten());
    }
}

/// The body of an answer, checked while it passes.
struct Watched {
    body: Incoming,
    /// Until the answer has ended.
    watch: Option<Watch>,
}

impl Watched {
    /// A body of known length may not be asked for more once that is reached.
    fn finish_at_the_end(&mut self) {
        if self.body.is_end_stream()
            && let Some(watch) = self.watch.take()
        {
            watch.end(AnswerCheck::finish);
        }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                let check = self.watch.as_mut().and_then(|watch| watch.check.as_mut());
                if let (Some(check), Some(piece)) = (check, frame.data_ref()) {
                    check.push(piece);
                }
                self.finish_at_the_end();
            }
            Some(Err(error)) => {
                if let Some(watch) = self.watch.take() {
                    watch.end(|check| check.broke_off(error));
                }
            }
            None => {
                if let Some(watch) = self.watch.take() {
                    watch.end(AnswerCheck::finish);
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    /// The client has gone before the end.
    fn drop(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch.end(AnswerCheck::abandon);
        }
    }
}
