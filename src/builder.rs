//! [`EngramClientBuilder`]: the settings, the environment, and a client made of them.

use std::env::{self, VarError};
use std::net::IpAddr;
use std::time::Duration;

use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use crate::client::EngramClient;
use crate::concurrency::Gate;
use crate::error::EngramError;
use crate::generated::client::Client;
use crate::operations::check_buckets;
use crate::request::Async;
use crate::secret::{ApiKey, Hidden};
use crate::settings::{
    CallSettings, DEFAULT_CALL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_RESPONSE_BYTES, Settings, check_duration, header,
    origin, unusable,
};
use crate::transport::{Connections, HttpSettings, Transport};
use crate::wire::check_segment;

/// The environment variable for the API key.
pub const ENV_API_KEY: &str = "ENGRAM_API_KEY";
/// The environment variable for the base URL.
pub const ENV_BASE_URL: &str = "ENGRAM_BASE_URL";
/// The base URL of the hosted service.
pub const DEFAULT_BASE_URL: &str = "https://api.lumetra.io";
/// The bucket that is used where none is named.
pub const DEFAULT_BUCKET: &str = "default";

const OWN_USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// Builds an [`EngramClient`]. What is not set here comes from the environment (`ENGRAM_API_KEY`, `ENGRAM_BASE_URL`), else from
/// the defaults; an environment variable that is empty counts as not set.
///
/// ```
/// use std::time::Duration;
///
/// # fn main() -> Result<(), lumetra_engram::EngramError> {
/// let engram = lumetra_engram::EngramClient::builder()
///     .api_key("eng_live_0123456789")
///     .default_bucket("user-123")
///     .timeout(Duration::from_secs(60))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct EngramClientBuilder {
    api_key: Option<ApiKey>,
    base_url: Option<String>,
    default_bucket: String,
    default_buckets: Option<Vec<String>>,
    call: CallSettings,
    connect_timeout: Option<Duration>,
    adaptive_concurrency: bool,
    max_concurrent_requests: Option<usize>,
    max_response_bytes: usize,
    user_agent: Option<String>,
    default_headers: Vec<(String, Hidden)>,
    http_client: Option<reqwest::Client>,
}

// Constructors are for the async mode alone: if there were some for each mode, `EngramClient::new` would be ambiguous.
impl EngramClient {
    /// A client with this API key and defaults for everything else; the base URL is `ENGRAM_BASE_URL` if that is set.
    ///
    /// # Errors
    ///
    /// [`EngramError::Config`] if the key, or the base URL in the environment, cannot be used.
    pub fn new(api_key: impl Into<String>) -> Result<Self, EngramError> {
        Self::builder().api_key(api_key).build()
    }

    /// A client with the API key in `ENGRAM_API_KEY` and, if it is set, the base URL in `ENGRAM_BASE_URL`.
    ///
    /// # Errors
    ///
    /// [`EngramError::Config`] if there is no key, or one of the two cannot be used.
    pub fn from_env() -> Result<Self, EngramError> {
        Self::builder().build()
    }

    /// A builder, for every other setting.
    pub fn builder() -> EngramClientBuilder {
        EngramClientBuilder::new()
    }
}

impl EngramClientBuilder {
    fn new() -> Self {
        Self {
            api_key: None,
            base_url: None,
            default_bucket: DEFAULT_BUCKET.to_owned(),
            default_buckets: None,
            call: DEFAULT_CALL,
            connect_timeout: None,
            adaptive_concurrency: true,
            max_concurrent_requests: None,
            max_response_bytes: DEFAULT_MAX_RESPONSE_BYTES,
            user_agent: None,
            default_headers: Vec::new(),
            http_client: None,
        }
    }

