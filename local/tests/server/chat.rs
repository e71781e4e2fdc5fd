//! A scripted endpoint of chat completions.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::stream;
use lumetra_engram_local::{ChatModel, LocalServer, LocalServerBuilder};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::endpoint::{Served, serve, serve_on};
use crate::wire::{LONG, advance};

pub(crate) const SENTINEL: &str = "data: [DONE]\n\n";

/// What the endpoint does with its next request; then it writes "Green tea.".
pub(crate) enum Reply {
    /// Writes this, as a stream or whole, as it is asked.
    Text(String),
    Status(u16, &'static str),
    /// A body of this content type.
    Body(&'static str, String),
    /// Nothing, not even a head.
    Hang,
    /// A stream that the test writes.
    Gate(mpsc::UnboundedReceiver<String>),
}

/// What it does with a request in place of that, where it has something to do.
type Behaviour = Box<dyn FnMut(&Value) -> Option<Reply> + Send>;

#[derive(Default)]
pub(crate) struct Script {
    pub(crate) behaviour: Mutex<Option<Behaviour>>,
    pub(crate) replies: Mutex<VecDeque<Reply>>,
    pub(crate) requests: Mutex<Vec<(HeaderMap, Value)>>,
    /// How many requests came, and of how many hanging ones the client went away.
    pub(crate) seen: watch::Sender<usize>,
    pub(crate) gone: watch::Sender<usize>,
}

pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) script: Arc<Script>,
    _served: Served,
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let script = Arc::new(Script::default());
        let served = serve(router(&script)).await;
        Self { url: format!("{}/v1", served.url), script, _served: served }
    }

    /// Serves there too.
    pub(crate) fn also_on(&self, listener: TcpListener) -> Served {
        serve_on(listener, router(&self.script))
    }

    pub(crate) fn model(&self) -> ChatModel {
        ChatModel::endpoint(&self.url, "tea-1")
    }

    pub(crate) fn builder(&self) -> LocalServerBuilder {
        LocalServer::builder().chat_model(self.model())
    }

    pub(crate) fn reply(&self, reply: Reply) {
        self.script.replies.lock().push_back(reply);
    }

    /// What the test sends is written in the answer to the next request; once it is dropped the answer ends.
    pub(crate) fn gate(&self) -> mpsc::UnboundedSender<String> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.reply(Reply::Gate(receiver));
        sender
    }

    pub(crate) fn requests(&self) -> Vec<Value> {
        self.script.requests.lock().iter().map(|(_, body)| body.clone()).collect()
    }

    pub(crate) fn last_request(&self) -> Value {
        self.requests().pop().expect("no request came")
    }

    /// Moves the clock once the endpoint has seen more requests than these, until the work is done.
    pub(crate) async fn with_the_clock<T>(&self, requests: usize, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            let seen = *self.script.seen.borrow() > requests;
            tokio::select! {
                done = &mut work => return done,
                () = advance(Duration::from_secs(10)), if seen => {}
                () = tokio::task::yield_now(), if !seen => {}
            }
        }
    }

    pub(crate) async fn saw(&self, requests: usize) {
        let mut seen = self.script.seen.subscribe();
        timeout(LONG, seen.wait_for(|count| *count >= requests)).await.expect("no request comes").unwrap();
    }
}

fn router(script: &Arc<Script>) -> Router {
    Router::new().route("/v1/chat/completions", post(complete)).with_state(Arc::clone(script))
}

async fn complete(State(script): State<Arc<Script>>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let streamed = body["stream"] == true;
    let with_usage = body["stream_options"]["include_usage"] == true;
    let special = script.behaviour.lock().as_mut().and_then(|behaviour| behaviour(&body));
    script.requests.lock().push((headers, body));
    script.seen.send_modify(|count| *count += 1);
    let scripted = special.or_else(|| script.replies.lock().pop_front());
    let reply = scripted.unwrap_or_else(|| Reply::Text("Green tea.".to_owned()));
    match reply {
        Reply::Text(text) if streamed => body_of("text/event-stream", written(&text, with_usage)),
        Reply::Text(text) => body_of("application/json", whole(&text).to_string()),
        Reply::Status(status, text) => (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Reply::Body(content_type, text) => body_of(content_type, text),
        Reply::Hang => {
            let _gone = Gone(script);
            std::future::pending().await
        }
        Reply::Gate(pieces) => {
            let pieces = stream::unfold(pieces, async |mut pieces| {
                let piece = pieces.recv().await?;
                if piece != BREAK {
                    return Some((Ok(piece), pieces));
                }
                // hyper sends what came before while this yields.
                tokio::task::yield_now().await;
                Some((Err("broken"), pieces))
            });
            ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(pieces)).into_response()
        }
    }
}

/// Breaks the connection of a gate.
pub(crate) const BREAK: &str = "break";

struct Gone(Arc<Script>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.gone.send_modify(|count| *count += 1);
    }
}

fn body_of(content_type: &'static str, text: String) -> Response {
    ([(CONTENT_TYPE, content_type)], text).into_response()
}

pub(crate) fn usage() -> Value {
    json!({"prompt_tokens": 120, "completion_tokens": 7, "total_tokens": 127, "prompt_tokens_details": {"cached_tokens": 100}})
}

pub(crate) fn whole(text: &str) -> Value {
    let message = json!({"role": "assistant", "content": text});
    json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage()})
}

pub(crate) fn event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

pub(crate) fn piece(text: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}))
}

pub(crate) fn finish(reason: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

fn written(text: &str, with_usage: bool) -> String {
    let role = event(&json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}));
    let pieces: String = text.split_inclusive(' ').map(piece).collect();
    let usage = if with_usage { event(&json!({"choices": [], "usage": usage()})) } else { String::new() };
    [role, pieces, finish("stop"), usage, SENTINEL.to_owned()].concat()
}

/// The messages of a request: the system's, and the user's as the JSON that it is.
pub(crate) fn messages(request: &Value) -> (String, Value) {
    let messages = request["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user"]);
    let user = messages[1]["content"].as_str().unwrap();
    assert!(!user.contains(['\n', '<', '`']), "{user}");
    (messages[0]["content"].as_str().unwrap().to_owned(), serde_json::from_str(user).unwrap())
}
