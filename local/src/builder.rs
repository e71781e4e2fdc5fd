//! The settings of a server.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::address;
use crate::chat::ChatModel;
use crate::embeddings::Embeddings;
use crate::error::LocalServerError;
use crate::settings::Settings;

const DEFAULT_ADDRESS: &str = "127.0.0.1:0";
/// With a small hosted model, some cents an hour while there is anything to do.
const DEFAULT_EXTRACT_PER_MINUTE: usize = 10;
const DEFAULT_PROFILE_AFTER: u32 = 20;

/// Builds a [`LocalServer`](crate::LocalServer). Every setting has a default: `LocalServer::builder().start()` is a server in
/// memory, on a free port of the loopback interface.
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
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
    pub(crate) settings: Settings,
    pub(crate) embeddings: Option<Embeddings>,
    pub(crate) chat_model: Option<ChatModel>,
    pub(crate) extract: bool,
    pub(crate) extract_per_minute: usize,
    pub(crate) profile_after: u32,
}

impl Default for LocalServerBuilder {
    fn default() -> Self {
        Self {
            database: None,
            address: DEFAULT_ADDRESS.to_owned(),
            api_keys: Vec::new(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            settings: Settings::default(),
            embeddings: None,
            chat_model: None,
            extract: false,
            extract_per_minute: DEFAULT_EXTRACT_PER_MINUTE,
            profile_after: DEFAULT_PROFILE_AFTER,
        }
    }
}

impl fmt::Debug for LocalServerBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LocalServerBuilder")
            .field("database", &self.database)
            .field("address", &self.address)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("allowed_origins", &self.allowed_origins)
            .field("settings", &self.settings)
            .field("embeddings", &self.embeddings)
            .field("chat_model", &self.chat_model)
            .field("extract", &self.extract)
            .field("extract_per_minute", &self.extract_per_minute)
            .field("profile_after", &self.profile_after)
            .finish_non_exhaustive()
    }
}

impl LocalServerBuilder {
    /// Keeps the memories in memory only; they are gone when the server stops. This is the default.
    pub fn in_memory(mut self) -> Self {
        self.database = None;
        self
    }

    /// Keeps the memories in an SQLite database in this file, which is created if it does not exist. Its directory must exist. While
    /// the server runs there are two more files next to it, with the endings `-wal` and `-shm`. All are their owner's alone, and
    /// what is deleted is gone from them when the server has stopped.
    ///
    /// A write that was acknowledged is on the disk: it survives the end of the process, however it comes, and a power failure.
    pub fn database(mut self, path: impl Into<PathBuf>) -> Self {
        self.database = Some(path.into());
        self
    }

    /// Finds memories by their meaning too, with these embeddings. Default: by their words only.
    ///
    /// Stores don't wait for it: memories are embedded in the background, including existing ones. One that is not embedded yet is found
    /// by its words. So are all memories while embeddings are unavailable; `warning` in the answer's explanation then says why.
    pub fn embeddings(mut self, embeddings: Embeddings) -> Self {
        self.embeddings = Some(embeddings);
        self
    }

    /// Adds to a memory's score this share, from 0 to 1, of the scores of the memories stored right before and right after it in its
    /// bucket. For transcripts, whose turns explain each other: 0.3 is a good value there. Independent facts only lose by it. Default: 0.
    pub fn neighbours(mut self, weight: f64) -> Self {
        self.settings.neighbours = weight;
        self
    }

    /// Lets this model write the answers and make profiles. Default: none; an answer quotes the memories that match best,
    /// and there are no profiles.
    ///
    /// If the model fails, so does the query: with 412 if its endpoint requires an API key, with 502 if it cannot be reached or refuses,
    /// with 504 if it sends nothing for too long. Queries with `skip_synthesis` don't use the model.
    pub fn chat_model(mut self, model: ChatModel) -> Self {
        self.chat_model = Some(model);
        self
    }

    /// Takes facts from the memories: subject, predicate and object, with the [chat model](Self::chat_model), to which all memories are sent.
    /// Answers are then given from these facts too, and explanations show them. Default: false; no facts are taken, and none used.
    ///
    /// Stores don't wait for it: facts are taken in the background, also from existing memories, a few memories in each request.
    pub fn extract(mut self, extract: bool) -> Self {
        self.extract = extract;
        self
    }

    /// The most requests per minute to take [facts](Self::extract) from memories. From 1. Default: 10.
    pub fn extract_per_minute(mut self, requests: usize) -> Self {
        self.extract_per_minute = requests;
        self
    }

    /// The number of new memories after which the profile of a bucket is updated. It is also made again after a memory was deleted that
    /// it may mention. Only buckets whose profile was requested have one. 0: profiles are only made on request. Default: 20.
    ///
    /// Profiles need a [`chat_model`](Self::chat_model), which is sent the bucket's memories.
    pub fn profile_after(mut self, memories: u32) -> Self {
        self.profile_after = memories;
        self
    }

    /// Where to listen, as an IP address or a host name, and a port, such as `127.0.0.1:7878`. A port alone is one of `127.0.0.1`.
    /// Port 0 takes a free one. Default: `127.0.0.1:0`.
    ///
    /// The server speaks plain HTTP and, unless [`api_key`](Self::api_key) is set, accepts every key. Let it listen on
    /// loopback only. Where it listens elsewhere, name the hosts that it is used under: [`allow_host`](Self::allow_host).
    pub fn listen(mut self, address: impl ToString) -> Self {
        self.address = address.to_string();
        self
    }

