//! The settings of a server.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::LocalServerError;
use crate::server::LocalServer;

const DEFAULT_ADDRESS: &str = "127.0.0.1:0";
/// What [`LocalServer::api_key`] is where no key is set.
pub(crate) const DEFAULT_API_KEY: &str = "local";
const DEFAULT_MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
const DEFAULT_MAX_CONNECTIONS: usize = 512;
const DEFAULT_HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_BODY_TIMEOUT: Duration = Duration::from_secs(60);
const DEFAULT_WRITE_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);
const DEFAULT_SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Builds a [`LocalServer`]. Every setting has a default: `LocalServer::builder().start()` is a server in memory, on a free port
/// of the loopback interface.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use lumetra_engram_local::LocalServer;
///
/// // A server on a bad day: one request at a time, and a slow model.
/// let server = LocalServer::builder()
///     .max_concurrent_requests(1)
///     .retry_after(Duration::from_secs(2))
///     .synthesis_latency(Duration::from_millis(50))
///     .start()
///     .await?;
/// # server.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `start` is called"]
pub struct LocalServerBuilder {
    pub(crate) database: Option<PathBuf>,
    pub(crate) address: String,
    pub(crate) api_keys: Vec<String>,
    pub(crate) settings: Settings,
}

/// What the routes need of the settings.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) max_concurrent_requests: Option<usize>,
    pub(crate) retry_after: Duration,
    pub(crate) missing_model_key: bool,
    pub(crate) synthesis_latency: Duration,
    pub(crate) delta_latency: Duration,
    pub(crate) max_body_bytes: usize,
    pub(crate) max_connections: usize,
    pub(crate) header_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) shutdown_timeout: Duration,
}

impl Default for LocalServerBuilder {
    fn default() -> Self {
        Self {
            database: None,
            address: DEFAULT_ADDRESS.to_owned(),
            api_keys: Vec::new(),
            settings: Settings {
                max_concurrent_requests: None,
                retry_after: DEFAULT_RETRY_AFTER,
                missing_model_key: false,
                synthesis_latency: Duration::ZERO,
                delta_latency: Duration::ZERO,
                max_body_bytes: DEFAULT_MAX_BODY_BYTES,
                max_connections: DEFAULT_MAX_CONNECTIONS,
                header_timeout: DEFAULT_HEADER_TIMEOUT,
                body_timeout: DEFAULT_BODY_TIMEOUT,
                write_timeout: DEFAULT_WRITE_TIMEOUT,
                shutdown_timeout: DEFAULT_SHUTDOWN_TIMEOUT,
            },
        }
    }
}

