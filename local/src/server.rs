//! A server that runs: starting it, and stopping it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use lumetra_engram::{EngramClient, EngramError};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::builder::LocalServerBuilder;
use crate::chat::Chat;
use crate::embeddings::Embedder;
use crate::error::LocalServerError;
use crate::fault::{Fault, Faults};
use crate::graph::Extraction;
use crate::http::serve::serve;
use crate::http::sse::OpenStreams;
use crate::http::state::App;
use crate::permits::TenantPermits;
use crate::profile::Profiler;
use crate::recall::meaning::Meaning;
use crate::settings::DEFAULT_API_KEY;
use crate::store::{Needs, Store};
use crate::tenant::Tenant;

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
    /// What is done in the background: memories are embedded, facts taken from them, and profiles made.
    background: Vec<JoinHandle<()>>,
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
    /// [`EngramError`], as `Config`, if no HTTP client can be created.
    pub fn client(&self) -> Result<EngramClient, EngramError> {
        EngramClient::builder().base_url(&self.base_url).api_key(&self.api_key).build()
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
        for work in std::mem::take(&mut self.background) {
            work.abort();
            // It lets go of the store. What it had begun is begun again by the next server.
            let _ = work.await;
        }
        let store = Arc::clone(&self.store);
        // It fails only if closing panics, which is logged there.
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
    }
}

impl LocalServerBuilder {
    /// Starts the server on the tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// [`LocalServerError`] where a setting cannot be used, the database cannot be opened, or nothing can listen at the address.
    pub async fn start(self) -> Result<LocalServer, LocalServerError> {
        let builder = self.checked()?;
        let listen_error = |source| LocalServerError::Listen { address: builder.address.clone(), source };
        let listener = TcpListener::bind(&builder.address).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        if !address.ip().is_loopback() {
            tracing::warn!(
                %address,
                "other machines may reach this server, over plain HTTP; {}",
                if builder.api_keys.is_empty() { "every API key is accepted" } else { "keys can be read in transit" },
            );
        }
        let database = builder.database.clone();
        let needs = Needs { vectors: builder.embeddings.is_some(), model: builder.chat_model.is_some() };
        let store = tokio::task::spawn_blocking(move || Store::open(database.as_deref(), needs))
            .await
            .map_err(|error| LocalServerError::Thread { source: error.into() })??;
        Ok(spawn(builder, listener, address, Arc::new(store)))
    }
}

/// Spawns what the server is made of. No part of `start` itself, since each crate that starts a server would compile it all anew: the body of an
/// `async fn` belongs to who awaits it.
fn spawn(builder: LocalServerBuilder, listener: TcpListener, address: SocketAddr, store: Arc<Store>) -> LocalServer {
    let meaning =
        builder.embeddings.map(|embeddings| Arc::new(Meaning::new(Embedder::new(embeddings), Arc::clone(&store))));
    let chat = builder.chat_model.map(|model| Arc::new(Chat::new(model)));
    let extraction = chat
        .clone()
        .filter(|_| builder.extract)
        .map(|chat| Arc::new(Extraction::new(chat, Arc::clone(&store), meaning.clone(), builder.extract_per_minute)));
    let profiler = chat.clone().map(|chat| Profiler::new(chat, Arc::clone(&store), builder.profile_after));
    let profiler = profiler.map(Arc::new);
    let mut background = Vec::new();
    background.extend(meaning.clone().map(|meaning| tokio::spawn(async move { meaning.run().await })));
    background.extend(extraction.clone().map(|extraction| tokio::spawn(async move { extraction.run().await })));
    background.extend(profiler.clone().map(|profiler| tokio::spawn(async move { profiler.run().await })));
    let streams = OpenStreams::default();
    let faults = Faults::default();
    let app = App {
        store: Arc::clone(&store),
        meaning,
        chat,
        extraction,
        profiler,
        settings: builder.settings.clone(),
        accepted: builder.api_keys.iter().map(|key| Tenant::of_key(key)).collect(),
        slots: builder.settings.max_concurrent_requests.map(TenantPermits::new),
        streams: streams.clone(),
        faults: faults.clone(),
    };
    tracing::info!(%address, "listening");
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(serve(listener, Arc::new(app), stopped));
    LocalServer {
        address,
        base_url: format!("http://{}", reachable(address)),
        api_key: builder.api_keys.first().cloned().unwrap_or_else(|| DEFAULT_API_KEY.to_owned()),
        store,
        streams,
        faults,
        stop: Some(stop),
        task,
        background,
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        // Its connections end with it, and the writer with the last of what uses it.
        self.task.abort();
        self.background.iter().for_each(JoinHandle::abort);
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
