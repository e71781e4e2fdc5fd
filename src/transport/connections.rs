//! The HTTP client with its connections, and a new one in its place where they can't be trusted any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use http::Version;

use crate::settings::DEFAULT_CONNECT_TIMEOUT;

/// Gateways close a connection that was idle for 60 s (load balancers of AWS) or 75 s (nginx). Before that, it isn't used again, so that
/// a request doesn't meet its end.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// How long a request may wait to be sent, beyond the time in which a connection is made.
const SENDING_PATIENCE: Duration = Duration::from_secs(5);
/// How long an HTTP/2 connection may be silent before the peer is asked for a sign of life.
#[cfg(feature = "http2")]
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// The least time that the peer has to give it. With the interval it is less than a call's own timeout of 30 seconds.
#[cfg(feature = "http2")]
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(15);

/// How an HTTP client is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HttpSettings {
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    /// Whether the base URL begins with `https://`.
    pub(crate) https: bool,
    /// Whether the proxies of the environment are used.
    pub(crate) through_proxy: bool,
}

impl HttpSettings {
    fn build(&self) -> reqwest::Result<reqwest::Client> {
        let builder = reqwest::Client::builder()
            .timeout(self.timeout)
            .connect_timeout(self.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            // What is safe to send again, `Transport` sends again, and counts. Without the 0, reqwest would copy each request even so.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            .pool_idle_timeout(POOL_IDLE_TIMEOUT);
        let builder = if self.through_proxy { builder } else { builder.no_proxy() };
        let builder = match self.https {
            // The certificates that this machine trusts take milliseconds to read, and without TLS nothing asks for them.
            #[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
            false => builder.tls_certs_only([]),
            _ => builder,
        };
        #[cfg(feature = "http2")]
        let builder = builder
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            // A PING waits behind the bodies that are being uploaded: on a slow line that may be as long as calls are given.
            .http2_keep_alive_timeout(KEEP_ALIVE_TIMEOUT.max(self.timeout / 2))
            .http2_keep_alive_while_idle(true);
        builder.build()
    }
}

/// The HTTP client of the moment.
pub(crate) struct Connections {
    current: RwLock<Generation>,
    /// None where the application built the HTTP client.
    settings: Option<HttpSettings>,
    /// Whether the last response came over HTTP/1.1, where a connection ends with a request that timed out.
    is_http1: AtomicBool,
}

/// An HTTP client, and how many there were before it.
#[derive(Clone)]
pub(crate) struct Generation {
    number: usize,
    pub(crate) client: reqwest::Client,
}

impl Connections {
    /// Those of an HTTP client that the application built, which stays.
    pub(crate) fn of(client: reqwest::Client) -> Self {
        Self::new(client, None)
    }

    /// Those of an HTTP client of our own.
    pub(crate) fn build(settings: HttpSettings) -> reqwest::Result<Self> {
        Ok(Self::new(settings.build()?, Some(settings)))
    }

    fn new(client: reqwest::Client, settings: Option<HttpSettings>) -> Self {
        let current = RwLock::new(Generation { number: 0, client });
        Self { current, settings, is_http1: AtomicBool::new(false) }
    }

    pub(crate) fn current(&self) -> Generation {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long to wait until something of a request is sent. Most often it waits for a stream or for room on a slow connection. It may also
    /// wait for nothing: where a connection ends while a request is put into its queue, tokio's channel can keep the request, unread, for
    /// as long as the call holds its sender.
    pub(super) fn patience(&self) -> Duration {
        let connect_timeout = self.settings.map_or(DEFAULT_CONNECT_TIMEOUT, |settings| settings.connect_timeout);
        connect_timeout.saturating_add(SENDING_PATIENCE)
    }

    /// Notes over which version of HTTP a response came.
    pub(super) fn responded(&self, version: Version) {
        self.is_http1.store(version < Version::HTTP_2, Ordering::Relaxed);
    }

    /// Has further calls make new connections after one that timed out. Over HTTP/2 they would wait on the same connection, which may be
    /// dead. Calls in flight stay where they are.
    pub(super) fn timed_out(&self, generation: &Generation) {
        let Some(settings) = &self.settings else { return };
        if cfg!(not(feature = "http2")) || self.is_http1.load(Ordering::Relaxed) {
            return;
        }
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.number == generation.number
            && let Ok(client) = settings.build()
        {
            *current = Generation { number: current.number + 1, client };
        }
    }
}
