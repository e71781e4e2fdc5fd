//! A scripted HTTP server on loopback. It plays the answers that a test gives it, in their order, and keeps every request
//! as it came over the wire. A request without an answer, and an answer without a request, fail the test when the server
//! is dropped, unless it only observes; dropping it also ends all that it does.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use lumetra_engram::{EngramClient, EngramClientBuilder};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use crate::answer::{Answer, Step};

/// The key of every client here. Distinctive, so that a leak of it can be found in any text.
pub const KEY: &str = "eng_live_secret";
/// Far more than anything here takes; only a test that fails waits for so long.
pub const PATIENCE: Duration = Duration::from_secs(10);
const MOST_CONNECTIONS: usize = 10_000;
const MOST_REQUESTS: usize = 10_000;

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// Counts the connections of the server from 0.
    pub connection: usize,
    /// When it was read.
    pub at: Instant,
    /// As in the request line.
    pub method: String,
    /// As in the request line.
    pub target: String,
    /// The names are in lower case, the values and the order are as they came.
    pub headers: Vec<(String, String)>,
    /// As it came.
    pub body: Vec<u8>,
}

impl Request {
    /// The values of the header with this name, in lower case.
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the request's body is JSON")
    }

    /// The method and the target.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

#[derive(Debug, Default)]
struct Script {
    /// What a connection gets before a request is read from it.
    greeting: Option<Answer>,
    answers: VecDeque<Answer>,
    /// What every request gets once `answers` is empty.
    always: Option<Answer>,
    /// What makes the answers where neither has one.
    rule: Option<Rule>,
    requests: Vec<Request>,
    unmatched: Vec<String>,
    /// Whether it is no failure that the client sends more or fewer requests than there are answers.
    observes: bool,
}

struct Rule(Box<dyn FnMut(&Request) -> Answer + Send>);

impl fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Rule")
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    connections: usize,
    requests: usize,
    closed: usize,
}

/// A server that plays a script, until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    counts: watch::Receiver<Counts>,
    accepting: AbortHandle,
}

impl Server {
    /// A server that gives these answers, one to each request.
    pub async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::run(Script { answers: answers.into_iter().collect(), ..Script::default() }).await
    }

    /// A server that gives the same answer to every request.
    pub async fn always(answer: Answer) -> Self {
        Self::run(Script { always: Some(answer), ..Script::default() }).await
    }

    /// A server whose answers depend on the requests.
    pub async fn by(rule: impl FnMut(&Request) -> Answer + Send + 'static) -> Self {
        Self::run(Script { rule: Some(Rule(Box::new(rule))), ..Script::default() }).await
    }

    /// A server that gives these answers to whatever number of requests comes, the last one again and again; a connection
    /// first gets the greeting, before its first request is read.
    pub async fn observe(greeting: Option<Answer>, mut answers: Vec<Answer>) -> Self {
        let always = answers.pop();
        Self::run(Script { greeting, answers: answers.into(), always, observes: true, ..Script::default() }).await
    }

    async fn run(script: Script) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.expect("a loopback port"), script)
    }

    /// No part of the `async fn`, whose body each crate that awaits it would compile anew.
    fn on(listener: TcpListener, script: Script) -> Self {
        let address = listener.local_addr().expect("an address");
        let script = Arc::new(Mutex::new(script));
        let (counting, counts) = watch::channel(Counts::default());
        let accepting = tokio::spawn(accept(listener, Arc::clone(&script), Arc::new(counting))).abort_handle();
        Self { address, script, counts, accepting }
    }

    /// The base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A builder of a client with the key [`KEY`].
    pub fn builder(&self) -> EngramClientBuilder {
        EngramClient::builder().api_key(KEY).base_url(self.url())
    }

    /// A client with the key [`KEY`] and all defaults.
    pub fn client(&self) -> EngramClient {
        self.builder().build().expect("a client")
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("no task of the server panicked")
    }

    /// The requests that came.
    pub fn requests(&self) -> Vec<Request> {
        self.script().requests.clone()
    }

    /// The one request that came.
    pub fn request(&self) -> Request {
        let requests = self.requests();
        let [request] = requests.as_slice() else { panic!("one request was to come, not {requests:#?}") };
        request.clone()
    }

    /// How many connections came.
    pub fn connections(&self) -> usize {
        self.counts.borrow().connections
    }

    /// Waits until so many requests have come.
    pub async fn requested(&self, requests: usize) {
        self.reach(|counts| counts.requests >= requests).await;
    }

    /// Waits until the client has closed so many connections.
    pub async fn closed(&self, connections: usize) {
        self.reach(|counts| counts.closed >= connections).await;
    }

    async fn reach(&self, goal: impl FnMut(&Counts) -> bool) {
        let mut counts = self.counts.clone();
        let reached = timeout(PATIENCE, counts.wait_for(goal)).await.map(|counts| counts.is_ok());
        assert_eq!(reached, Ok(true), "the server waited in vain: {:?}", self.counts.borrow());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
        if std::thread::panicking() {
            return;
        }
        let script = self.script();
        if script.observes {
            return;
        }
        assert!(script.unmatched.is_empty(), "requests that no answer was scripted for: {:?}", script.unmatched);
        assert!(script.answers.is_empty(), "{} scripted answers were not asked for", script.answers.len());
    }
}

