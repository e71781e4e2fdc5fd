//! Plain HTTP, without the SDK.

use lumetra_engram_local::{LocalServer, LocalServerBuilder};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::spec;

pub(crate) async fn start() -> LocalServer {
    start_with(LocalServer::builder()).await
}

pub(crate) async fn start_with(builder: LocalServerBuilder) -> LocalServer {
    builder.start().await.unwrap()
}

pub(crate) fn http() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// A request with the server's key.
pub(crate) fn request(server: &LocalServer, method: Method, path: &str) -> RequestBuilder {
    http().request(method, format!("{}{path}", server.base_url())).bearer_auth(server.api_key())
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The answer, which the spec must allow.
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Self { status, headers, text: response.text().await.unwrap() };
        spec::check(&method, &path, &answer);
        answer
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The status and the error's text and code.
    pub(crate) fn error(&self) -> (u16, String, Option<String>) {
        assert_eq!(self.headers["content-type"], "application/json");
        let json = self.json();
        let code = json["code"].as_str().map(str::to_owned);
        (self.status.as_u16(), json["error"].as_str().expect("an error text").to_owned(), code)
    }
}

pub(crate) async fn get(server: &LocalServer, path: &str) -> Answer {
    Answer::of(request(server, Method::GET, path)).await
}

pub(crate) async fn post(server: &LocalServer, path: &str, body: Value) -> Answer {
    Answer::of(request(server, Method::POST, path).json(&body)).await
}

pub(crate) async fn delete(server: &LocalServer, path: &str) -> Answer {
    Answer::of(request(server, Method::DELETE, path)).await
}
