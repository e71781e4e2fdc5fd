use std::error::Error;

use async_openai::Client;
use async_openai::types::chat::{ChatCompletionRequestUserMessage, CreateChatCompletionRequestArgs};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let request = CreateChatCompletionRequestArgs::default()
        .model("gpt-4o")
        .messages([ChatCompletionRequestUserMessage::from("What are this user's UI preferences?").into()])
        .build()?;
    let answer = Client::new().chat().create(request).await?;
    println!("{}", answer.choices[0].message.content.as_deref().unwrap_or_default());
    Ok(())
}
