//! The settings: the defaults, those of a client, and those of one call.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;

use crate::error::{Effect, EngramError, ErrorDetail};
use crate::retry::RetryPolicy;
use crate::secret::{ApiKey, Hidden};

pub(crate) const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
pub(crate) const DEFAULT_CALL: CallSettings = CallSettings {
    timeout: Duration::from_secs(30),
    stream_timeout: Duration::from_secs(300),
    deadline: None,
    retry: RetryPolicy {
        max_retries_on_429: 3,
        max_retries_on_transient_errors: 0,
        max_delay: Duration::from_secs(30),
    },
};
pub(crate) const DEFAULT_MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;

/// The headers that the client sets itself, with what to do instead.
const RESERVED: [(HeaderName, &str); 7] = [
    (ACCEPT, "the client sets it for each operation"),
    (AUTHORIZATION, "use api_key"),
    (CONTENT_LENGTH, "the client sets it for each request"),
    (CONTENT_TYPE, "the client sets it for each request"),
    (HOST, "it comes from the base URL"),
    (TRANSFER_ENCODING, "the client sets it for each request"),
    (USER_AGENT, "use user_agent"),
];

/// What every call needs of the client's settings.
pub(crate) struct Settings {
    /// Without a slash at its end.
    pub(crate) base_url: String,
    /// The proxy of the environment that requests go through, without its user and password.
    pub(crate) proxy: Option<String>,
    pub(crate) api_key: ApiKey,
    /// The headers of every request. None of them has a name that the generated code sets.
    pub(crate) headers: HeaderMap,
    pub(crate) max_response_bytes: usize,
    pub(crate) call: CallSettings,
    /// The timeout that the HTTP client gives to requests without one of their own; none where the application built it.
    pub(crate) http_client_timeout: Option<Duration>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Settings").field("call", &self.call).finish_non_exhaustive()
    }
}

impl Settings {
    /// Where requests go, for error messages.
    pub(crate) fn server(&self) -> String {
        let server = Url::parse(&self.base_url).ok().and_then(|url| origin(&url));
        let server = server.unwrap_or_else(|| self.base_url.clone());
        match &self.proxy {
            Some(proxy) => format!("{server} through the proxy {proxy} set in the environment"),
            None => server,
        }
    }
}

/// The scheme, the host and the port of a URL.
pub(crate) fn origin(url: &Url) -> Option<String> {
    Some(format!("{}://{}:{}", url.scheme(), url.host_str()?, url.port_or_known_default()?))
}

/// The settings that a call can change for itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallSettings {
    /// How long one attempt may take.
    pub(crate) timeout: Duration,
    /// How long a stream may go without a byte.
    pub(crate) stream_timeout: Duration,
    /// How long the call may take in all.
    pub(crate) deadline: Option<Duration>,
    pub(crate) retry: RetryPolicy,
}

impl CallSettings {
    /// Says what no call could succeed with.
    pub(crate) fn check(&self) -> Result<(), String> {
        check_duration("timeout", self.timeout)?;
        check_duration("stream_timeout", self.stream_timeout)?;
        self.deadline.map_or(Ok(()), |deadline| check_duration("deadline", deadline))
    }
}

/// The options of one call, as they were set.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) max_retries_on_429: Option<u32>,
    pub(crate) max_retries_on_transient_errors: Option<u32>,
    pub(crate) headers: Vec<(String, Hidden)>,
    pub(crate) query: Vec<(String, Hidden)>,
}

impl CallOptions {
    /// The settings of the call, with those of the client where it has none of its own.
    pub(crate) fn settings(&self, defaults: &CallSettings) -> Result<CallSettings, EngramError> {
        let mut settings = *defaults;
        if let Some(timeout) = self.timeout {
            (settings.timeout, settings.stream_timeout) = (timeout, timeout);
        }
        settings.deadline = self.deadline.or(defaults.deadline);
        let retry = &mut settings.retry;
        retry.max_retries_on_429 = self.max_retries_on_429.unwrap_or(retry.max_retries_on_429);
        let transient = self.max_retries_on_transient_errors;
        retry.max_retries_on_transient_errors = transient.unwrap_or(retry.max_retries_on_transient_errors);
        settings.check().map_err(EngramError::invalid_request)?;
        Ok(settings)
    }

    /// The headers of the call, which replace those of the client that have the same name.
    pub(crate) fn headers(&self) -> Result<HeaderMap, EngramError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let (name, value) = header("header", name, value.expose()).map_err(EngramError::InvalidRequest)?;
            headers.append(name, value);
        }
        Ok(headers)
    }
}

pub(crate) fn check_duration(name: &str, duration: Duration) -> Result<(), String> {
    match duration.is_zero() {
        true => Err(format!("{name} must be greater than zero, or no call could succeed")),
        false => Ok(()),
    }
}

/// A header that the caller adds. `what` says in errors which.
pub(crate) fn header(what: &str, name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Box<ErrorDetail>> {
    let name = HeaderName::try_from(name)
        .map_err(|error| unusable(&format!("the {what} {name:?} has an invalid name"), error))?;
    if let Some((_, instead)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
        return Err(Box::new(ErrorDetail::new(format!("the {what} `{name}` cannot be set: {instead}"), Effect::None)));
    }
    let mut value = HeaderValue::try_from(value)
        .map_err(|error| unusable(&format!("the {what} `{name}` has an invalid value"), error))?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// A setting that cannot be used, for this reason.
pub(crate) fn unusable(message: &str, source: impl Error + Send + Sync + 'static) -> Box<ErrorDetail> {
    Box::new(ErrorDetail::new(message, Effect::None).with_source(source))
}
