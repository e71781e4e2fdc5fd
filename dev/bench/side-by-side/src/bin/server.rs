//! The server of the calls, in a process of its own: the same responses for every client, made before the first request. It prints its
//! base URL, and ends when its input does.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use clap::Parser;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{BodyExt, Either, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use lumetra_engram_side_by_side::answers::{self, chat_delta, delta};
use lumetra_engram_side_by_side::cap::Cap;
use lumetra_engram_side_by_side::from_memory::in_pieces;
use lumetra_engram_side_by_side::measure::shared_clock;
use lumetra_engram_side_by_side::streams::{FIRST, MANY, MANY_DELTAS, frame, stream_of};
use serde_json::{Value, json};
use tokio::io::{copy, sink, stdin};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// How many memories explain the answer to a query.
const MEMORIES: usize = 10;
/// What one write holds, at most.
const PIECE: usize = 1_400;
/// Room for a whole burst of connections, so that none of them waits for a second packet.
const BACKLOG: u32 = 4096;

#[derive(Parser)]
struct Arguments {
    /// How many stores it takes at once
    #[arg(long, default_value_t = tokio::sync::Semaphore::MAX_PERMITS)]
    permits: usize,
    /// How long a store takes, in milliseconds
    #[arg(long, default_value_t = 0)]
    work_ms: u64,
}

/// One thread, so that a core is left for the client.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener = socket.listen(BACKLOG)?;
    let cap = Cap::new(arguments.permits, Duration::from_millis(arguments.work_ms));
    let answers: &'static Answers = Box::leak(Box::new(Answers::new(cap)));
    println!("http://{}", listener.local_addr()?);
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

type Body = Either<Full<Bytes>, StreamBody<Pin<Box<dyn Stream<Item = Result<Frame<Bytes>>> + Send>>>>;

struct Answers {
    connections: AtomicUsize,
    cap: Cap,
    stored: Bytes,
    busy: Bytes,
    query: Bytes,
    chat: Bytes,
    list: Bytes,
    done: Bytes,
    missing: Bytes,
    query_stream: Streamed,
    chat_stream: Streamed,
}

/// A streamed answer in one of the two forms.
struct Streamed {
    delta: fn(&str) -> Value,
    /// What follows the first delta: the end, or many deltas before it.
    end: Vec<Bytes>,
    many: Vec<Bytes>,
}

impl Streamed {
    fn new(delta: fn(&str) -> Value, last: &Value) -> Self {
        let pieces = |deltas| in_pieces(&stream_of(deltas, delta, last), PIECE);
        Self { delta, end: pieces(0), many: pieces(MANY_DELTAS) }
    }

    /// Begins with a delta that says when it was made, which is sent before what follows is there.
    fn answer(&'static self, question: &str) -> Response<Body> {
        let first =
            stream::once(async { Ok(Bytes::from(frame(&(self.delta)(&shared_clock()?.to_string()).to_string()))) });
        let following = if question == MANY { &self.many } else { &self.end };
        let following =
            stream::once(tokio::task::yield_now()).flat_map(|()| stream::iter(following.iter().cloned().map(Ok)));
        let frames = first.chain(following).map(|piece| piece.map(Frame::data));
        response(200, "text/event-stream", Either::Right(StreamBody::new(Box::pin(frames))))
    }
}

fn response(status: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let retry_after = (status == 429).then_some(("retry-after", "1"));
    let headers = [("content-type", content_type)].into_iter().chain(retry_after);
    let head = headers.fold(Response::builder().status(status), |head, (name, value)| head.header(name, value));
    head.body(body).expect("the headers are valid")
}

/// The question, if its answer is to be streamed.
fn streamed_question(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let question = body.get("query").or_else(|| body.pointer("/messages/0/content"))?;
    body["stream"].as_bool()?.then(|| question.as_str().unwrap_or(FIRST).to_owned())
}

impl Answers {
    fn new(cap: Cap) -> Self {
        let bytes = |answer: Value| Bytes::from(answer.to_string());
        let query = answers::query(MEMORIES);
        Self {
            connections: AtomicUsize::new(0),
            cap,
            stored: bytes(answers::stored(1)),
            busy: bytes(json!({ "error": "too many concurrent requests" })),
            chat: bytes(answers::chat(query.to_string().len())),
            query_stream: Streamed::new(delta, &query),
            chat_stream: Streamed::new(chat_delta, &chat_delta("")),
            query: bytes(query),
            list: bytes(json!({ "memories": [], "buckets": [], "name": "b", "profile": null, "status": "pending" })),
            done: bytes(json!({ "success": true })),
            missing: bytes(json!({ "error": "No such bucket. ".repeat(200) })),
        }
    }

    async fn answer(&'static self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let (head, body) = request.into_parts();
        // A body that breaks off has no answer to wait for.
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let (method, path) = (&head.method, head.uri.path());
        if let Some(question) = streamed_question(&body) {
            let streamed = if path == "/v1/query" { &self.query_stream } else { &self.chat_stream };
            return Ok(streamed.answer(&question));
        }
        let (status, body) = match path {
            "/connections" => (200, self.connections.load(Ordering::Relaxed).to_string().into()),
            "/counts" => (200, self.cap.counts().to_string().into()),
            "/v1/query" => (200, self.query.clone()),
            "/v1/chat/completions" => (200, self.chat.clone()),
            _ if path.contains("/missing") => (404, self.missing.clone()),
            _ if method == Method::DELETE => (200, self.done.clone()),
            _ if method == Method::POST && path.ends_with("/memories") => match self.cap.admits().await {
                true => (200, self.stored.clone()),
                false => (429, self.busy.clone()),
            },
            _ => (200, self.list.clone()),
        };
        Ok(response(status, "application/json", Either::Left(Full::new(body))))
    }
}
