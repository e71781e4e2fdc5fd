//! A peer that speaks just enough HTTP/2 to retire connections, to refuse streams and to fall silent, frame by frame.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use lumetra_engram_faults::PATIENCE;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

pub const NO_ERROR: u32 = 0;
pub const PROTOCOL_ERROR: u32 = 1;
pub const INTERNAL_ERROR: u32 = 2;
pub const REFUSED_STREAM: u32 = 7;
pub const CANCEL: u32 = 8;
pub const ENHANCE_YOUR_CALM: u32 = 11;

const PREFACE: usize = 24;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const MAX_CONCURRENT_STREAMS: u16 = 3;
/// `:status: 200`, from HPACK's static table.
const STATUS_200: u8 = 0x88;

/// A request, once all of it has come.
#[derive(Clone, Debug)]
pub struct Received {
    /// Counts the connections from 0.
    pub connection: usize,
    pub stream: u32,
    pub body: Vec<u8>,
}

/// What the peer does for a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// A 200 with this body.
    Answer(String),
    /// RST_STREAM with this error code.
    Reset(u32),
    /// GOAWAY with the last stream that it processes, and an error code.
    GoAway(u32, u32),
    Close,
    /// DATA of no stream, which the client must treat as an error of the connection.
    BreakTheRules,
    /// It reads on, and answers nothing on this connection any more, not even a PING.
    FallSilent,
}

type Rule = Arc<Mutex<dyn FnMut(&Received) -> Vec<Act> + Send>>;

/// The peer, until it is dropped.
pub struct Peer {
    pub address: SocketAddr,
    received: watch::Receiver<Vec<Received>>,
    connections: watch::Receiver<usize>,
    accepting: AbortHandle,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Peer {
    /// A peer without TLS that takes so many streams at once.
    pub async fn start(streams: u32, rule: impl FnMut(&Received) -> Vec<Act> + Send + 'static) -> Self {
        Self::over(streams, |socket| async move { Ok(socket) }, rule).await
    }

    /// The same over a connection that this makes of the socket.
    pub async fn over<S, F>(
        streams: u32,
        wrap: impl Fn(tokio::net::TcpStream) -> F + Send + Sync + 'static,
        rule: impl FnMut(&Received) -> Vec<Act> + Send + 'static,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
        F: Future<Output = io::Result<S>> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let address = listener.local_addr().expect("an address");
        let rule: Rule = Arc::new(Mutex::new(rule));
        let (noting, received) = watch::channel(Vec::new());
        let (counting, connections) = watch::channel(0);
        let (wrap, noting) = (Arc::new(wrap), Arc::new(noting));
        let accepting = tokio::spawn(async move {
            let mut serving = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let connection = *counting.borrow();
                counting.send_modify(|count| *count += 1);
                let (wrap, rule, noting) = (Arc::clone(&wrap), Arc::clone(&rule), Arc::clone(&noting));
                serving.spawn(async move {
                    if let Ok(socket) = wrap(socket).await {
                        let _ = serve(socket, connection, streams, &rule, &noting).await;
                    }
                });
            }
        });
        Self { address, received, connections, accepting: accepting.abort_handle() }
    }

    /// The requests that came.
    pub fn received(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    /// How many connections came.
    pub fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    /// Waits until so many requests have come.
    pub async fn requested(&self, requests: usize) {
        let mut received = self.received.clone();
        let reached = timeout(PATIENCE, received.wait_for(|all| all.len() >= requests)).await.is_ok();
        assert!(reached, "{} requests", self.received().len());
    }
}

async fn serve(
    mut socket: impl AsyncRead + AsyncWrite + Unpin,
    connection: usize,
    streams: u32,
    rule: &Rule,
    noting: &watch::Sender<Vec<Received>>,
) -> io::Result<()> {
    let mut preface = [0; PREFACE];
    socket.read_exact(&mut preface).await?;
    let [high, low] = MAX_CONCURRENT_STREAMS.to_be_bytes();
    let [a, b, c, d] = streams.to_be_bytes();
    write(&mut socket, SETTINGS, 0, 0, &[high, low, a, b, c, d]).await?;
    let (mut bodies, mut is_silent, mut last) = (HashMap::<u32, Vec<u8>>::new(), false, u32::MAX);
    loop {
        let (kind, flags, stream, payload) = read(&mut socket).await?;
        if is_silent || stream > last {
            continue;
        }
        match kind {
            SETTINGS if flags & ACK == 0 => write(&mut socket, SETTINGS, ACK, 0, &[]).await?,
            PING if flags & ACK == 0 => write(&mut socket, PING, ACK, 0, &payload).await?,
            HEADERS => drop(bodies.insert(stream, Vec::new())),
            DATA => bodies.entry(stream).or_default().extend(payload),
            _ => continue,
        }
        if !matches!(kind, HEADERS | DATA) || flags & END_STREAM == 0 {
            continue;
        }
        let request = Received { connection, stream, body: bodies.remove(&stream).unwrap_or_default() };
        noting.send_modify(|all| all.push(request.clone()));
        let acts = rule.lock().unwrap()(&request);
        for act in acts {
            match act {
                Act::Answer(body) => {
                    write(&mut socket, HEADERS, END_HEADERS, stream, &[STATUS_200]).await?;
                    write(&mut socket, DATA, END_STREAM, stream, body.as_bytes()).await?;
                }
                Act::Reset(code) => write(&mut socket, RST_STREAM, 0, stream, &code.to_be_bytes()).await?,
                Act::GoAway(most, code) => {
                    last = most;
                    let payload = [last.to_be_bytes(), code.to_be_bytes()].concat();
                    write(&mut socket, GOAWAY, 0, 0, &payload).await?;
                }
                Act::Close => return socket.shutdown().await,
                Act::BreakTheRules => write(&mut socket, DATA, 0, 0, &[]).await?,
                Act::FallSilent => is_silent = true,
            }
        }
    }
}

async fn read(socket: &mut (impl AsyncRead + Unpin)) -> io::Result<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    socket.read_exact(&mut head).await?;
    let [a, b, c, kind, flags, stream @ ..] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
    socket.read_exact(&mut payload).await?;
    Ok((kind, flags, u32::from_be_bytes(stream), payload))
}

async fn write(
    socket: &mut (impl AsyncWrite + Unpin),
    kind: u8,
    flags: u8,
    stream: u32,
    payload: &[u8],
) -> io::Result<()> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    socket.write_all(&[&head, payload].concat()).await?;
    socket.flush().await
}
