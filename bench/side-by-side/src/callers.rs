//! The clients that are compared, each with the calls that are: what a call of one costs is what it costs here.

use std::future::Future;
use std::hint::black_box;

use anyhow::Result;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{ChatCompletionRequestUserMessage, CreateChatCompletionRequestArgs};
use lumetra_engram::EngramClient;

use crate::answers::FACT;
use crate::bare::BareClient;

const API_KEY: &str = "eng_live_0123456789abcdef0123456789abcdef";
const BUCKET: &str = "user-123";
const QUESTION: &str = "What are this user's UI preferences?";

/// Makes one call.
pub trait Caller: Clone + Send + Sync + 'static {
    fn call(&self) -> impl Future<Output = Result<()>> + Send;
}

/// This client, storing.
#[derive(Clone)]
pub struct EngramStore(EngramClient);

/// This client, asking.
#[derive(Clone)]
pub struct EngramQuery(EngramClient);

/// Bare reqwest, storing.
#[derive(Clone)]
pub struct BareStore(BareClient);

/// Bare reqwest, asking.
#[derive(Clone)]
pub struct BareQuery(BareClient);

/// async-openai, whose chat completions are questions too.
#[derive(Clone)]
pub struct OpenAiChat(async_openai::Client<OpenAIConfig>);

/// async-openai's client.
pub fn openai(base_url: &str) -> async_openai::Client<OpenAIConfig> {
    let config = OpenAIConfig::new().with_api_base(format!("{base_url}/v1")).with_api_key(API_KEY);
    async_openai::Client::with_config(config)
}

/// This client.
pub fn engram(base_url: &str) -> Result<EngramClient> {
    Ok(EngramClient::builder().api_key(API_KEY).base_url(base_url).build()?)
}

impl EngramStore {
    pub fn new(base_url: &str) -> Result<Self> {
        Ok(Self(engram(base_url)?))
    }
}

impl EngramQuery {
    pub fn new(base_url: &str) -> Result<Self> {
        Ok(Self(engram(base_url)?))
    }
}

impl BareStore {
    pub fn new(base_url: &str) -> Result<Self> {
        Ok(Self(BareClient::new(base_url, API_KEY)?))
    }
}

impl BareQuery {
    pub fn new(base_url: &str) -> Result<Self> {
        Ok(Self(BareClient::new(base_url, API_KEY)?))
    }
}

impl OpenAiChat {
    pub fn new(base_url: &str) -> Self {
        Self(openai(base_url))
    }
}

impl Caller for EngramStore {
    async fn call(&self) -> Result<()> {
        black_box(self.0.store_memory(FACT).bucket(BUCKET).await?);
        Ok(())
    }
}

impl Caller for EngramQuery {
    async fn call(&self) -> Result<()> {
        black_box(self.0.query(QUESTION).bucket(BUCKET).await?);
        Ok(())
    }
}

impl Caller for BareStore {
    async fn call(&self) -> Result<()> {
        black_box(self.0.store_memory(BUCKET, FACT).await?);
        Ok(())
    }
}

impl Caller for BareQuery {
    async fn call(&self) -> Result<()> {
        black_box(self.0.query(BUCKET, QUESTION).await?);
        Ok(())
    }
}

impl Caller for OpenAiChat {
    async fn call(&self) -> Result<()> {
        let request = CreateChatCompletionRequestArgs::default()
            .model("gpt-4o")
            .messages([ChatCompletionRequestUserMessage::from(QUESTION).into()])
            .build()?;
        black_box(self.0.chat().create(request).await?);
        Ok(())
    }
}
