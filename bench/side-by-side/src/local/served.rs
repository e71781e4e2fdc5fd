//! The server, asked as its clients ask it.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{Fact, Memories};
use crate::bare::QueryResult;

#[derive(Clone)]
pub struct Served {
    http: reqwest::Client,
    base_url: String,
}

impl Served {
    pub fn new(base_url: &str) -> Self {
        Self { http: reqwest::Client::new(), base_url: base_url.to_owned() }
    }

    async fn ask(&self, path: &str, body: &Value) -> Result<reqwest::Response> {
        let request = self.http.post(format!("{}{path}", self.base_url)).bearer_auth("local").json(body);
        let response = request.send().await?;
        ensure!(response.status().is_success(), "{}: {}", response.status(), response.text().await?);
        Ok(response)
    }
}

impl Memories for Served {
    async fn store(&mut self, bucket: u32, facts: &[Fact]) -> Result<()> {
        let path = format!("/v1/buckets/bucket-{bucket}/memories");
        let body = match facts {
            [fact] => json!({ "content": fact.content() }),
            facts => {
                json!({ "memories": facts.iter().map(|fact| json!({ "content": fact.content() })).collect::<Vec<_>>() })
            }
        };
        self.ask(&path, &body).await?.bytes().await?;
        Ok(())
    }

    async fn query(&mut self, bucket: u32, words: &[String]) -> Result<usize> {
        let body = json!({
            "query": words.join(" "),
            "buckets": [format!("bucket-{bucket}")],
            "options": { "top_k": 8, "return_explanation": true },
        });
        let result: QueryResult = self.ask("/v1/query", &body).await?.json().await?;
        Ok(result.explanation.map_or(0, |explanation| explanation.retrieved_memories.len()))
    }
}
