//! The options that every request takes for its own call, in place of the client's settings.

use std::time::Duration;

use http::HeaderMap;

use crate::config::{CallSettings, Hidden, check_duration, header};
use crate::error::EngramError;

/// The options of one call, as they were set.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_retries_on_429: Option<u32>,
    pub(crate) max_retries_on_transient_errors: Option<u32>,
    pub(crate) headers: Vec<(String, Hidden)>,
    pub(crate) query: Vec<(String, Hidden)>,
}

impl CallOptions {
    /// The settings of the call, with those of the client where it has none of its own.
    pub(crate) fn settings(&self, defaults: &CallSettings) -> Result<CallSettings, EngramError> {
        let mut settings = defaults.clone();
        if let Some(timeout) = self.timeout {
            check_duration("timeout", timeout).map_err(EngramError::into_invalid_request)?;
            (settings.timeout, settings.stream_timeout) = (timeout, timeout);
        }
        let retry = &mut settings.retry;
        retry.max_retries_on_429 = self.max_retries_on_429.unwrap_or(retry.max_retries_on_429);
        let transient = self.max_retries_on_transient_errors;
        retry.max_retries_on_transient_errors = transient.unwrap_or(retry.max_retries_on_transient_errors);
        Ok(settings)
    }

    /// The headers of the call, which replace those of the client that have the same name.
    pub(crate) fn headers(&self) -> Result<HeaderMap, EngramError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let (name, value) = header("header", name, value.text()).map_err(EngramError::into_invalid_request)?;
            headers.append(name, value);
        }
        Ok(headers)
    }
}

/// The setters of the options.
macro_rules! call_options {
    () => {
        /// How long one attempt of this call may take, or, for a streamed answer, how long it may go without a byte. Default: the
        /// client's [`timeout`](crate::EngramClientBuilder::timeout) or
        /// [`stream_timeout`](crate::EngramClientBuilder::stream_timeout). Waiting, for a place or before a retry, is not counted; to
        /// bound the whole call, put `tokio::time::timeout` around it.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.setup.options.timeout = Some(timeout);
            self
        }

        /// How often this call is sent again where it is answered with 429. Default: the client's
        /// [`max_retries_on_429`](crate::EngramClientBuilder::max_retries_on_429).
        pub fn max_retries_on_429(mut self, retries: u32) -> Self {
            self.setup.options.max_retries_on_429 = Some(retries);
            self
        }

        /// How often this call is sent again after a transient failure, where that is safe. Default: the client's
        /// [`max_retries_on_transient_errors`](crate::EngramClientBuilder::max_retries_on_transient_errors), which says what is
        /// transient and what is safe.
        pub fn max_retries_on_transient_errors(mut self, retries: u32) -> Self {
            self.setup.options.max_retries_on_transient_errors = Some(retries);
            self
        }

        /// A header of this call, for example one that a gateway asks for. May be called several times. It replaces the client's
        /// [default headers](crate::EngramClientBuilder::default_header) of that name, and its value is treated as a secret. A header
        /// that the client sets itself, or that HTTP does not permit, is an [`InvalidRequest`](crate::EngramError::InvalidRequest)
        /// error of the call.
        pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.setup.options.headers.push((name.into(), crate::config::Hidden::new(value)));
            self
        }

        /// A parameter of the URL's query that this version of the client does not know. May be called several times.
        pub fn extra_query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.setup.options.query.push((name.into(), crate::config::Hidden::new(value)));
            self
        }
    };
}
pub(crate) use call_options;
