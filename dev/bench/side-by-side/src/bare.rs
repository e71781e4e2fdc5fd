//! What one writes who uses reqwest and serde_json alone: structs for the answers, and a function for each call. No retry, no limit
//! to the size of an answer, no other names of older servers, and what the structs do not name is lost.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

/// A client of bare reqwest.
#[derive(Clone)]
pub struct BareClient {
    http: reqwest::Client,
    base_url: String,
    api_key: String,
}

impl BareClient {
    pub fn new(base_url: &str, api_key: &str) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
        Ok(Self { http, base_url: base_url.to_owned(), api_key: api_key.to_owned() })
    }

    pub async fn store_memory(&self, bucket: &str, content: &str) -> Result<StoreMemoryResult> {
        let url = format!("{}/v1/buckets/{bucket}/memories", self.base_url);
        let request = self.http.post(url).bearer_auth(&self.api_key).json(&json!({ "content": content }));
        answer(request).await
    }

    pub async fn store_memories(&self, bucket: &str, contents: &[String]) -> Result<()> {
        let url = format!("{}/v1/buckets/{bucket}/memories", self.base_url);
        let memories: Vec<_> = contents.iter().map(|content| json!({ "content": content })).collect();
        let request = self.http.post(url).bearer_auth(&self.api_key).json(&json!({ "memories": memories }));
        answer::<IgnoredAny>(request).await.map(drop)
    }

    pub async fn query(&self, bucket: &str, question: &str) -> Result<QueryResult> {
        let body = json!({
            "query": question,
            "buckets": [bucket],
            "options": { "top_k": 8, "return_explanation": true, "skip_synthesis": false },
        });
        answer(self.http.post(format!("{}/v1/query", self.base_url)).bearer_auth(&self.api_key).json(&body)).await
    }
}

async fn answer<T: serde::de::DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T> {
    let response = request.send().await?;
    ensure!(response.status().is_success(), "{}: {}", response.status(), response.text().await?);
    Ok(response.json().await?)
}

#[derive(Debug, Deserialize)]
pub struct StoreMemoryResult {
    pub id: String,
    pub bucket_name: Option<String>,
    pub token_count: Option<i64>,
    pub status: Option<String>,
    pub deduped_into: Option<String>,
    pub similarity_score: Option<f64>,
    pub merge_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct StoreMemoriesResult {
    pub memories: Vec<StoreMemoryResult>,
}

#[derive(Debug, Deserialize)]
pub struct QueryResult {
    pub success: Option<bool>,
    pub answer: String,
    pub answer_json: Option<Value>,
    pub memories_found: Option<i64>,
    pub explanation: Option<QueryExplanation>,
    pub usage: Option<QueryUsage>,
    pub synthesis_usage: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
pub struct QueryExplanation {
    #[serde(default)]
    pub retrieved_memories: Vec<RetrievedMemory>,
    #[serde(default)]
    pub graph_facts: Vec<GraphFact>,
    #[serde(default)]
    pub entity_matches: Vec<EntityMatch>,
    pub context_tokens: Option<i64>,
    pub profile: Option<Value>,
    #[serde(default)]
    pub profiles: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
pub struct RetrievedMemory {
    pub memory_id: Option<String>,
    pub bucket_id: Option<String>,
    pub bucket_name: Option<String>,
    pub content: String,
    pub raw_score: Option<f64>,
    pub weight: Option<f64>,
    pub weighted_score: Option<f64>,
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
pub struct GraphFact {
    pub subject: Option<String>,
    pub predicate: Option<String>,
    pub object: Option<String>,
    pub memory_id: Option<String>,
    pub bucket_id: Option<String>,
    pub bucket_name: Option<String>,
    pub depth: Option<i64>,
    pub weight: Option<f64>,
    pub timestamp: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct EntityMatch {
    pub entity: Option<String>,
    pub bucket_name: Option<String>,
    pub score: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub struct QueryUsage {
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub context_tokens: Option<i64>,
    pub actual_input_tokens: Option<i64>,
    pub actual_output_tokens: Option<i64>,
}
