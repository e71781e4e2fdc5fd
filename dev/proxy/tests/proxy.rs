//! The proxy, over HTTP, in front of a server that misbehaves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lumetra_engram_proxy::proxy;
use lumetra_engram_spec::{Exchange, Spec};
use reqwest::{Client, Method};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::oneshot;
use tokio::time::timeout;

const KEY: &str = "eng_live_secret";
/// Far more than anything here takes; only a test that fails waits for so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server sends in answer to a request; after a pause it waits until it may go on.
enum Step {
    Bytes(String),
    Pause(oneshot::Receiver<()>),
}

/// A server that sends these bytes to whoever comes first, closes the connection, and keeps what it was sent.
async fn server(steps: Vec<Step>) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let received = Arc::new(Mutex::new(String::new()));
    let keeping = Arc::clone(&received);
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        *keeping.lock().unwrap() = read_request(&mut connection).await;
        for step in steps {
            match step {
                Step::Bytes(bytes) => drop(connection.write_all(bytes.as_bytes()).await),
                Step::Pause(go_on) => drop(go_on.await),
            }
        }
    });
    (address, received)
}

async fn read_request(connection: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() >= length.parse().unwrap() {
                return text;
            }
        }
        assert_ne!(connection.read_buf(&mut read).await.unwrap(), 0, "the request ends early: {text}");
    }
}

/// A proxy in front of a server at this address, and its report.
struct Checked {
    address: String,
    report: NamedTempFile,
}

