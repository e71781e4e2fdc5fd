//! A server that runs: starting it, and stopping it.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
use lumetra_engram::{EngramClient, EngramError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio_io_timeout::TimeoutStream;

use crate::app::{self, App};
use crate::builder::{LocalServerBuilder, Settings};
use crate::error::LocalServerError;
use crate::fault::{Fault, Faults};
use crate::guard::LocalAddress;
use crate::slots::Slots;
use crate::store::Store;
use crate::stream::OpenStreams;
use crate::tenant::Tenant;

/// How long to wait after the operating system refused a connection, for example because too many files are open.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// A running server. It stops when it is [shut down](Self::shutdown), and when it is dropped.
///
/// To test how your program copes with failures, let the [next requests fail](Self::fail_next):
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use lumetra_engram_local::{Fault, LocalServer};
///
/// let server = LocalServer::builder().start().await?;
/// let engram = server.client()?;
/// server.fail_next([Fault::Status(503)]);
/// let error = engram.store_memory("The user likes tea.").await.unwrap_err();
/// assert_eq!(error.status().map(u16::from), Some(503));
/// engram.store_memory("The user likes tea.").await?;
/// # Ok(())
/// # }
/// ```
pub struct LocalServer {
    address: SocketAddr,
    base_url: String,
    api_key: String,
    store: Arc<Store>,
    streams: OpenStreams,
    faults: Faults,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl fmt::Debug for LocalServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LocalServer").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl LocalServer {
    /// A builder, which holds the settings.
    pub fn builder() -> LocalServerBuilder {
        LocalServerBuilder::default()
    }

    pub(crate) async fn start(builder: LocalServerBuilder) -> Result<Self, LocalServerError> {
        let listen_error = |source| LocalServerError::Listen { address: builder.address.clone(), source };
        let listener = TcpListener::bind(&builder.address).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        if !address.ip().is_loopback() {
            tracing::warn!(
                %address,
                "other machines may reach this server, over plain HTTP; {}",
                if builder.api_keys.is_empty() { "every API key is accepted" } else { "keys can be read on the way" },
            );
        }
        let database = builder.database.clone();
        let store = tokio::task::spawn_blocking(move || Store::open(database.as_deref()))
            .await
            .map_err(|error| LocalServerError::Thread { source: error.into() })??;
        let store = Arc::new(store);
        let streams = OpenStreams::default();
        let faults = Faults::default();
        let app = App {
            store: Arc::clone(&store),
            settings: builder.settings.clone(),
            accepted: builder.api_keys.iter().map(|key| Tenant::of_key(key)).collect(),
            slots: Slots::default(),
            streams: streams.clone(),
            faults: faults.clone(),
        };
        tracing::info!(%address, "listening");
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, Arc::new(app), stopped));
        Ok(Self {
            address,
            base_url: format!("http://{}", reachable(address)),
            api_key: builder.own_api_key(),
            store,
            streams,
            faults,
            stop: Some(stop),
            task,
        })
    }

    /// The address that the server listens at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of the server for clients on this machine, such as `http://127.0.0.1:7878`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// An API key that the server accepts: the first that was set, else `local`.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// A client of this server, with its base URL, its API key, and defaults for everything else. It uses no proxy, whatever the
    /// environment says.
    ///
    /// # Errors
    ///
    /// [`EngramError::Config`] where no HTTP client can be made.
    pub fn client(&self) -> Result<EngramClient, EngramError> {
        let builder = EngramClient::builder().base_url(&self.base_url).api_key(&self.api_key);
        let http_client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        match http_client.build() {
            Ok(http_client) => builder.http_client(http_client).build(),
            // What keeps this client from being made keeps the default one from it, and that error says why.
            Err(_) => builder.build(),
        }
    }

    /// Makes the next requests fail. Each request takes one fault, in this order, after those that were set before. Once all are
    /// used up, the server works again.
    ///
    /// Every request to the API with an accepted key takes a fault, a retry too. It takes it as soon as its head has arrived, before
    /// the work and before the cap of [`max_concurrent_requests`](LocalServerBuilder::max_concurrent_requests), so a store that
    /// fails stores nothing. [`Fault::CutStream`] alone comes after the work, and waits for a streamed response. Requests without
    /// an accepted key, and those to other URLs, such as `/docs`, take none.
    ///
    /// Of parallel requests, those fail that arrive first.
    ///
    /// # Examples
    ///
    /// The next two requests fail, and retries get over it:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use lumetra_engram_local::{Fault, LocalServer};
    ///
    /// let server = LocalServer::builder().retry_after(Duration::ZERO).start().await?;
    /// let engram = server.client()?;
    /// server.fail_next([Fault::Status(503); 2]);
    /// engram.list_buckets().max_retries_on_transient_errors(2).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A stream breaks off after two deltas:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = lumetra_engram_local::LocalServer::builder().start().await?;
    /// # let engram = server.client()?;
    /// use lumetra_engram_local::Fault;
    ///
    /// server.fail_next([Fault::CutStream { after_deltas: 2 }]);
    /// let mut stream = engram.query_stream("What does the user drink?").await?;
    /// assert!(stream.next().await.unwrap().is_ok());
    /// assert!(stream.next().await.unwrap().is_ok());
    /// assert!(stream.next().await.unwrap().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        // The iterator may do anything, so it runs before the lock is taken.
        self.faults.extend(faults.into_iter().collect());
    }

    /// How many streamed answers are being sent. One ends with its last byte, or when its client goes away.
    pub fn open_streams(&self) -> usize {
        self.streams.count()
    }

    /// Waits until no streamed answer is being sent.
    pub async fn streams_closed(&self) {
        self.streams.none_left().await;
    }

    /// Stops the server: it takes no more connections, finishes the requests under way, for as long as
    /// [`shutdown_timeout`](LocalServerBuilder::shutdown_timeout) says, and closes the database.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // The task may have ended before.
            let _ = stop.send(());
        }
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the server failed");
        }
        let store = Arc::clone(&self.store);
        // It fails only if closing panics, which is logged there.
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        // Its connections end with it, and the writer with the last of what uses it.
        self.task.abort();
    }
}

/// The address for clients on this machine: a server that listens at every address is reached over loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn serve(listener: TcpListener, app: Arc<App>, mut stopped: oneshot::Receiver<()>) {
    let settings = app.settings.clone();
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let room = Places { free: Arc::clone(&places), all: settings.max_connections };
    let service = TowerToHyperService::new(app::router(app).layer(from_fn_with_state(room, leave_room)));
    let graceful = GracefulShutdown::new();
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = accept(&listener, &places) => match accepted {
                Ok((stream, place)) => {
                    if places.available_permits() == 0 {
                        tracing::warn!("all {} connections are taken; further ones wait", settings.max_connections);
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
