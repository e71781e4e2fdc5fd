//! Endpoints of models, scripted.

use axum::Router;
use tokio::net::TcpListener;
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
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    Served { url, task: tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }) }
}