async fn accept(listener: TcpListener, script: Arc<Mutex<Script>>, counts: Arc<watch::Sender<Counts>>) {
    let mut connections = JoinSet::new();
    for connection in 0..MOST_CONNECTIONS {
        let Ok((socket, _)) = listener.accept().await else { return };
        counts.send_modify(|counts| counts.connections += 1);
        let (script, counts) = (Arc::clone(&script), Arc::clone(&counts));
        connections.spawn(async move {
            let _ = serve(socket, connection, &script, &counts).await;
            counts.send_modify(|counts| counts.closed += 1);
        });
    }
}

async fn serve(
    mut socket: TcpStream,
    connection: usize,
    script: &Mutex<Script>,
    counts: &watch::Sender<Counts>,
) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let greeting = script.lock().expect("no task of the server panicked").greeting.clone();
    if !play(&mut socket, greeting.map_or_else(Vec::new, Answer::steps)).await? {
        return Ok(());
    }
    let mut buffer = Vec::new();
    for _ in 0..MOST_REQUESTS {
        let Some(request) = read_request(&mut socket, &mut buffer, connection).await? else { return Ok(()) };
        let steps = next_answer(script, request).steps();
        counts.send_modify(|counts| counts.requests += 1);
        if !play(&mut socket, steps).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// Does the steps, and says whether the connection is still open after them.
async fn play(socket: &mut TcpStream, steps: Vec<Step>) -> io::Result<bool> {
    for step in steps {
        match step {
            Step::Write(bytes) => socket.write_all(&bytes).await?,
            Step::Drip { pieces, pause } => {
                for piece in pieces {
                    write_and_pause(socket, &piece, pause).await?;
                }
            }
            Step::Repeat { bytes, times, pause } => {
                for _ in 0..times {
                    write_and_pause(socket, &bytes, pause).await?;
                }
            }
            Step::Wait(gate) => gate.0.acquire().await.map_err(io::Error::other)?.forget(),
            Step::Now(_) => {}
            Step::Close => return socket.shutdown().await.map(|()| false),
            Step::Reset => return socket.set_zero_linger().map(|()| false),
        }
    }
    Ok(true)
}

async fn write_and_pause(socket: &mut TcpStream, bytes: &[u8], pause: Duration) -> io::Result<()> {
    socket.write_all(bytes).await?;
    if !pause.is_zero() {
        sleep(pause).await;
    }
    Ok(())
}

fn next_answer(script: &Mutex<Script>, request: Request) -> Answer {
    let mut script = script.lock().expect("no task of the server panicked");
    let answer = script.answers.pop_front().or_else(|| script.always.clone());
    let answer = answer.or_else(|| script.rule.as_mut().map(|rule| (rule.0)(&request)));
    let line = request.line();
    script.requests.push(request);
    match answer {
        Some(answer) => answer,
        None => {
            script.unmatched.push(line);
            Answer::text(599, "text/plain", "the test scripted no answer for this request")
        }
    }
}

/// Reads one request, or `None` where the client closed the connection.
async fn read_request(socket: &mut TcpStream, buffer: &mut Vec<u8>, connection: usize) -> io::Result<Option<Request>> {
    let head_end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if socket.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let end = head_end + 4 + length.unwrap_or(0);
    while buffer.len() < end {
        if socket.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    let body = buffer[head_end + 4..end].to_vec();
    buffer.drain(..end);
    Ok(Some(Request { connection, at: Instant::now(), method, target, headers, body }))
}
