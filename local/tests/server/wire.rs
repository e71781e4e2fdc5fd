//! Plain HTTP, without the SDK.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use lumetra_engram::EngramClient;
use lumetra_engram_local::{LocalServer, LocalServerBuilder, LocalServerError};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::spec;

pub(crate) async fn start() -> LocalServer {
    start_with(LocalServer::builder()).await
}

pub(crate) async fn start_with(builder: LocalServerBuilder) -> LocalServer {
    builder.start().await.unwrap()
}

/// A server in memory, and a client of it.
pub(crate) async fn start_and_connect() -> (LocalServer, EngramClient) {
    let server = start().await;
    let engram = server.client().unwrap();
    (server, engram)
}

/// A place for a database, until the directory is dropped.
pub(crate) fn database() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("engram.db");
    (directory, path)
}

/// A server with the database in this file.
pub(crate) async fn open(path: &Path) -> LocalServer {
    start_with(LocalServer::builder().database(path)).await
}

/// The same, and a client of it.
pub(crate) async fn open_and_connect(path: &Path) -> (LocalServer, EngramClient) {
    let server = open(path).await;
    let engram = server.client().unwrap();
    (server, engram)
}

/// Why no server starts with the database in this file.
pub(crate) async fn refusal(path: &Path) -> LocalServerError {
    let error = LocalServer::builder().database(path).start().await.unwrap_err();
    assert!(error.to_string().contains(&path.display().to_string()), "{error} names no path");
    error
}

/// Longer than anything takes that works.
pub(crate) const LONG: Duration = Duration::from_secs(30);
/// No test waits as long.
pub(crate) const NEVER: Duration = Duration::from_secs(3600);

/// Stops the clock of the test. From here on [`advance`] alone moves it: tokio would do so whenever nothing is left to do, and a task
/// keeps it from that.
pub(crate) fn stop_the_clock() {
    let begin = Instant::now();
    tokio::spawn(async move {
        while begin.elapsed() < LONG * 4 {
            tokio::task::yield_now().await;
        }
        // What still waits by then fails when its time is over.
        tokio::time::resume();
    });
    tokio::time::pause();
}

/// Moves the clock that was stopped, and gives everybody turns to act upon it.
pub(crate) async fn advance(time: Duration) {
    tokio::time::advance(time).await;
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Shared by the runtimes of all tests, so it keeps no connection.
static HTTP: LazyLock<Client> =
    LazyLock::new(|| Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap());

pub(crate) fn http() -> Client {
    HTTP.clone()
}

pub(crate) fn client(base_url: &str, key: &str) -> EngramClient {
    EngramClient::builder().base_url(base_url).api_key(key).max_retries_on_429(0).http_client(http()).build().unwrap()
}

/// Sends the bytes over a connection of their own.
pub(crate) async fn send(server: &LocalServer, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// All that comes until the server closes the connection.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset closes it too.
    let _ = timeout(LONG, stream.read_to_end(&mut bytes)).await.expect("the connection stays open");
    String::from_utf8(bytes).unwrap()
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
