//! Where a case is played: the server that the client is told of, and a stranger that it must not go to.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::answer::Answer;
use crate::server::{Request, Server};

const STRANGER: &str = "{stranger}";

/// What is at the address that the client is told.
#[derive(Clone, Debug)]
pub enum Scene {
    /// A server.
    Played {
        /// What a connection gets before a request is read.
        greeting: Option<Answer>,
        /// One for each request, the last one again and again. `{stranger}` stands for the stranger's base URL.
        answers: Vec<Answer>,
    },
    /// Nobody listens.
    Refused,
    /// Somebody listens and takes no connection.
    Full,
}

/// A scene that is set up.
#[derive(Debug)]
pub struct Stage {
    url: String,
    server: Option<Server>,
    stranger: Server,
    /// Kept open for as long as the scene is played.
    _sockets: (Option<TcpSocket>, Vec<TcpStream>, Option<tokio::net::TcpListener>),
}

/// How many connections fill the queue of a listener that takes none.
const MOST_IN_QUEUE: usize = 16;
const QUEUE_IS_FULL_AFTER: Duration = Duration::from_millis(200);

impl Stage {
    /// Sets the scene up. The stranger answers everything with success.
    pub async fn set(scene: &Scene) -> Self {
        let welcome =
            json!({ "id": "stranger", "name": "stranger", "answer": "stranger", "memories": [], "buckets": [] });
        let stranger = Server::observe(None, vec![Answer::json(200, &welcome)]).await;
        let (url, server, sockets) = match scene {
            Scene::Played { greeting, answers } => {
                let fill_in = |answer: &Answer| answer.replacing(STRANGER, &stranger.url());
                let server = Server::observe(greeting.clone(), answers.iter().map(fill_in).collect()).await;
                (server.url(), Some(server), (None, Vec::new(), None))
            }
            Scene::Refused => {
                // Bound, so that nobody else gets the port, and not listening.
                let socket = bound();
                (url_of(socket.local_addr().expect("an address")), None, (Some(socket), Vec::new(), None))
            }
            Scene::Full => {
                let listener = bound().listen(1).expect("a listener");
                let address = listener.local_addr().expect("an address");
                (url_of(address), None, (None, fill(address).await, Some(listener)))
            }
        };
        Self { url, server, stranger, _sockets: sockets }
    }

    /// The base URL of the scene.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The requests that came to the server.
    pub fn requests(&self) -> Vec<Request> {
        self.server.as_ref().map_or_else(Vec::new, Server::requests)
    }

    /// How many connections the stranger got.
    pub fn connections_of_stranger(&self) -> usize {
        self.stranger.connections()
    }

    /// Waits until the client has closed its connection.
    pub async fn closed(&self) {
        if let Some(server) = &self.server {
            server.closed(1).await;
        }
    }
}

fn url_of(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn bound() -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a loopback port");
    socket
}

/// Connects until the operating system takes no more connections for the listener.
async fn fill(address: SocketAddr) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..MOST_IN_QUEUE {
        match timeout(QUEUE_IS_FULL_AFTER, TcpStream::connect(address)).await {
            Ok(stream) => streams.push(stream.expect("a connection")),
            Err(_) => return streams,
        }
    }
    panic!("the listener's queue has no end");
}
