//! Endpoints of models, scripted.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

/// A server, until it is dropped.
pub(crate) struct Served {
    pub(crate) url: String,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) async fn serve(router: Router) -> Served {
    serve_on(TcpListener::bind("127.0.0.1:0").await.unwrap(), router)
}

pub(crate) fn serve_on(listener: TcpListener, router: Router) -> Served {
    let url = format!("http://{}", listener.local_addr().unwrap());
    Served { url, task: tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }) }
}

/// An address at which nobody listens, and nobody can as long as the socket is there.
pub(crate) fn nowhere() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}
