//! Whether and when a request is sent again. No input or output happens here.

use std::time::{Duration, SystemTime};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

/// The largest share of a wait that jitter adds to it, so that clients which were refused together do not come back together.
const JITTER: f64 = 0.1;

/// How often one call is sent again because its connection was retired. A gateway that retires each connection after few requests takes no
/// more than those of many calls at once, so some calls need many attempts.
const MAX_RETRIES_ON_RETIRED: u32 = 100;
/// How often one call is sent again because its connection broke.
const MAX_RETRIES_ON_BROKEN: u32 = 3;
/// The longest first wait after either of them. It doubles up to a second, and jitter takes any part of it, so that calls which failed together
/// don't all connect at once.
const CONNECTION_WAIT: Duration = Duration::from_millis(10);
const MAX_CONNECTION_WAIT: Duration = Duration::from_secs(1);

/// The settings of the retry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// How often one call is retried after a 429.
    pub(crate) max_retries_on_429: u32,
    /// How often one call is retried after a transient failure.
    pub(crate) max_retries_on_transient_errors: u32,
    /// The longest single wait.
    pub(crate) max_delay: Duration,
}

/// Why an attempt may be followed by another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Retryable {
    /// Too many requests in flight (429).
    RateLimited,
    /// A transient failure.
    Transient,
    /// Its connection takes no more requests. As many as wait for it fail so together, and again on the next one.
    Retired,
    /// Its connection broke before a response had begun.
    Broken,
}

impl Retryable {
    /// What an error response with this status is. Where the call may have taken effect, only an idempotent one is sent again.
    pub(crate) fn status(status: StatusCode, is_idempotent: bool) -> Option<Self> {
        match status.as_u16() {
            429 => Some(Self::RateLimited),
            502..=504 if is_idempotent => Some(Self::Transient),
            _ => None,
        }
    }
}

impl Retryable {
    /// Whether the connection failed, with which the server says nothing.
    pub(crate) fn is_of_connection(self) -> bool {
        matches!(self, Self::Retired | Self::Broken)
    }
}

/// The retries of one call so far.
#[derive(Debug)]
pub(crate) struct Retries {
    policy: RetryPolicy,
    on_429: u32,
    on_transient_errors: u32,
    on_retired: u32,
    on_broken: u32,
}

impl Retries {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        Self { policy, on_429: 0, on_transient_errors: 0, on_retired: 0, on_broken: 0 }
    }

    /// How long to wait before the next attempt, or `None` where there is to be none. `jitter` is a random number from 0 to 1.
    ///
    /// The wait is the server's `Retry-After`, else 1, 2, 4, 8 … seconds, never more than `max_delay`. Jitter only adds to it. Where the
    /// connection failed, it is much shorter: see [`CONNECTION_WAIT`].
    pub(crate) fn wait_after(
        &mut self,
        reason: Retryable,
        retry_after: Option<Duration>,
        jitter: f64,
    ) -> Option<Duration> {
        let (retries, most) = match reason {
            Retryable::RateLimited => (&mut self.on_429, self.policy.max_retries_on_429),
            Retryable::Transient => (&mut self.on_transient_errors, self.policy.max_retries_on_transient_errors),
            Retryable::Retired => (&mut self.on_retired, MAX_RETRIES_ON_RETIRED),
            Retryable::Broken => (&mut self.on_broken, MAX_RETRIES_ON_BROKEN),
        };
        if *retries >= most {
            return None;
        }
        if reason.is_of_connection() {
            let longest = CONNECTION_WAIT.saturating_mul(2_u32.saturating_pow(*retries)).min(MAX_CONNECTION_WAIT);
            *retries += 1;
            return Some(longest.mul_f64(jitter.clamp(0.0, 1.0)).min(self.policy.max_delay));
        }
        let backoff = Duration::from_secs(2_u64.saturating_pow(*retries));
        *retries += 1;
        let wait = retry_after.unwrap_or(backoff).min(self.policy.max_delay);
        let added = wait.mul_f64(JITTER * jitter.clamp(0.0, 1.0));
        Some(wait.saturating_add(added).min(self.policy.max_delay))
    }
}

/// How long the server asks to wait. A date is measured against that of the response, since the clocks of server and client may differ.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let date = text(DATE).and_then(|date| httpdate::parse_http_date(date.trim()).ok());
    parse_retry_after(text(RETRY_AFTER)?, date.unwrap_or_else(SystemTime::now))
}

