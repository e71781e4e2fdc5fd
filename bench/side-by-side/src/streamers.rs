//! The clients that are compared, each with the streams of its answers over a connection.

use std::hint::black_box;

use anyhow::{Context, Result};
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{ChatCompletionRequestUserMessage, CreateChatCompletionRequestArgs};
use futures_util::StreamExt;
use lumetra_engram::{EngramClient, QueryStreamEvent};

use crate::measure::shared_clock;

/// What one stream came to.
#[derive(Debug)]
pub struct Streamed {
    pub deltas: usize,
    /// Nanoseconds from the making of the first delta in the server to the caller's having it.
    pub first: i64,
}

impl Streamed {
    fn begin(text: &str) -> Result<Self> {
        let made: i64 = text.parse().context("the first delta says when it was made")?;
        Ok(Self { deltas: 1, first: shared_clock()? - made })
    }
}

/// Takes up the deltas of a stream as they come.
#[derive(Default)]
struct Taken(Option<Streamed>);

impl Taken {
    fn delta(&mut self, text: &str) -> Result<()> {
        match &mut self.0 {
            Some(streamed) => streamed.deltas += 1,
            None => self.0 = Some(Streamed::begin(text)?),
        }
        black_box(text);
        Ok(())
    }

    fn end(self) -> Result<Streamed> {
        self.0.context("the stream has a delta")
    }
}

pub async fn engram(client: &EngramClient, question: &str) -> Result<Streamed> {
    let (mut stream, mut taken) = (client.query_stream(question).await?, Taken::default());
    while let Some(event) = stream.next().await {
        if let QueryStreamEvent::Delta { content } = event? {
            taken.delta(&content)?;
        }
    }
    taken.end()
}

pub async fn openai(client: &async_openai::Client<OpenAIConfig>, question: &str) -> Result<Streamed> {
    let request = CreateChatCompletionRequestArgs::default()
        .model("gpt-4o")
        .messages([ChatCompletionRequestUserMessage::from(question).into()])
        .stream(true)
        .build()?;
    let (mut stream, mut taken) = (client.chat().create_stream(request).await?, Taken::default());
    while let Some(chunk) = stream.next().await {
        for choice in chunk?.choices {
            // As of this client, empty ones are none.
            if let Some(content) = choice.delta.content.filter(|content| !content.is_empty()) {
                taken.delta(&content)?;
            }
        }
    }
    taken.end()
}