    /// The API key; white space around it is trimmed. Default: `ENGRAM_API_KEY`. Keys come from
    /// <https://lumetra.io/app/api-keys> and are server-side secrets.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = Some(ApiKey::new(&api_key.into()));
        self
    }

    /// Where the API is; a `/v1` at its end is taken off. Default: `ENGRAM_BASE_URL`, else `https://api.lumetra.io`.
    ///
    /// Over plain `http` the key and the memories can be read on the way; use it on loopback only. The proxies of the environment
    /// (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) are used for `https` alone, and not for a loopback address: a proxy never sees the key.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// The bucket for calls without one. Default: `default`. The destructive calls, `clear_memories` and `delete_bucket`, never
    /// use it.
    pub fn default_bucket(mut self, bucket: impl Into<String>) -> Self {
        self.default_bucket = bucket.into();
        self
    }

    /// The buckets for queries without any. Default: the default bucket.
    pub fn default_buckets<B: Into<String>>(mut self, buckets: impl IntoIterator<Item = B>) -> Self {
        self.default_buckets = Some(buckets.into_iter().map(Into::into).collect());
        self
    }

    /// How long one attempt of a call may take, from connecting to the end of the response. Default: 30 seconds. A query whose
    /// memories are not cached can take longer. Streams use [`stream_timeout`](Self::stream_timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call.timeout = timeout;
        self
    }

    /// How long a stream may go without a byte, before its first one and after. Default: 300 seconds.
    pub fn stream_timeout(mut self, timeout: Duration) -> Self {
        self.call.stream_timeout = timeout;
        self
    }

    /// How long a call may take in all: its waits for a permit, its attempts and the waits between them. A streamed answer must have begun
    /// by then. Default: no bound. [`Request::deadline`](crate::Request::deadline) says what happens at its end.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.call.deadline = Some(deadline);
        self
    }

    /// How long connecting may take, TLS included. Default: 10 seconds. Cannot be combined with
    /// [`http_client`](Self::http_client), which has its own.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How often a call is retried after a 429 (too many requests in flight). Default: 3; 0 turns it off. Each
    /// wait is the server's `Retry-After`, else 1, 2, 4, 8 … seconds, plus up to 10 % jitter. See
    /// [`max_retries_on_transient_errors`](Self::max_retries_on_transient_errors) for what else is retried.
    pub fn max_retries_on_429(mut self, retries: u32) -> Self {
        self.call.retry.max_retries_on_429 = retries;
        self
    }

    /// How often a call is retried after a transient failure. Default: 0. The waits are those of a 429.
    ///
    /// | failure | these are sent again |
    /// |---|---|
    /// | no connection could be made, so that nothing was sent | all calls |
    /// | 502, 503, 504: the call may have taken effect | calls for which it makes no difference: queries, lists, `get_profile`, `delete_memory`, and stores that the server deduplicates, so `store_memories`, and `store_memory` unless with [`Dedup::Off`](crate::Dedup::Off) |
    ///
    /// Not sent again after a 502, 503 or 504 are `store_memory` with `Dedup::Off`, which could store twice; `clear_memories` and
    /// `delete_bucket`, which could delete what was stored in between; `create_bucket`, which would find its own bucket; and
    /// `regenerate_profile`, which would queue the work twice. Where the first attempt took effect, a repeated store returns
    /// the status [`merged`](crate::StoreStatus::Merged), and a repeated `delete_memory` perhaps with 404.
    ///
    /// Whatever is set here, a call whose connection fails is sent again on another one, after waits of milliseconds that grow to a
    /// second at most, for as long as its timeout after the first such failure:
    ///
    /// | failure of the connection | these are sent again |
    /// |---|---|
    /// | it was retired before it took the request: the request was still queued, or HTTP/2's `GOAWAY` or `REFUSED_STREAM` says that it was not processed | all calls, up to 100 times: behind a gateway that retires connections after few requests, a call of a burst may meet many |
    /// | nothing of the request was sent for 5 seconds longer than connecting may take, because it waited for a stream, or in the queue of a connection that had ended | all calls but `clear_memories`, `delete_bucket` and `regenerate_profile`, which have no body that could be kept back |
    /// | it broke before its response had begun, so that the call may have taken effect | calls for which it makes no difference, as above, up to 3 times |
    ///
    /// Once a request was sent, its timeout is never followed by another attempt, nor is a response that has begun, or a stream that has
    /// opened. [`effect`](crate::EngramError::effect) says of the call that fails in the end whether it may have taken effect.
    pub fn max_retries_on_transient_errors(mut self, retries: u32) -> Self {
        self.call.retry.max_retries_on_transient_errors = retries;
        self
    }

    /// Whether the client learns how many requests the server takes at once, and keeps to it. Default: true.
    ///
    /// Engram responds with 429 when an account has too many requests in flight. Before the first 429, only a burst that is larger than any
    /// before is spread out, 32 requests every 3 ms. After it, requests wait in the client, in the order in which they were made, for a permit among as many as the server takes; the
    /// number is found by additive increase and multiplicative decrease. All clones of a client share it. A stream keeps its
    /// permit until it ends or is dropped. A request for which no permit becomes free within its own timeout, because every permit is held by
    /// streams that nobody reads, ends with [`EngramError::Timeout`], which says whose limit it was; nothing was sent then.
    pub fn adaptive_concurrency(mut self, adaptive: bool) -> Self {
        self.adaptive_concurrency = adaptive;
        self
    }

    /// How many requests may be in flight at once, from 1; others wait in the client for their turn. Holds for all clones together,
    /// whatever [`adaptive_concurrency`](Self::adaptive_concurrency) learns. Default: no such limit.
    pub fn max_concurrent_requests(mut self, number: usize) -> Self {
        self.max_concurrent_requests = Some(number);
        self
    }

    /// The longest single wait before a retry, even if the server asks for more. Default: 30 seconds.
    pub fn max_retry_delay(mut self, delay: Duration) -> Self {
        self.call.retry.max_delay = delay;
        self
    }

    /// The largest response, and the largest single frame of a stream, that is read into memory, in bytes. Default: 64 MiB. A
    /// larger one is an error that names this bound. So is a streamed answer whose pieces add up to more.
    ///
    /// While it is read, a response takes up to twice this much memory, and a frame up to three times, since its buffer
    /// grows by doubling. What it is decoded to is not counted: usually about as much again, but many times as much for
    /// a response that consists of very many very small objects.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// The application's name and version, such as `myapp/1.0`, sent in front of the client's own in `User-Agent`. Default: only
    /// the client's own.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// A header that is sent with every request, for example one that a gateway asks for. May be called several times. Its value is
    /// treated as a secret. Headers that the client sets itself are refused by [`build`](Self::build).
    pub fn default_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.default_headers.push((name.into(), Hidden::new(value)));
        self
    }

    /// An HTTP client of your own, for a proxy, certificates or a shared connection pool. Default: one that follows no redirects
    /// and has the connect timeout above. It doesn't use a connection again that was idle for 50 seconds, or, over HTTP/2, one that a call
    /// timed out on. An HTTP/2 connection is asked for a sign of life (`PING`) after 10 seconds without any byte, also while it is idle, and
    /// given up after 15 more, or half the [`timeout`](Self::timeout) where that is longer. So a call to a peer that is gone is sent again
    /// before its timeout of 30 seconds, and one that uploads over a slow line, where the `PING` waits behind its body, is left alone.
    ///
    /// Your client decides about redirects, proxies, TLS and connect timeouts, and its default headers are sent too. Let it follow
    /// no redirects (`reqwest::redirect::Policy::none()`): one to the same host takes the API key along; one to another host does not,
    /// but a 307 or 308 takes the body there, and the [default headers](Self::default_header). `connection_verbose` of reqwest logs the
    /// API key with everything else that is sent. Timeouts, retries and `max_response_bytes` still come from this builder. Set
    /// `http2_keep_alive_interval`, or calls over HTTP/2 go on timing out on a connection whose peer is gone.
    pub fn http_client(mut self, http_client: reqwest::Client) -> Self {
        self.http_client = Some(http_client);
        self
    }

    /// Builds the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`EngramError::Config`] if there is no API key, or a setting cannot be used. The message says which and why, and never shows the key.
    pub fn build(self) -> Result<EngramClient, EngramError> {
        self.build_with(|| Ok(Async))
    }

    /// The client whose requests have this mode, which is made once all settings are good.
    pub(crate) fn build_with<Mode: Clone>(
        self,
        mode: impl FnOnce() -> Result<Mode, EngramError>,
    ) -> Result<EngramClient<Mode>, EngramError> {
        check_segment("default bucket", &self.default_bucket).map_err(EngramError::config)?;
        let api_key = self.resolve_api_key()?;
        let url = self.resolve_base_url()?;
        let base_url = url.as_str().trim_end_matches('/').to_owned();
        let proxy = proxy(&url);
        let authorization = authorization(&api_key)?;
        self.call.check().map_err(EngramError::config)?;
        if self.max_concurrent_requests == Some(0) {
            return Err(EngramError::config("max_concurrent_requests must be at least 1, or no call could be sent"));
        }
        let settings = Settings {
            base_url: base_url.clone(),
            proxy: proxy.as_ref().filter(|_| self.http_client.is_none()).and_then(origin),
            headers: self.headers(authorization)?,
            http_client_timeout: self.http_client.is_none().then_some(self.call.timeout),
            api_key,
            call: self.call,
            max_response_bytes: self.max_response_bytes,
        };
        let connections = self.resolve_http_client(url.scheme() == "https", proxy.is_some())?;
        let gate = Gate::new(self.adaptive_concurrency, self.max_concurrent_requests);
        let default_buckets = self.default_buckets.unwrap_or_else(|| vec![self.default_bucket.clone()]);
        check_buckets(&default_buckets).map_err(EngramError::config)?;
        // It only builds the requests.
        let http_client = connections.current().client;
        let api = Client::new_with_client(&base_url, http_client, Transport::new(settings, gate, connections));
        Ok(EngramClient::from_parts(api, self.default_bucket, default_buckets, mode()?))
    }

    fn resolve_api_key(&self) -> Result<ApiKey, EngramError> {
        if let Some(api_key) = &self.api_key {
            return Ok(api_key.clone());
        }
        let value = from_environment(ENV_API_KEY)?.ok_or_else(|| {
            EngramError::config(format!(
                "no API key: pass one to the client, or set the environment variable {ENV_API_KEY}"
            ))
        })?;
        Ok(ApiKey::new(&value))
    }

    fn resolve_base_url(&self) -> Result<Url, EngramError> {
        let (name, value) = match &self.base_url {
            Some(value) => ("the base URL", value.clone()),
            None => match from_environment(ENV_BASE_URL)? {
                Some(value) => ("the base URL in ENGRAM_BASE_URL", value),
                None => ("the base URL", DEFAULT_BASE_URL.to_owned()),
            },
        };
        let value = value.trim();
        let wrong = |problem: &str| {
            EngramError::config(format!(
                "{name} {problem}; it should look like {DEFAULT_BASE_URL} or http://127.0.0.1:7878"
            ))
        };
        let mut url = Url::parse(value).map_err(|error| wrong(&format!("is not a URL ({error})")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("must begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("must not contain a user name or a password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("must not contain a query or a fragment"));
        }
        // Every route begins with the version, so a base URL that ends with it was copied from one.
        let path = url.path().trim_end_matches('/');
        if let Some(path) = path.strip_suffix("/v1").map(str::to_owned) {
            url.set_path(&path);
        } else if path.contains("/v1/buckets") || path.contains("/v1/query") {
            return Err(wrong("must end before /v1"));
        }
        Ok(url)
    }

    /// The headers of every request.
    fn headers(&self, authorization: HeaderValue) -> Result<HeaderMap, EngramError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.default_headers {
            let (name, value) = header("default header", name, value.expose()).map_err(EngramError::Config)?;
            headers.append(name, value);
        }
        let user_agent = match &self.user_agent {
            Some(application) => format!("{} {OWN_USER_AGENT}", application.trim()),
            None => OWN_USER_AGENT.to_owned(),
        };
        let user_agent = HeaderValue::try_from(user_agent)
            .map_err(|error| unusable("the user agent contains a character that is not allowed in a header", error))
            .map_err(EngramError::Config)?;
        headers.insert(USER_AGENT, user_agent);
        headers.insert(AUTHORIZATION, authorization);
        Ok(headers)
    }

    fn resolve_http_client(&self, https: bool, through_proxy: bool) -> Result<Connections, EngramError> {
        match (&self.http_client, self.connect_timeout) {
            (Some(http_client), None) => Ok(Connections::of(http_client.clone())),
            (Some(_), Some(_)) => Err(EngramError::config(
                "connect_timeout cannot be combined with http_client: set it where that client is built",
            )),
            (None, timeout) => {
                let connect_timeout = timeout.unwrap_or(DEFAULT_CONNECT_TIMEOUT);
                check_duration("connect_timeout", connect_timeout).map_err(EngramError::config)?;
                check_tls(https)?;
                check_crypto_provider()?;
                let settings = HttpSettings { timeout: self.call.timeout, connect_timeout, https, through_proxy };
                Connections::build(settings).map_err(|error| {
                    EngramError::Config(unusable("the HTTP client cannot be built; is TLS set up?", error))
                })
            }
        }
    }
}

