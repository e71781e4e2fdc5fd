//! Embeddings of an endpoint that is compatible with OpenAI's.

use std::error::Error;
use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url, redirect};
use serde::{Deserialize, Serialize};

use super::EmbedError;
use crate::vector::Vector;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A model that has to be loaded first takes a while.
const TIMEOUT: Duration = Duration::from_secs(120);
/// No batch of vectors is as large, in bytes.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
/// So much of what the endpoint says goes into an error, in characters.
const LONGEST_WORDS: usize = 200;

pub(super) struct Endpoint {
    client: Result<Client, String>,
    url: String,
    model: String,
    key: Option<String>,
}

/// Nothing else is sent: `dimensions` makes some servers cut the vectors, and others refuse the request.
#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: &'a [String],
}

#[derive(Deserialize)]
struct Embedded {
    data: Vec<Embedding>,
}

#[derive(Deserialize)]
struct Embedding {
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl Endpoint {
    pub(super) fn new(base: &str, model: String, key: Option<String>) -> Self {
        let url = format!("{}/embeddings", base.trim_end_matches('/'));
        let client = client(&url).map_err(|error| format!("no HTTP client can be made: {}", chain(&error)));
        Self { client, url, model, key }
    }

    pub(super) fn model(&self) -> &str {
        &self.model
    }

    pub(super) async fn vectors(&self, texts: &[String]) -> Result<Vec<Vector>, EmbedError> {
        let response = self.send(texts).await?;
        let status = response.status();
        let body = self.body(response).await?;
        if !status.is_success() {
            return Err(self.refusal(status, &body));
        }
        let embedded: Embedded = serde_json::from_slice(&body)
            .map_err(|error| self.unavailable(format!("did not answer with embeddings ({error})")))?;
        in_order(embedded, texts.len()).map_err(|problem| self.unavailable(problem))
    }

    async fn send(&self, texts: &[String]) -> Result<Response, EmbedError> {
        let client = self.client.as_ref().map_err(|problem| EmbedError::Unavailable(problem.clone()))?;
        let request = client.post(&self.url).json(&Request { model: &self.model, input: texts });
        let request = match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        request
            .send()
            .await
            .map_err(|error| self.unavailable(format!("cannot be reached ({})", chain(&error.without_url()))))
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, EmbedError> {
        let mut body = Vec::new();
        let broken =
            |error: reqwest::Error| self.unavailable(format!("broke off its answer ({})", chain(&error.without_url())));
        while let Some(piece) = response.chunk().await.map_err(broken)? {
            body.extend_from_slice(&piece);
            if body.len() > LARGEST_BODY {
                return Err(self.unavailable(format!("answered with more than {LARGEST_BODY} bytes")));
            }
        }
        Ok(body)
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> EmbedError {
        let words = self.words(body);
        match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
                EmbedError::Refused(format!("the embeddings endpoint refuses the text with {status}{words}"))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                self.unavailable(format!("does not accept the API key: {status}{words}"))
            }
            StatusCode::NOT_FOUND => {
                self.unavailable(format!("does not know its path or the model {}: {status}{words}", self.model))
            }
            _ => self.unavailable(format!("answered {status}{words}")),
        }
    }

    /// What the endpoint says of an error, on one line and without the key, which some repeat.
    fn words(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(body);
        let text = match &self.key {
            Some(key) => text.replace(key.as_str(), "[key]"),
            None => text.into_owned(),
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let words: String = words.join(" ").chars().take(LONGEST_WORDS).collect();
        if words.is_empty() { words } else { format!(" ({words})") }
    }

    fn unavailable(&self, problem: impl std::fmt::Display) -> EmbedError {
        EmbedError::Unavailable(format!("the embeddings endpoint {} {problem}", self.url))
    }
}

/// No proxy stands between this machine and itself, whatever the environment says.
fn client(url: &str) -> reqwest::Result<Client> {
    let builder =
        Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(TIMEOUT).redirect(redirect::Policy::none());
    if is_loopback(url) { builder.no_proxy().build() } else { builder.build() }
}

fn is_loopback(url: &str) -> bool {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn in_order(embedded: Embedded, count: usize) -> Result<Vec<Vector>, String> {
    if embedded.data.len() != count {
        return Err(format!("answered with {} embeddings to {count} texts", embedded.data.len()));
    }
    let mut vectors = vec![None; count];
    for (place, Embedding { index, embedding }) in embedded.data.into_iter().enumerate() {
        let vector = Vector::new(embedding).ok_or("answered with an embedding of zeros, or one that is not finite")?;
        *vectors.get_mut(index.unwrap_or(place)).ok_or("numbers its embeddings wrongly")? = Some(vector);
    }
    let vectors: Option<Vec<Vector>> = vectors.into_iter().collect();
    let vectors = vectors.ok_or("numbers its embeddings wrongly")?;
    let dimension = vectors.first().map(Vector::dimension);
    if vectors.iter().any(|vector| Some(vector.dimension()) != dimension) {
        return Err("answered with embeddings of several dimensions".to_owned());
    }
    Ok(vectors)
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