impl Checked {
    async fn before(upstream: &str) -> Self {
        let report = NamedTempFile::new().unwrap();
        let router = proxy(Spec::of_engram().unwrap(), upstream.parse().unwrap(), report.reopen().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { address, report }
    }

    fn request(&self, method: Method, target: &str, body: &str) -> reqwest::RequestBuilder {
        let client = Client::builder().no_proxy().timeout(PATIENCE).user_agent("tests/1").build().unwrap();
        let request = client.request(method, format!("http://{}{target}", self.address)).bearer_auth(KEY);
        let request = if body.is_empty() { request } else { request.header("content-type", "application/json") };
        request.body(body.to_owned())
    }

    fn seen(&self) -> Vec<Exchange> {
        let text = std::fs::read_to_string(self.report.path()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What was wrong with the only exchange.
    fn mismatches(&self) -> Vec<String> {
        let seen = self.seen();
        assert_eq!(seen.len(), 1);
        seen[0].mismatches.iter().map(ToString::to_string).collect()
    }
}

/// Sends these bytes through a proxy to a server that answers with these, and returns what came back. The server gets what was sent.
async fn sent_raw(sent: &str, answer: Vec<Step>) -> (Checked, String) {
    let (upstream, received) = server(answer).await;
    let checked = Checked::before(&upstream).await;
    let mut client = TcpStream::connect(&checked.address).await.unwrap();
    client.write_all(sent.as_bytes()).await.unwrap();
    let mut got = String::new();
    timeout(PATIENCE, client.read_to_string(&mut got)).await.unwrap().unwrap();
    assert_eq!(*received.lock().unwrap(), sent);
    (checked, got)
}

fn answer(head: &str, body: &str) -> Vec<Step> {
    let length = body.len();
    vec![Step::Bytes(format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"))]
}

/// Server-sent events that end with the connection.
fn events(body: &str) -> Vec<Step> {
    vec![Step::Bytes(format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{body}"))]
}

const QUERY: &str = r#"{"query":"q","buckets":["b"],"stream":true}"#;
const DELTA: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"tea \"}}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

#[tokio::test]
async fn requests_and_responses_pass_unchanged_and_are_noted() {
    let body = r#"{"success":true,"cleared_count":2}"#;
    let sent = "DELETE /v1/buckets/a%2Fb%25/memories HTTP/1.1\r\nhost: engram.test\r\nuser-agent: odd/1 (x)\r\n\
        authorization: Bearer eng_live_secret\r\ncontent-type: application/json\r\nx-two: 1\r\nx-two: 2\r\n\
        connection: close\r\n\r\n";
    let head = "200 OK\r\ncontent-type: application/json\r\nx-odd:  a b ";
    let (checked, got) = sent_raw(sent, answer(head, body)).await;
    assert!(got.starts_with("HTTP/1.1 200 OK\r\n") && got.ends_with(&format!("\r\n\r\n{body}")), "{got}");
    assert!(got.contains("\r\nx-odd: a b\r\n") && got.contains("\r\ncontent-type: application/json\r\n"), "{got}");
    let expected = Exchange {
        user_agent: Some("odd/1 (x)".to_owned()),
        request: "DELETE /v1/buckets/a%2Fb%25/memories".to_owned(),
        operation: Some("clear_memories".to_owned()),
        status: Some(200),
        ..Exchange::default()
    };
    assert_eq!(checked.seen(), [expected]);
}

#[tokio::test]
async fn a_path_with_dots_is_passed_on_as_it_is_and_reported() {
    let sent =
        "DELETE /v1/buckets/b/memories/.. HTTP/1.1\r\nhost: h\r\nauthorization: Bearer k\r\nconnection: close\r\n\r\n";
    let error = answer("404 Not Found\r\ncontent-type: application/json", r#"{"error":"x"}"#);
    let (checked, got) = sent_raw(sent, error).await;
    assert!(got.starts_with("HTTP/1.1 404"), "{got}");
    let expected = r#"delete_memory request /path/memory_id: is "..", so that the URL names another route"#;
    assert_eq!(checked.mismatches(), [expected]);
}

#[tokio::test]
async fn what_the_server_does_wrong_is_reported_and_passed_on_byte_for_byte() {
    let novel = format!("{DELTA}data: {{\"answer\":\"tea \",\"novel\":1}}\n\n{DONE}");
    let (list, query) = ((Method::GET, "/v1/buckets", ""), (Method::POST, "/v1/query", QUERY));
    for ((method, target, body), answer, got, expected) in [
        (list.clone(), answer("418 I'm a teapot", "tea"), "tea", "response 418 /status: 418 is not in the spec"),
        (list, answer("204 No Content", ""), "", "response 204 /status: 204 is not in the spec"),
        (query.clone(), events(&novel), &novel, "response 200 /frames/1/novel: is not in the spec"),
        (query, events(DELTA), DELTA, "response 200 /frames/1: the stream ends without [DONE]"),
        ((Method::GET, "/v1/nowhere", ""), answer("200 OK", "{}"), "{}", "no operation of the spec has this"),
    ] {
        let (upstream, _) = server(answer).await;
        let checked = Checked::before(&upstream).await;
        let answer = checked.request(method, target, body).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), got, "{expected}");
        let mismatches = checked.mismatches();
        assert!(mismatches.len() == 1 && mismatches[0].contains(expected), "{mismatches:?}");
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_is_reported_and_ends_as_early_for_the_client() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("{head}{:x}\r\n{DELTA}\r\n", DELTA.len());
    let (upstream, _) = server(vec![Step::Bytes(chunk)]).await;
    let checked = Checked::before(&upstream).await;
    let mut answer = checked.request(Method::POST, "/v1/query", QUERY).send().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), DELTA);
    answer.chunk().await.expect_err("the client sees the cut too");
    let mismatches = checked.mismatches();
    assert!(mismatches[0].starts_with("query response 200 /body: breaks off: "), "{mismatches:?}");
    assert_eq!(mismatches.len(), 1);
}

#[tokio::test]
async fn a_stream_passes_frame_by_frame() {
    let (go_on, pause) = oneshot::channel();
    let mut steps = events(DELTA);
    steps.extend([Step::Pause(pause), Step::Bytes(format!("data: {{\"answer\":\"tea \"}}\n\n{DONE}"))]);
    let (upstream, _) = server(steps).await;
    let checked = Checked::before(&upstream).await;
    let mut answer = checked.request(Method::POST, "/v1/query", QUERY).send().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), DELTA, "while the server still waits");
    assert_eq!(checked.seen(), []);
    go_on.send(()).unwrap();
    assert!(answer.text().await.unwrap().ends_with(DONE));
    assert_eq!(checked.mismatches(), [""; 0]);
}

#[tokio::test]
async fn a_client_that_leaves_a_stream_early_is_no_mismatch() {
    let (_go_on, pause) = oneshot::channel();
    let mut steps = events(DELTA);
    steps.push(Step::Pause(pause));
    let (upstream, _) = server(steps).await;
    let checked = Checked::before(&upstream).await;
    let mut answer = checked.request(Method::POST, "/v1/query", QUERY).send().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), DELTA);
    drop(answer);
    let reported = async {
        while checked.seen().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, reported).await.expect("it is reported when the client has gone");
    assert_eq!(checked.mismatches(), [""; 0]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_of_the_proxys_own() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let checked = Checked::before(&nobody).await;
    let answer = checked.request(Method::GET, "/v1/buckets", "").send().await.unwrap();
    assert_eq!(answer.status(), 502);
    let text = answer.text().await.unwrap();
    assert!(text.starts_with(&format!("checked-proxy: the server at {nobody} gives no answer: ")), "{text}");
    let seen = checked.seen();
    assert!(seen[0].failure.as_ref().is_some_and(|failure| text.contains(failure.as_str())), "{seen:?}");
    assert_eq!((seen[0].status, seen[0].mismatches.len()), (None, 0));
}

#[tokio::test]
async fn no_key_and_no_text_of_a_message_is_in_the_report() {
    let body = format!(r#"{{"error":["{KEY}"],"code":7}}"#);
    let (upstream, _) = server(answer("404 Not Found\r\ncontent-type: application/json", &body)).await;
    let checked = Checked::before(&upstream).await;
    let request = checked.request(Method::POST, "/v1/query", &format!(r#"{{"query":["{KEY}"],"buckets":"{KEY}"}}"#));
    request.header("authorization", format!("Basic {KEY}")).send().await.unwrap().text().await.unwrap();
    assert_eq!(checked.mismatches().len(), 5);
    let report = std::fs::read_to_string(checked.report.path()).unwrap();
    assert!(!report.contains(KEY), "{report}");
}

#[tokio::test]
async fn the_program_says_where_it_listens_and_ends_with_its_input() {
    let report = NamedTempFile::new().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_checked-proxy"));
    program.args(["--upstream", "127.0.0.1:9", "--report"]).arg(report.path());
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut process = program.spawn().unwrap();
    let mut line = [0; 22];
    timeout(PATIENCE, process.stdout.as_mut().unwrap().read_exact(&mut line)).await.unwrap().unwrap();
    let line = String::from_utf8_lossy(&line).into_owned();
    let address = line.trim().strip_prefix("http://").expect("a base URL");
    TcpStream::connect(address).await.expect("it listens there");
    drop(process.stdin.take());
    assert!(timeout(PATIENCE, process.wait()).await.expect("it ends").unwrap().success());
}
