//! Connections: taking them, and what they may do with the server's time.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use super::guard::LocalAddress;
use super::router::router;
use super::state::App;
use crate::settings::Settings;

/// How long to wait after the operating system refused a connection, for example because too many files are open.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// Serves until it is told to stop, and then finishes the requests under way, for a time.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>, mut stopped: oneshot::Receiver<()>) {
    let settings = app.settings.clone();
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let room = Places { free: Arc::clone(&places), all: settings.max_connections };
    let service = TowerToHyperService::new(router(app).layer(from_fn_with_state(room, leave_room)));
    let graceful = GracefulShutdown::new();
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = accept(&listener, &places) => match accepted {
                Ok((stream, place)) => {
                    if places.available_permits() == 0 {
                        tracing::warn!("all {} connections are in use; new ones wait", settings.max_connections);
                    }
                    let connection = graceful.watch(connection(stream, service.clone(), &settings));
                    connections.spawn(async move {
                        ignore_errors(connection).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was refused");
                    tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
                }
            },
            Some(_) = connections.join_next() => {}
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    if tokio::time::timeout(settings.shutdown_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were broken off");
    }
    connections.shutdown().await;
}

/// The places for connections.
#[derive(Clone)]
struct Places {
    free: Arc<Semaphore>,
    all: usize,
}

/// Closes connections after their answer while half of the places are taken, so that idle ones never take them all.
async fn leave_room(State(places): State<Places>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if places.free.available_permits() < places.all.div_ceil(2) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Waits for a place, and then for a connection that takes it.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

fn connection(
    stream: TcpStream,
    service: TowerToHyperService<axum::Router>,
    settings: &Settings,
) -> impl GracefulConnection<Error = hyper::Error> + use<> {
    let address = stream.local_addr().map(|address| LocalAddress(address.ip())).ok();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        if let Some(address) = address {
            request.extensions_mut().insert(address);
        }
        service.call(request)
    });
    // Frames of a stream go out one by one. Where that cannot be set they only go out later.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(settings.write_timeout));
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(settings.header_timeout);
    // The stream is boxed since it cannot be moved while it is used.
    server.serve_connection(TokioIo::new(Box::pin(stream)), service)
}

/// A client that goes away in the middle is nothing that the server could do anything about.
async fn ignore_errors(connection: impl Future<Output = hyper::Result<()>>) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection broke");
    }
}
