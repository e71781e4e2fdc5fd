//! Asking a model.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

use super::dialect::{Dialect, body, refused_part};
use super::patience::Patience;
use super::questions::Questions;
use super::{ChatError, ChatModel, ChatRequest, ChatStream, End, Piece};
use crate::endpoint::Endpoint;

/// The first piece of an answer may take so long: the model may have to be loaded, and has to read what it is asked.
const FIRST_PIECE: Duration = Duration::from_secs(300);
/// An answer that comes whole may: nothing is seen of it while it is written.
const WHOLE: Duration = Duration::from_secs(600);
/// No error is as large, in bytes.
const LARGEST_ERROR: usize = 1024 * 1024;

/// A model of an endpoint.
pub(crate) struct Chat {
    endpoint: Arc<Endpoint>,
    model: String,
    dialect: Dialect,
    questions: Questions,
}

/// What a model wrote.
#[derive(Debug)]
pub(crate) struct Completion {
    /// Never empty.
    pub(crate) text: String,
    pub(crate) end: End,
}

impl Chat {
    pub(crate) fn new(model: ChatModel) -> Self {
        let endpoint = Endpoint::new("model endpoint", &model.address, "/chat/completions");
        Self {
            endpoint: Arc::new(endpoint),
            model: model.address.model,
            dialect: Dialect::default(),
            questions: Questions::default(),
        }
    }

    /// The whole answer. Dropping the future closes the connection, upon which endpoints stop to write.
    pub(crate) async fn whole(&self, request: &ChatRequest) -> Result<Completion, ChatError> {
        let _asked = self.questions.ask();
        self.complete(request).await
    }

    /// The same for work that nobody waits for. A model on this machine does one thing after the other, so it does not hold up questions there.
    pub(crate) async fn in_background(&self, request: &ChatRequest) -> Result<Completion, ChatError> {
        if self.endpoint.is_on_this_machine() {
            self.questions.after(|| self.complete(request)).await
        } else {
            self.complete(request).await
        }
    }

    async fn complete(&self, request: &ChatRequest) -> Result<Completion, ChatError> {
        let mut stream = self.ask(request, false, Patience::of(WHOLE)).await?;
        let mut text = String::new();
        loop {
            match stream.next().await? {
                Piece::Text(piece) => text.push_str(&piece),
                Piece::End(end) => return Ok(Completion { text, end }),
            }
        }
    }

    /// The answer as it is written.
    pub(crate) async fn stream(&self, request: &ChatRequest) -> Result<ChatStream, ChatError> {
        let asked = self.questions.ask();
        Ok(self.ask(request, true, Patience::of(FIRST_PIECE)).await?.of(asked))
    }

    /// Asks, without what the endpoint refuses.
    async fn ask(&self, request: &ChatRequest, stream: bool, patience: Patience) -> Result<ChatStream, ChatError> {
        let mut refused = self.dialect.refused();
        let mut learned = Vec::new();
        loop {
            let body = body(&self.model, request, stream, &refused);
            let response = patience.wait(&self.endpoint, self.endpoint.post(&body)).await?;
            let status = response.status();
            if status.is_success() {
                self.dialect.learn(&learned);
                return Ok(ChatStream::new(Arc::clone(&self.endpoint), response, patience));
            }
            let answer = patience.wait(&self.endpoint, self.endpoint.body(response, LARGEST_ERROR)).await?;
            let Some(part) = refused_part(&body, status, &answer) else { return Err(self.refusal(status, &answer)) };
            refused.insert(part);
            learned.push(part);
        }
    }

    fn refusal(&self, status: StatusCode, answer: &[u8]) -> ChatError {
        let words = self.endpoint.words(answer);
        let problem = |problem: String| self.endpoint.problem(problem);
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let what = if self.endpoint.has_key() { "does not accept the API key" } else { "requires an API key" };
                ChatError::NeedsKey(problem(format!(
                    "{what}: {status}{words}. Start the server with --model-key-env and the name of an environment variable with the key, or use `ChatModel::api_key` in code"
                )))
            }
            StatusCode::NOT_FOUND => ChatError::Failed(problem(format!(
                "does not know its path or the model {}: {status}{words}",
                self.model
            ))),
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => {
                ChatError::Timeout(problem(format!("answered {status}{words}")))
            }
            _ => ChatError::Failed(problem(format!("answered {status}{words}"))),
        }
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Chat")
    }
}
