//! Responses.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http::{HeaderMap, StatusCode};
use sse_stream::SseByteStream;

use crate::mismatch::{Finding, Message, Mismatch, below};
use crate::openapi::EVENT_STREAM;
use crate::request::check_content_type;
use crate::schema::Schema;
use crate::spec::{Operation, Response};

/// What the last event holds in place of JSON. The spec says so in words only.
const SENTINEL: &str = "[DONE]";

/// How the body of a response ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// As it should.
    Reached,
    /// The connection failed, for this reason.
    BrokeOff(String),
    /// The client did not wait for it.
    LeftEarly,
}

impl Operation {
    /// Where this response is not what the spec says, as far as its body was read.
    #[must_use]
    pub fn check_response(&self, status: StatusCode, headers: &HeaderMap, body: &Bytes, end: &End) -> Vec<Mismatch> {
        let mut findings = match self.declared(status) {
            None => vec![Finding::new("/status", format!("{} is not in the spec", status.as_u16()))],
            Some(response) => {
                let mut findings = check_headers(response, headers);
                findings.extend(check_body(response, headers, body, end));
                findings
            }
        };
        if let End::BrokeOff(cause) = end {
            findings.push(Finding::new("/body", format!("breaks off: {cause}")));
        }
        let message = Message::Response(status.as_u16());
        findings.into_iter().map(|finding| finding.of(&self.id, message)).collect()
    }

    fn declared(&self, status: StatusCode) -> Option<&Response> {
        let exact = status.as_str();
        let of_its_kind = format!("{}XX", &exact[..1]);
        self.responses.get(exact).or_else(|| self.responses.get(&of_its_kind))
    }
}

/// A header that the spec has for a response must be there.
fn check_headers(response: &Response, headers: &HeaderMap) -> Vec<Finding> {
    let check = |(name, schema): (&String, _)| {
        let schema: &Schema = schema;
        let findings = match headers.get(name).map(|value| value.to_str()) {
            None => vec![Finding::new("", "is missing")],
            Some(Err(_)) => vec![Finding::new("", "is no text")],
            Some(Ok(text)) => schema.check_text(text),
        };
        below(&format!("/headers/{name}"), findings).collect::<Vec<_>>()
    };
    response.headers.iter().map(|(name, schema)| (name, &**schema)).flat_map(check).collect()
}

fn check_body(response: &Response, headers: &HeaderMap, body: &Bytes, end: &End) -> Vec<Finding> {
    if response.content.is_empty() {
        let problem = (!body.is_empty()).then(|| Finding::new("/body", "is there, and the spec has none"));
        return problem.into_iter().collect();
    }
    match check_content_type(headers, response.content.keys()) {
        Err(finding) => vec![finding],
        Ok(EVENT_STREAM) => check_events(&response.content[EVENT_STREAM], body, end),
        // A part of a JSON text is none.
        Ok(_) if *end != End::Reached => Vec::new(),
        Ok(media) => below("/body", response.content[media].check_json(body)).collect(),
    }
}

/// Checks the events that are complete.
fn check_events(schema: &Schema, body: &Bytes, end: &End) -> Vec<Finding> {
    let mut blocks = SseByteStream::new(stream::iter([Ok::<_, Infallible>(body.clone())]));
    let (mut findings, mut frames, mut saw_sentinel) = (Vec::new(), 0, false);
    while let Some(Some(block)) = blocks.next().now_or_never() {
        let place = format!("/frames/{frames}");
        match block.map(|block| block.data) {
            // A comment, or an event without data.
            Ok(None) => continue,
            Ok(Some(data)) if saw_sentinel => {
                let what = if data == SENTINEL { SENTINEL } else { "an event" };
                findings.push(Finding::new(place, format!("{what} comes after {SENTINEL}")));
            }
            Ok(Some(data)) if data == SENTINEL => saw_sentinel = true,
            Ok(Some(data)) => findings.extend(below(&place, schema.check_json(data.as_bytes()))),
            Err(error) => findings.push(Finding::new(place, format!("is no event: {error}"))),
        }
        frames += 1;
    }
    if *end == End::Reached && !saw_sentinel {
        findings.push(Finding::new(format!("/frames/{frames}"), format!("the stream ends without {SENTINEL}")));
    }
    findings
}