fn check_tls(is_needed: bool) -> Result<(), EngramError> {
    if is_needed && !cfg!(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls")) {
        return Err(EngramError::config(
            "this build has no TLS for an https:// base URL: enable the feature `rustls` or `native-tls` of lumetra-engram",
        ));
    }
    Ok(())
}

/// The proxy that the environment sets for this URL, unless it would see the key, or the URL is on this machine.
fn proxy(base_url: &Url) -> Option<Url> {
    if is_loopback(base_url.host_str()?) || base_url.scheme() != "https" {
        return None;
    }
    let proxy = Matcher::from_env().intercept(&base_url.as_str().parse().ok()?)?;
    Url::parse(&proxy.uri().to_string()).ok()
}

fn is_loopback(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        // RFC 6761, section 6.3.
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn from_environment(name: &str) -> Result<Option<String>, EngramError> {
    match env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        // The error holds the value, which may be the key.
        Err(VarError::NotUnicode(_)) => {
            Err(EngramError::config(format!("the environment variable {name} is not valid UTF-8")))
        }
    }
}

/// With `rustls-no-provider` the application brings the cryptography. reqwest panics where it has not.
fn check_crypto_provider() -> Result<(), EngramError> {
    #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(EngramError::config(
            "no rustls crypto provider is installed: call `install_default` on one before the client is built, or use the \
             feature `rustls` in place of `rustls-no-provider`",
        ));
    }
    Ok(())
}

/// The `Authorization` header (RFC 6750, section 2.1).
fn authorization(key: &ApiKey) -> Result<HeaderValue, EngramError> {
    let key = key.expose();
    if key.is_empty() {
        return Err(EngramError::config("the API key is empty"));
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\') {
        return Err(EngramError::config(
            "the API key contains a space, a line break, a quote or another character that API keys don't have; copy it again",
        ));
    }
    let mut value = HeaderValue::try_from(format!("Bearer {key}"))
        .map_err(|_| EngramError::config("the API key cannot be sent in a header; copy it again"))?;
    value.set_sensitive(true);
    Ok(value)
}
