//! The value of a `Retry-After` header. It is read as what it says or not at all, and no wait is longer than the client's limit.

#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use lumetra_engram::fuzzing::parse_retry_after;
use lumetra_engram::{EngramError, fuzzing};
use lumetra_engram_fuzz::{MAX_RETRY_DELAY, NO_LIMIT, assert_fit, client, with_answers};
use reqwest::header::HeaderValue;
use reqwest::{Body, Response};
use tokio::time::Instant;

/// Up to here, a number of seconds is exact as a float too.
const EXACT: u64 = 1 << 53;
/// How fine the clock of the waits is.
const TICK: Duration = Duration::from_millis(1);

fuzz_target!(|value: &[u8]| {
    let Ok(header) = HeaderValue::from_bytes(value) else { return };
    let text = header.to_str().unwrap_or_default().trim();
    assert_read(text);
    assert_waits(&header, text);
});

/// Asserts that the value is read as what it says.
fn assert_read(text: &str) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let read = parse_retry_after(text, now);
    match text.parse::<u64>() {
        Ok(seconds) if seconds <= EXACT && !text.starts_with('+') => {
            assert_eq!(read, Some(Duration::from_secs(seconds)));
        }
        _ => {}
    }
    let in_digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match read {
        Some(wait) if in_digits => {
            let again = parse_retry_after(&wait.as_secs_f64().to_string(), now);
            assert_eq!(again.map(|again| again.as_secs_f64()), Some(wait.as_secs_f64()));
        }
        // A date. One that is over is no wait; any other is found again when it is written anew.
        Some(Duration::ZERO) => {}
        Some(wait) => assert_eq!(parse_retry_after(&httpdate::fmt_http_date(now + wait), now), Some(wait)),
        None => assert!(httpdate::parse_http_date(text).is_err(), "a date is lost"),
    }
}

/// Asserts how long a call waits that is always refused with this header.
fn assert_waits(header: &HeaderValue, text: &str) {
    let refusal = || {
        let response = http::Response::builder().status(429).header("retry-after", header);
        Response::from(response.body(Body::default()).expect("an answer"))
    };
    let engram = client(NO_LIMIT, 2);
    let (error, waited) = with_answers([refusal(), refusal(), refusal()], async {
        let start = Instant::now();
        (engram.list_buckets().await.expect_err("all were refused"), start.elapsed())
    });
    assert_fit(&error);
    assert!(waited <= 2 * (MAX_RETRY_DELAY + TICK), "two waits took {waited:?}");
    let told = error.retry_after();
    let EngramError::Api(error) = error else { panic!("not an answer of the API: {error:?}") };
    assert_eq!((error.status.as_u16(), error.attempts), (429, 3));
    let now = SystemTime::now();
    if httpdate::parse_http_date(text).is_err() {
        assert_eq!(told, fuzzing::parse_retry_after(text, now), "the error tells of another wait");
        let least = told.map_or(Duration::from_secs(3), |told| 2 * told.min(MAX_RETRY_DELAY));
        assert!(waited >= least, "two waits of {told:?} took {waited:?}");
    }
}
