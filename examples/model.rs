//! A model behind OpenAI's chat API: that of the environment, or a script in this process.

use std::error::Error;

use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// An endpoint that speaks OpenAI's chat API.
#[derive(Debug)]
pub struct Model {
    base_url: String,
    api_key: Option<String>,
    name: String,
    http: reqwest::Client,
}

impl Model {
    /// The endpoint that `OPENAI_BASE_URL` and `OPENAI_API_KEY` name, with the model of `OPENAI_MODEL`. Where neither is set, one in this
    /// process that says what the script says next in a conversation.
    ///
    /// # Errors
    ///
    /// `OPENAI_MODEL` is not set, or there is no free port.
    pub async fn connect(script: fn(&[Value]) -> Value) -> Result<Self, Box<dyn Error>> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (base_url, api_key, http) =
            (variable("OPENAI_BASE_URL"), variable("OPENAI_API_KEY"), reqwest::Client::new());
        if base_url.is_none() && api_key.is_none() {
            println!("Neither OPENAI_API_KEY nor OPENAI_BASE_URL is set: the model is a script in this process.\n");
            return Ok(Self { base_url: serve(script).await?, api_key, name: "scripted".to_owned(), http });
        }
        let base_url = base_url.unwrap_or_else(|| "https://api.openai.com/v1".to_owned());
        let name = variable("OPENAI_MODEL").ok_or("OPENAI_MODEL is not set: it names the model of your endpoint")?;
        Ok(Self { base_url, api_key, name, http })
    }

    /// The model's next message.
    ///
    /// # Errors
    ///
    /// The endpoint can't be reached, refuses, or answers with no message.
    pub async fn chat(&self, messages: &[Value], tools: &[Value]) -> Result<Value, Box<dyn Error>> {
        let url = format!("{}/chat/completions", self.base_url.trim_end_matches('/'));
        let request = self.http.post(url).json(&json!({ "model": self.name, "messages": messages, "tools": tools }));
        let request = self.api_key.iter().fold(request, |request, key| request.bearer_auth(key));
        let response = request.send().await?;
        let status = response.status();
        let mut answer: Value = response.json().await?;
        match answer["choices"][0]["message"].take() {
            message @ Value::Object(_) => Ok(message),
            _ => Err(format!("the model's endpoint answered {status}: {answer}").into()),
        }
    }
}

/// Serves the script on a free port for as long as this process runs, and returns its base URL.
async fn serve(script: fn(&[Value]) -> Value) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("http://{}/v1", listener.local_addr()?);
    let chat = move |Json(request): Json<Value>| async move {
        let messages = request["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        Json(json!({ "choices": [{ "message": script(messages) }] }))
    };
    tokio::spawn(axum::serve(listener, Router::new().route("/v1/chat/completions", post(chat))).into_future());
    Ok(base_url)
}
