//! The clients that are compared, as their users make them.

use anyhow::Result;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest, CreateChatCompletionRequestArgs,
};
use lumetra_engram::EngramClient;

use crate::bare::BareClient;

const API_KEY: &str = "eng_live_0123456789abcdef0123456789abcdef";

pub fn engram(base_url: &str) -> Result<EngramClient> {
    Ok(EngramClient::builder().api_key(API_KEY).base_url(base_url).build()?)
}

/// Kept for as long as the program runs, so that a call copies nothing of it.
pub fn bare(base_url: &str) -> Result<&'static BareClient> {
    Ok(Box::leak(Box::new(BareClient::new(base_url, API_KEY)?)))
}

/// The same.
pub fn openai(base_url: &str) -> &'static async_openai::Client<OpenAIConfig> {
    let config = OpenAIConfig::new().with_api_base(format!("{base_url}/v1")).with_api_key(API_KEY);
    Box::leak(Box::new(async_openai::Client::with_config(config)))
}

/// A chat is what async-openai has for a question.
pub fn chat(question: &str, stream: bool) -> Result<CreateChatCompletionRequest> {
    let mut request = CreateChatCompletionRequestArgs::default();
    request.model("gpt-4o").messages([ChatCompletionRequestUserMessage::from(question).into()]);
    if stream {
        request.stream(true);
    }
    Ok(request.build()?)
}