impl fmt::Debug for LocalServerBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LocalServerBuilder")
            .field("database", &self.database)
            .field("address", &self.address)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl LocalServerBuilder {
    /// Keeps the memories in memory only; they are gone when the server stops. This is the default.
    pub fn in_memory(mut self) -> Self {
        self.database = None;
        self
    }

    /// Keeps the memories in an SQLite database in this file, which is made if it does not exist. Its directory must exist. While
    /// the server runs there are two more files next to it, with the endings `-wal` and `-shm`.
    ///
    /// A write that was acknowledged is on the disk: it survives the end of the process, however it comes, and a power failure.
    pub fn database(mut self, path: impl Into<PathBuf>) -> Self {
        self.database = Some(path.into());
        self
    }

    /// Where to listen, as an IP address or a host name, and a port, such as `127.0.0.1:7878`. Port 0 takes a free one. Default:
    /// `127.0.0.1:0`.
    ///
    /// The server speaks plain HTTP and, unless [`api_key`](Self::api_key) is set, accepts every key. Let it listen on
    /// loopback only.
    pub fn listen(mut self, address: impl ToString) -> Self {
        self.address = address.to_string();
        self
    }

    /// Accepts this API key. May be called several times; keys that were not named are then answered with 401. Default: every key
    /// is accepted, and [`LocalServer::api_key`] is `local`.
    ///
    /// Each key is a tenant of its own, which sees nothing of the others.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_keys.push(key.into().trim().to_owned());
        self
    }

    /// How many requests of one API key may be under way at once; the next one is answered with 429. A streamed answer is under
    /// way until its last byte. From 1. Default: no limit.
    pub fn max_concurrent_requests(mut self, number: usize) -> Self {
        self.settings.max_concurrent_requests = Some(number);
        self
    }

    /// The `Retry-After` of an answer with 429, rounded up to whole seconds. Default: 1 second.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.settings.retry_after = delay;
        self
    }

    /// True to play an account without a model provider's key: storing, and asking for an answer, are answered with 412 and the
    /// code `BYOK_REQUIRED`. Queries with `skip_synthesis`, which need no model, and all other calls work. Default: false.
    pub fn missing_model_key(mut self, missing: bool) -> Self {
        self.settings.missing_model_key = missing;
        self
    }

    /// How long writing an answer takes: the wait before a whole answer, or before the first delta of a streamed one, whose
    /// headers are sent at once. Queries with `skip_synthesis` do not wait. Default: none.
    pub fn synthesis_latency(mut self, latency: Duration) -> Self {
        self.settings.synthesis_latency = latency;
        self
    }

    /// The wait before each delta of a streamed answer. Default: none.
    pub fn delta_latency(mut self, latency: Duration) -> Self {
        self.settings.delta_latency = latency;
        self
    }

    /// The largest body of a request, in bytes; a larger one is answered with 413. Default: 32 MiB.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_body_bytes = bytes;
        self
    }

    /// How many connections may be open at once. Further ones wait until one is closed, which each is after its answer while half
    /// of the places or more are taken. From 1. Default: 512.
    pub fn max_connections(mut self, number: usize) -> Self {
        self.settings.max_connections = number;
        self
    }

    /// How long a client may take to send the head of a request, counted from the beginning of the connection or from the end of
    /// the request before. The connection is closed then; so this is also how long an idle one is kept. More than 0. Default: 30
    /// seconds.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.settings.header_timeout = timeout;
        self
    }

    /// How long a client may take to send the body of a request, in all; one that takes longer is answered with 400. More than 0.
    /// Default: 60 seconds.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.settings.body_timeout = timeout;
        self
    }

    /// How long a client may take nothing of an answer that is ready for it; the connection is closed then. It does not limit how
    /// long an answer is made, or streamed to a client that reads it. More than 0. Default: 30 seconds.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.settings.write_timeout = timeout;
        self
    }

    /// How long [`LocalServer::shutdown`] waits for the requests under way before it breaks them off. Default: 5 seconds.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.settings.shutdown_timeout = timeout;
        self
    }

    /// Starts the server on the tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// [`LocalServerError`] where a setting cannot be used, the database cannot be opened, or nothing can listen at the address.
    pub async fn start(self) -> Result<LocalServer, LocalServerError> {
        self.check()?;
        LocalServer::start(self).await
    }

    fn check(&self) -> Result<(), LocalServerError> {
        let wrong = |message: &str| Err(LocalServerError::Setting { message: message.to_owned() });
        if self.settings.max_concurrent_requests == Some(0) {
            return wrong("max_concurrent_requests must be at least 1, or no request could ever succeed");
        }
        if self.settings.max_connections == 0 {
            return wrong("max_connections must be at least 1, or nobody could ever connect");
        }
        let Settings { header_timeout, body_timeout, write_timeout, .. } = self.settings;
        if [header_timeout, body_timeout, write_timeout].iter().any(Duration::is_zero) {
            return wrong(
                "header_timeout, body_timeout and write_timeout must be more than 0, or no request could succeed",
            );
        }
        if self.api_keys.iter().any(|key| key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic())) {
            return wrong("an API key must not be empty, and has no spaces and only ASCII characters");
        }
        Ok(())
    }

    /// The key to use with this server.
    pub(crate) fn own_api_key(&self) -> String {
        self.api_keys.first().cloned().unwrap_or_else(|| DEFAULT_API_KEY.to_owned())
    }
}
