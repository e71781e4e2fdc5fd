//! An answer that is not a success: a status, headers and a body, written as in HTTP but for the header `padding`, which puts so
//! many spaces in front of the body. Every call makes the same error of it, whose parts are those of the answer.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lumetra_engram::{ApiError, EngramError, ErrorBody};
use lumetra_engram_fuzz::{KEY, NO_LIMIT, Random, assert_fit, client, in_pieces, with_answers};
use reqwest::Response;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// How much of a body is kept.
const CAP: usize = 64 * 1024;

fuzz_target!(|input: &[u8]| {
    let answer = Answer::parse(input);
    let engram = client(NO_LIMIT, 0);
    let listed = with_answers([answer.response()], engram.list_buckets().send()).expect_err("not a success");
    let streamed = with_answers([answer.response()], engram.query_stream("q").send()).expect_err("not a success");
    assert_fit(&listed);
    assert!(alike(&listed, &streamed), "the calls disagree: {listed:?} and {streamed:?}");

    assert_eq!(listed.status().map(u16::from), Some(answer.status));
    let kinds = [(listed.is_unauthorized(), 401), (listed.is_conflict(), 409), (listed.is_rate_limited(), 429)];
    assert!(kinds.iter().all(|(is, status)| *is == (answer.status == *status)), "it is of another kind: {listed:?}");
    // Some are of a web server that has no such route.
    assert!(answer.status == 404 || !listed.is_not_found(), "it is of another kind: {listed:?}");
    assert!(answer.status == 412 || !listed.is_byok_required() && !listed.is_profiler_not_installed());
    assert!(!listed.is_timeout() && !listed.is_connect());

    let EngramError::Api(error) = listed else { panic!("not an answer of the API: {listed:?}") };
    let start = format!("Engram API {}: ", answer.status);
    assert!(error.to_string().strip_prefix(&start).is_some_and(|said| !said.trim().is_empty()), "{error}");
    answer.assert_body(&error);
    answer.assert_code(&error);
});

fn alike(one: &EngramError, other: &EngramError) -> bool {
    one.to_string() == other.to_string() && one.body() == other.body() && one.code() == other.code()
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// Never fails, since an input that is refused teaches the fuzzer nothing.
    fn parse(input: &[u8]) -> Self {
        let (head, body) = halves(input, b"\n\n").unwrap_or((b"500", input));
        let mut lines = head.split(|byte| *byte == b'\n');
        let status = lines.next().and_then(|line| str::from_utf8(line).ok()?.trim().parse().ok());
        let headers: HeaderMap = lines.filter_map(header).collect();
        let padding = headers.get("padding").and_then(|value| value.to_str().ok()?.parse().ok());
        let mut padded = vec![b' '; padding.unwrap_or(0).min(2 * CAP)];
        padded.extend_from_slice(body);
        Self { status: status.filter(|status| (300..1000).contains(status)).unwrap_or(500), headers, body: padded }
    }

    fn response(&self) -> Response {
        let body = in_pieces(Random::of(&self.body).pieces(&self.body));
        let mut response = http::Response::builder().status(self.status).body(body).expect("an answer");
        response.headers_mut().extend(self.headers.clone());
        Response::from(response)
    }

    /// The client cannot tell a body that ends at the cap from one that goes on.
    fn is_cut(&self) -> bool {
        self.body.len() >= CAP
    }

    /// The body is kept: parsed where it is JSON, else as text, and less the key.
    fn assert_body(&self, error: &ApiError) {
        let sent = serde_json::from_slice::<Value>(without_mark(&self.body)).ok().filter(|_| self.body.len() <= CAP);
        match (&error.body, sent) {
            (ErrorBody::Json(_), Some(sent)) if sent.to_string().contains(KEY) => {}
            (ErrorBody::Json(kept), Some(sent)) => assert_eq!(*kept, sent),
            (ErrorBody::Text(kept), None) => self.assert_text(kept),
            // Where the cut falls on the white space behind a JSON, that is still one.
            (ErrorBody::Json(_), None) => assert!(self.is_cut(), "no JSON was sent: {error:?}"),
            (other, _) => panic!("JSON was sent, and this is kept: {other:?}"),
        }
    }

    fn assert_text(&self, kept: &str) {
        let sent = String::from_utf8_lossy(without_mark(&self.body[..self.body.len().min(CAP)]));
        if !self.is_cut() && !sent.contains(KEY) {
            assert_eq!(*kept, sent);
        }
        // What is cut off may be the rest of the key.
        let beginning = (1..KEY.len()).rev().find(|length| self.is_cut() && sent.ends_with(&KEY[..*length]));
        let most = sent.len() - beginning.unwrap_or(0);
        assert!(kept.len() <= most, "{} bytes are kept of {}, not {most} at most", kept.len(), sent.len());
    }

    /// The code is one that the body has, and a code in the body's own `code` is found.
    fn assert_code(&self, error: &ApiError) {
        let ErrorBody::Json(body) = &error.body else { return assert_eq!(error.code, None) };
        if let Some(code) = body.get("code").and_then(Value::as_str) {
            assert_eq!(error.code.as_deref(), Some(code));
        }
        if let Some(code) = &error.code {
            assert!(body["error"] == code.as_str() || has_code(body, code), "the body has no code {code:?}");
        }
    }
}

fn has_code(body: &Value, code: &str) -> bool {
    body.as_object().is_some_and(|members| {
        members.get("code").is_some_and(|own| own == code) || members.values().any(|member| has_code(member, code))
    })
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = halves(line, b":")?;
    Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value.trim_ascii()).ok()?))
}

/// What is before and after the first `separator`.
fn halves<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(separator.len()).position(|window| window == separator)?;
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}

/// The text without a byte order mark, which is passed over.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(body)
}
