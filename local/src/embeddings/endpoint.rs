//! Embeddings of an endpoint that is compatible with OpenAI's.

use std::time::Duration;

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::EmbedError;
use super::error::Problem;
use crate::endpoint::{Address, Endpoint, Failure};
use crate::vector::Vector;

/// A model that has to be loaded first takes a while.
const TIMEOUT: Duration = Duration::from_secs(120);
/// No batch of vectors is as large, in bytes.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

pub(super) struct EmbeddingsEndpoint {
    endpoint: Endpoint,
    model: String,
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

impl EmbeddingsEndpoint {
    pub(super) fn new(address: Address) -> Self {
        Self { endpoint: Endpoint::new("embeddings endpoint", &address, "/embeddings"), model: address.model }
    }

    pub(super) fn model(&self) -> &str {
        &self.model
    }

    pub(super) async fn vectors(&self, texts: &[String]) -> Result<Vec<Vector>, EmbedError> {
        let (status, body) = timeout(TIMEOUT, self.exchange(texts))
            .await
            .map_err(|_| self.unavailable(format!("did not answer within {TIMEOUT:?}"), ""))??;
        if !status.is_success() {
            return Err(self.refusal(status, &body));
        }
        let embedded: Embedded = serde_json::from_slice(&body)
            .map_err(|error| self.unavailable("did not return embeddings", format!(" ({error})")))?;
        in_order(embedded, texts.len()).map_err(|problem| self.unavailable(problem, ""))
    }

    async fn exchange(&self, texts: &[String]) -> Result<(StatusCode, Vec<u8>), EmbedError> {
        let response = self.endpoint.post(&Request { model: &self.model, input: texts }).await?;
        let status = response.status();
        Ok((status, self.endpoint.body(response, LARGEST_BODY).await?))
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> EmbedError {
        let words = self.endpoint.words(body);
        match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
                let what = format!("the embeddings endpoint refuses the text with {status}");
                EmbedError::Refused(Problem::new(what, words))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                self.unavailable(format!("does not accept the API key: {status}"), words)
            }
            StatusCode::NOT_FOUND => {
                self.unavailable(format!("does not know its path or the model {}: {status}", self.model), words)
            }
            _ => self.unavailable(format!("answered {status}"), words),
        }
    }

    fn unavailable(&self, problem: impl std::fmt::Display, words: impl Into<String>) -> EmbedError {
        EmbedError::Unavailable(Problem::new(self.endpoint.problem(problem), words))
    }
}

impl From<Failure> for EmbedError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable(problem) | Failure::Broken(problem) => Self::unavailable(problem),
        }
    }
}

fn in_order(embedded: Embedded, count: usize) -> Result<Vec<Vector>, String> {
    if embedded.data.len() != count {
        return Err(format!("returned {} embeddings for {count} texts", embedded.data.len()));
    }
    let mut vectors = vec![None; count];
    for (place, Embedding { index, embedding }) in embedded.data.into_iter().enumerate() {
        let vector = Vector::new(embedding).ok_or("returned an embedding that is all zeros or not finite")?;
        *vectors.get_mut(index.unwrap_or(place)).ok_or("returned embeddings with wrong indexes")? = Some(vector);
    }
    let vectors: Option<Vec<Vector>> = vectors.into_iter().collect();
    let vectors = vectors.ok_or("returned embeddings with wrong indexes")?;
    let dimension = vectors.first().map(Vector::dimension);
    if vectors.iter().any(|vector| Some(vector.dimension()) != dimension) {
        return Err("returned embeddings of different dimensions".to_owned());
    }
    Ok(vectors)
}