    /// Accepts this API key. May be called several times; other keys then get 401. Default: every key
    /// is accepted, and [`LocalServer::api_key`](crate::LocalServer::api_key) is `local`.
    ///
    /// Each key is a tenant of its own, which sees nothing of the others.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_keys.push(key.into().trim().to_owned());
        self
    }

    /// Accepts requests for this host, on any port: a name such as `box.lan`, or an IP address. May be called several times.
    /// Default: loopback (`localhost` and the names below it, `127.0.0.0/8`, `[::1]`), the IP address that a request came to, and the
    /// name that it [listens](Self::listen) at. Every other `Host` is answered with 403.
    ///
    /// Without this, a web page could reach a server that listens on loopback: by a name of its own, which it makes lead to this
    /// machine.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed_hosts.push(host.into());
        self
    }

    /// Lets web pages of this origin use the server, such as `http://localhost:3000`. May be called several times. Default: the pages
    /// that the server itself serves. A request that a browser sends for any other page is answered with 403.
    ///
    /// The pages can do all that their key permits, which is any key unless [`api_key`](Self::api_key) is set.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// How many requests of one API key may be under way at once; the next one gets 429. A streamed answer is under way until its last
    /// byte. From 1. Default: no limit.
    pub fn max_concurrent_requests(mut self, number: usize) -> Self {
        self.settings.max_concurrent_requests = Some(number);
        self
    }

    /// The `Retry-After` of a 429 response, rounded up to whole seconds. Default: 1 second.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.settings.retry_after = delay;
        self
    }

    /// Behaves like an account without a model provider's key: storing, and asking for an answer, get 412 with the code `BYOK_REQUIRED`.
    /// Queries with `skip_synthesis`, which need no model, and all other calls work. Default: false.
    pub fn missing_model_key(mut self, missing: bool) -> Self {
        self.settings.missing_model_key = missing;
        self
    }

    /// The delay before an answer, or before the first delta of a streamed one, whose
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

    /// The largest body of a request, in bytes; a larger one gets 413. From 15, the size of the smallest request that
    /// stores a memory. Default: 4 MiB.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_body_bytes = bytes;
        self
    }

    /// The largest memory, in bytes of UTF-8; a larger one is refused with 422, and the batch that it is in with it. From 1. Default:
    /// 256 KiB.
    pub fn max_memory_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_memory_bytes = bytes;
        self
    }

    /// How many connections may be open at once. Further ones wait until one is closed, which each is after its answer while half
    /// of the places or more are taken. From 1. Default: 512.
    pub fn max_connections(mut self, number: usize) -> Self {
        self.settings.max_connections = number;
        self
    }

    /// How long a client may take to send the head of a request, counted from the beginning of the connection or from the end of
    /// the request before. The connection is closed then; so this is also how long an idle one is kept. From 1 ms. Default: 30
    /// seconds.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.settings.header_timeout = timeout;
        self
    }

    /// How long a client may take to send the body of a request, in all; one that takes longer is answered with 400. From 1 ms.
    /// Default: 60 seconds.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.settings.body_timeout = timeout;
        self
    }

    /// How long a client may take nothing of an answer that is ready for it; the connection is closed then. It does not limit how
    /// long an answer is made, or streamed to a client that reads it. From 1 ms. Default: 30 seconds.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.settings.write_timeout = timeout;
        self
    }

    /// How long [`LocalServer::shutdown`](crate::LocalServer::shutdown) waits for the requests under way before it breaks them
    /// off. Default: 5 seconds.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.settings.shutdown_timeout = timeout;
        self
    }

    /// With the addresses as they are meant.
    pub(crate) fn checked(mut self) -> Result<Self, LocalServerError> {
        self.settings.check()?;
        self.embeddings.as_ref().map_or(Ok(()), Embeddings::check)?;
        self.chat_model.as_ref().map_or(Ok(()), ChatModel::check)?;
        self.check_extraction()?;
        let wrong = |setting| move |message: String| LocalServerError::setting(setting, message);
        if self.api_keys.iter().any(|key| key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(wrong("api_key")("must not be empty, and must be ASCII without spaces".to_owned()));
        }
        self.address = address::listen(&self.address).map_err(wrong("listen"))?;
        let hosts = self.allowed_hosts.iter().map(|host| address::host(host));
        let hosts: Result<_, _> = hosts.chain(address::name_of(&self.address).map(Ok)).collect();
        self.settings.allowed_hosts = hosts.map_err(wrong("allow_host"))?;
        let origins: Result<_, _> = self.allowed_origins.iter().map(|origin| address::origin(origin)).collect();
        self.settings.allowed_origins = origins.map_err(wrong("allow_origin"))?;
        Ok(self)
    }

    fn check_extraction(&self) -> Result<(), LocalServerError> {
        if self.extract && self.chat_model.is_none() {
            let message = "needs a language model; set `chat_model`, or --model-url and --model";
            return Err(LocalServerError::setting("extract", message));
        }
        if self.extract_per_minute == 0 {
            let message = "must be at least 1, or no facts could be taken from memories";
            return Err(LocalServerError::setting("extract_per_minute", message));
        }
        Ok(())
    }
}