/// Reads a `Retry-After` header (RFC 9110, section 10.2.3): seconds, here with an optional fraction, or an HTTP date. A date in
/// the past is no wait. Anything else is as good as no header.
pub(crate) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy =
        RetryPolicy { max_retries_on_429: 3, max_retries_on_transient_errors: 1, max_delay: Duration::from_secs(30) };

    fn seconds(value: f64) -> Option<Duration> {
        Some(Duration::from_secs_f64(value))
    }

    /// The first wait.
    fn first(retry_after: Option<Duration>, jitter: f64) -> Option<Duration> {
        Retries::new(POLICY).wait_after(Retryable::RateLimited, retry_after, jitter)
    }

    #[test]
    fn without_a_header_the_wait_doubles() {
        let mut retries = Retries::new(RetryPolicy { max_retries_on_429: 100, ..POLICY });
        let mut next = || retries.wait_after(Retryable::RateLimited, None, 0.0).map(|wait| wait.as_secs());
        let waits: Vec<_> = (1..=7).map(|_| next()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30].map(Some));
        assert_eq!((8..=100).map(|_| next()).max(), Some(Some(30)));
        assert_eq!(next(), None);
    }

    #[test]
    fn the_retries_are_counted_by_their_reason() {
        let mut retries = Retries::new(POLICY);
        let mut granted = |reason| retries.wait_after(reason, None, 0.0).map(|wait| wait.as_secs());
        assert_eq!(granted(Retryable::RateLimited), Some(1));
        assert_eq!(granted(Retryable::Transient), Some(1));
        assert_eq!(granted(Retryable::Transient), None);
        assert_eq!(granted(Retryable::RateLimited), Some(2));
        assert_eq!(granted(Retryable::RateLimited), Some(4));
        assert_eq!(granted(Retryable::RateLimited), None);
        let mut never = Retries::new(RetryPolicy { max_retries_on_429: 0, ..POLICY });
        assert_eq!(never.wait_after(Retryable::RateLimited, seconds(1.0), 0.0), None);
    }

    #[test]
    fn after_the_end_of_a_connection_the_waits_are_short_and_the_attempts_bounded() {
        for (reason, most) in [(Retryable::Retired, 100), (Retryable::Broken, 3)] {
            let mut retries = Retries::new(RetryPolicy { max_retries_on_transient_errors: 0, ..POLICY });
            let waits: Vec<_> = std::iter::from_fn(|| retries.wait_after(reason, None, 1.0)).collect();
            assert_eq!(waits.len(), most);
            assert_eq!(waits[..3].iter().map(Duration::as_millis).collect::<Vec<_>>(), [10, 20, 40]);
            assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(1)));
        }
        let mut short = Retries::new(RetryPolicy { max_delay: Duration::from_millis(5), ..POLICY });
        assert_eq!(short.wait_after(Retryable::Broken, None, 1.0), Some(Duration::from_millis(5)));
        assert_eq!(short.wait_after(Retryable::Broken, None, 0.0), Some(Duration::ZERO));
    }

    #[test]
    fn only_what_may_pass_is_sent_again_and_only_where_that_is_safe() {
        use Retryable::{RateLimited, Transient};
        for status in 100..600 {
            let status = StatusCode::from_u16(status).expect("a status");
            let (idempotent, other) = match status.as_u16() {
                429 => (Some(RateLimited), Some(RateLimited)),
                502..=504 => (Some(Transient), None),
                _ => (None, None),
            };
            assert_eq!(Retryable::status(status, true), idempotent, "{status}");
            assert_eq!(Retryable::status(status, false), other, "{status}");
        }
    }

    #[test]
    fn the_servers_wait_is_honoured_up_to_the_limit() {
        for (asked, waited) in [(0.0, 0.0), (1.5, 1.5), (30.0, 30.0), (100_000.0, 30.0)] {
            assert_eq!(first(seconds(asked), 0.0), seconds(waited));
        }
    }

    #[test]
    fn jitter_is_only_ever_added_and_never_exceeds_the_limit() {
        for jitter in [0.0, 0.25, 1.0] {
            for asked in [0.0, 0.3, 2.0, 29.5, 30.0] {
                let wait = first(seconds(asked), jitter).expect("a wait").as_secs_f64();
                assert!(wait >= asked && wait <= (asked * 1.1).min(30.0) + 1e-9, "{asked} s became {wait} s");
            }
        }
        assert!(first(seconds(2.0), 1.0) > first(seconds(2.0), 0.0));
    }

    #[test]
    fn retry_after_is_read_in_every_form() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        let cases = [
            ("1", seconds(1.0)),
            (" 2 ", seconds(2.0)),
            ("0", seconds(0.0)),
            ("1.5", seconds(1.5)),
            ("100000", seconds(100_000.0)),
            ("Sun, 06 Nov 1994 08:49:40 GMT", seconds(3.0)),
            ("Sunday, 06-Nov-94 08:49:40 GMT", seconds(3.0)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", seconds(0.0)),
            ("", None),
            ("abc", None),
            ("-5", None),
            ("1e400", None),
            ("inf", None),
            ("NaN", None),
            ("1.2.3", None),
            (".", None),
            ("99999999999999999999999999999999", None),
        ];
        for (value, expected) in cases {
            assert_eq!(parse_retry_after(value, now), expected, "{value:?}");
        }
    }
}
