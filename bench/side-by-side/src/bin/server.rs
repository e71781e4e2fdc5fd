//! The server of the calls, in a process of its own: the same answers for every client, made before the first request. It prints its
//! base URL, and ends when its input does.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use lumetra_engram_side_by_side::answers;
use serde_json::json;
use tokio::io::{copy, sink, stdin};
use tokio::net::{TcpListener, TcpStream};

/// How many memories explain the answer to a query.
const MEMORIES: usize = 10;

/// One thread, so that a core is left for the client.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let answers: &'static Answers = Box::leak(Box::new(Answers::new()));
    tokio::select! {
        ended = serve(listener, answers) => ended,
        ended = async { copy(&mut stdin(), &mut sink()).await } => Ok(ended.map(drop)?),
    }
}

async fn serve(listener: TcpListener, answers: &'static Answers) -> Result<()> {
    loop {
        let (connection, _) = listener.accept().await?;
        connection.set_nodelay(true)?;
        answers.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(serve_connection(connection, answers));
    }
}

async fn serve_connection(connection: TcpStream, answers: &'static Answers) {
    let service = service_fn(|request| answers.answer(request));
    // What fails here fails at the client too, which says so.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(connection), service).await;
}

struct Answers {
    connections: AtomicUsize,
    stored: Bytes,
    query: Bytes,
    chat: Bytes,
    list: Bytes,
    done: Bytes,
    missing: Bytes,
}

impl Answers {
    fn new() -> Self {
        let query = answers::query(MEMORIES).to_string();
        Self {
            connections: AtomicUsize::new(0),
            stored: answers::stored(1).to_string().into(),
            chat: answers::chat(query.len()).to_string().into(),
            query: query.into(),
            list: json!({ "memories": [], "buckets": [], "name": "b", "profile": null, "status": "pending" })
                .to_string()
                .into(),
            done: json!({ "success": true }).to_string().into(),
            missing: json!({ "error": "No such bucket. ".repeat(200) }).to_string().into(),
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        // A body that breaks off has no answer to wait for.
        let _ = body.collect().await;
        let (method, path) = (&head.method, head.uri.path());
        let (status, body) = match path {
            "/connections" => (200, self.connections.load(Ordering::Relaxed).to_string().into()),
            "/v1/query" => (200, self.query.clone()),
            "/v1/chat/completions" => (200, self.chat.clone()),
            _ if path.contains("/missing") => (404, self.missing.clone()),
            _ if method == Method::DELETE => (200, self.done.clone()),
            _ if method == Method::POST && path.ends_with("/memories") => (200, self.stored.clone()),
            _ => (200, self.list.clone()),
        };
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
        response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
        Ok(response)
    }
}
