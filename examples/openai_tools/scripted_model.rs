//! An endpoint of the chat API in this process, whose model says what a script says: for a demonstration without an account, and for
//! tests. It refuses what a real endpoint refuses.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::agent::Endpoint;
use super::chat_rules;

const KEY: &str = "sk-scripted";

/// What the endpoint does when it is asked next, with a look at the conversation.
pub(crate) struct Turn(Box<ReplyTo>);

type ReplyTo = dyn FnOnce(&[Value]) -> Reply + Send;

enum Reply {
    Says(String),
    Calls(Vec<(String, String)>),
    Fails(u16, String),
}

impl Turn {
    /// The model says this.
    pub(crate) fn says(text: impl Into<String>) -> Self {
        let text = text.into();
        Self(Box::new(|_| Reply::Says(text)))
    }

    /// The model says what this makes of the result that it was told last.
    pub(crate) fn says_with(text: impl FnOnce(&str) -> String + Send + 'static) -> Self {
        Self(Box::new(|messages| Reply::Says(text(last_content(messages)))))
    }

    /// The model calls these tools, each with arguments that are JSON or should be.
    pub(crate) fn calls<A: ToString>(calls: impl IntoIterator<Item = (&'static str, A)>) -> Self {
        let calls = calls.into_iter().map(|(name, arguments)| (name.to_owned(), arguments.to_string())).collect();
        Self(Box::new(|_| Reply::Calls(calls)))
    }

    /// The model calls this tool with what this makes of the result that it was told last.
    pub(crate) fn calls_with(name: &'static str, arguments: impl FnOnce(&str) -> Value + Send + 'static) -> Self {
        Self(Box::new(move |messages| {
            Reply::Calls(vec![(name.to_owned(), arguments(last_content(messages)).to_string())])
        }))
    }

    /// The endpoint refuses with this status and message.
    pub(crate) fn fails(status: u16, message: &str) -> Self {
        let message = message.to_owned();
        Self(Box::new(move |_| Reply::Fails(status, message)))
    }
}

fn last_content(messages: &[Value]) -> &str {
    messages.last().and_then(|message| message["content"].as_str()).unwrap_or_default()
}

/// The endpoint, until it is dropped.
pub(crate) struct ScriptedModel {
    base_url: String,
    state: Arc<Mutex<Script>>,
    serving: AbortHandle,
}

#[derive(Default)]
struct Script {
    turns: VecDeque<Turn>,
    requests: Vec<Value>,
    /// The conversation as it is after the last turn.
    conversation: Vec<Value>,
    calls: usize,
    complaints: Vec<String>,
}

impl ScriptedModel {
    pub(crate) async fn start(turns: impl IntoIterator<Item = Turn>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        let state = Arc::new(Mutex::new(Script { turns: turns.into_iter().collect(), ..Script::default() }));
        let router = Router::new().route("/v1/chat/completions", post(chat)).with_state(Arc::clone(&state));
        let serving = tokio::spawn(axum::serve(listener, router).into_future()).abort_handle();
        Ok(Self { base_url, state, serving })
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint { base_url: self.base_url.clone(), api_key: Some(KEY.to_owned()), model: "scripted".to_owned() }
    }

    /// What it was sent.
    pub(crate) fn requests(&self) -> Vec<Value> {
        lock(&self.state).requests.clone()
    }

    /// What was wrong: requests that a real endpoint would refuse, and turns of the script that did not come.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let script = lock(&self.state);
        let left = (!script.turns.is_empty()).then(|| format!("{} turns did not come", script.turns.len()));
        script.complaints.iter().cloned().chain(left).collect()
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock(state: &Mutex<Script>) -> MutexGuard<'_, Script> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn chat(
    State(state): State<Arc<Mutex<Script>>>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let mut script = lock(&state);
    script.requests.push(request.clone());
    if headers.get(AUTHORIZATION).is_none_or(|value| value.as_bytes() != format!("Bearer {KEY}").as_bytes()) {
        return script.refuses(StatusCode::UNAUTHORIZED, "the key is wrong".to_owned());
    }
    if let Err(problem) = chat_rules::check(&request, &script.conversation) {
        return script.refuses(StatusCode::BAD_REQUEST, problem);
    }
    let Some(Turn(reply)) = script.turns.pop_front() else {
        return script.refuses(StatusCode::GONE, "the script has no more turns".to_owned());
    };
    let messages = request["messages"].as_array().cloned().unwrap_or_default();
    let reply = reply(&messages);
    script.conversation = messages;
    script.answers(reply)
}

impl Script {
    fn refuses(&mut self, status: StatusCode, problem: String) -> (StatusCode, Json<Value>) {
        self.complaints.push(problem.clone());
        (status, Json(json!({ "error": { "message": problem } })))
    }

    fn answers(&mut self, reply: Reply) -> (StatusCode, Json<Value>) {
        let (message, finish_reason) = match reply {
            Reply::Fails(status, message) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                return (status, Json(json!({ "error": { "message": message } })));
            }
            Reply::Says(text) => (json!({ "role": "assistant", "content": text, "refusal": null }), "stop"),
            Reply::Calls(calls) => {
                let calls: Vec<_> = calls.into_iter().map(|(name, arguments)| self.call(&name, &arguments)).collect();
                (json!({ "role": "assistant", "content": null, "tool_calls": calls }), "tool_calls")
            }
        };
        self.conversation.push(message.clone());
        let choice = json!({ "index": 0, "message": message, "finish_reason": finish_reason });
        (StatusCode::OK, Json(json!({ "object": "chat.completion", "choices": [choice] })))
    }

    fn call(&mut self, name: &str, arguments: &str) -> Value {
        self.calls += 1;
        json!({
            "id": format!("call_{}", self.calls),
            "type": "function",
            "function": { "name": name, "arguments": arguments },
        })
    }
}
