//! Whether and when a request that was answered with 429 is sent again. No input or output happens here.

use std::time::{Duration, SystemTime};

/// The share of a wait that chance adds to it, so that clients which were refused together do not come back together.
const JITTER: f64 = 0.1;

/// The settings of the retry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// How often one call is sent again.
    pub(crate) max_retries: u32,
    /// The longest single wait.
    pub(crate) max_delay: Duration,
}

impl RetryPolicy {
    /// How long to wait before the next attempt, or `None` where there is to be none. `attempt` counts from 1; `chance` is a
    /// number from 0 to 1.
    ///
    /// The wait is the server's `Retry-After`, else 1, 2, 4, 8 … seconds, never more than `max_delay`. Chance only adds to it.
    pub(crate) fn wait_after(&self, attempt: u32, retry_after: Option<Duration>, chance: f64) -> Option<Duration> {
        if attempt > self.max_retries {
            return None;
        }
        let backoff = || Duration::from_secs(2_u64.saturating_pow(attempt - 1));
        let wait = retry_after.unwrap_or_else(backoff).min(self.max_delay);
        let jitter = wait.mul_f64(JITTER * chance.clamp(0.0, 1.0));
        Some(wait.saturating_add(jitter).min(self.max_delay))
    }
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

    const POLICY: RetryPolicy = RetryPolicy { max_retries: 3, max_delay: Duration::from_secs(30) };

    fn seconds(value: f64) -> Option<Duration> {
        Some(Duration::from_secs_f64(value))
    }

    #[test]
    fn without_a_header_the_wait_doubles() {
        let policy = RetryPolicy { max_retries: 100, ..POLICY };
        let waits: Vec<_> = (1..=7).map(|attempt| policy.wait_after(attempt, None, 0.0).map(|w| w.as_secs())).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30].map(Some));
        assert_eq!(policy.wait_after(90, None, 1.0), seconds(30.0));
    }

    #[test]
    fn the_retries_are_counted() {
        assert!(POLICY.wait_after(3, None, 0.0).is_some());
        assert_eq!(POLICY.wait_after(4, None, 0.0), None);
        let never = RetryPolicy { max_retries: 0, ..POLICY };
        assert_eq!(never.wait_after(1, seconds(1.0), 0.0), None);
    }

    #[test]
    fn the_servers_wait_is_honoured_up_to_the_limit() {
        for (asked, waited) in [(0.0, 0.0), (1.5, 1.5), (30.0, 30.0), (100_000.0, 30.0)] {
            assert_eq!(POLICY.wait_after(1, seconds(asked), 0.0), seconds(waited));
        }
    }

    #[test]
    fn jitter_is_only_ever_added_and_never_exceeds_the_limit() {
        for chance in [0.0, 0.25, 1.0] {
            for asked in [0.0, 0.3, 2.0, 29.5, 30.0] {
                let wait = POLICY.wait_after(1, seconds(asked), chance).expect("a wait").as_secs_f64();
                assert!(wait >= asked && wait <= (asked * 1.1).min(30.0) + 1e-9, "{asked} s became {wait} s");
            }
        }
        assert!(POLICY.wait_after(1, seconds(2.0), 1.0) > POLICY.wait_after(1, seconds(2.0), 0.0));
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
