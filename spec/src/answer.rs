//! Answers, which are checked while they come.

use std::fmt::Display;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::events::Events;
use crate::mismatch::{Finding, Message, Mismatch};
use crate::openapi::EVENT_STREAM;
use crate::request::{below, check_content_type};
use crate::schema::Schema;
use crate::spec::{Answer, Operation};

/// An answer whose body is on its way.
#[derive(Debug)]
#[must_use = "what is wrong with the answer is known at its end"]
pub struct AnswerCheck {
    operation: String,
    status: u16,
    body: Body,
    findings: Vec<Finding>,
}

/// What the body is to be.
#[derive(Debug)]
enum Body {
    Json(Arc<Schema>, Vec<u8>),
    Events(Box<Events>),
    Empty,
    /// It cannot be said, and why is noted.
    Unknown,
}

impl Operation {
    /// Begins to check an answer.
    pub fn answer(&self, status: StatusCode, headers: &HeaderMap) -> AnswerCheck {
        let mut findings = Vec::new();
        let body = match self.declared(status) {
            None => {
                findings.push(Finding::new("/status", format!("{} is not in the spec", status.as_u16())));
                Body::Unknown
            }
            Some(answer) => {
                check_headers(answer, headers, &mut findings);
                expected_body(answer, headers).unwrap_or_else(|finding| {
                    findings.push(finding);
                    Body::Unknown
                })
            }
        };
        AnswerCheck { operation: self.id.clone(), status: status.as_u16(), body, findings }
    }

    /// Where this answer is not what the spec says.
    #[must_use]
    pub fn check_answer(&self, status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Vec<Mismatch> {
        let mut check = self.answer(status, headers);
        check.push(body);
        check.finish()
    }

    fn declared(&self, status: StatusCode) -> Option<&Answer> {
        let exact = status.as_str();
        let of_its_kind = format!("{}XX", &exact[..1]);
        [exact, of_its_kind.as_str(), "DEFAULT"].into_iter().find_map(|status| self.answers.get(status))
    }
}

/// A header that the spec has for an answer must be there.
fn check_headers(answer: &Answer, headers: &HeaderMap, findings: &mut Vec<Finding>) {
    for (name, schema) in &answer.headers {
        let path = format!("/headers/{name}");
        match headers.get(name).map(|value| value.to_str()) {
            None => findings.push(Finding::new(path, "is missing")),
            Some(Err(_)) => findings.push(Finding::new(path, "is no text")),
            Some(Ok(text)) => findings.extend(below(&path, schema.check_text(text))),
        }
    }
}

fn expected_body(answer: &Answer, headers: &HeaderMap) -> Result<Body, Finding> {
    if answer.content.is_empty() {
        return Ok(Body::Empty);
    }
    let media = check_content_type(headers, answer.content.keys().map(String::as_str))?;
    let schema = Arc::clone(&answer.content[media]);
    Ok(if media == EVENT_STREAM { Body::Events(Box::new(Events::new(schema))) } else { Body::Json(schema, Vec::new()) })
}

impl AnswerCheck {
    /// The next piece of the body.
    pub fn push(&mut self, piece: &Bytes) {
        match &mut self.body {
            Body::Json(_, read) => read.extend_from_slice(piece),
            Body::Events(events) => self.findings.extend(events.push(piece)),
            Body::Empty if !piece.is_empty() => {
                self.findings.push(Finding::new("/body", "is there, and the spec has none"));
                self.body = Body::Unknown;
            }
            Body::Empty | Body::Unknown => {}
        }
    }

    /// What is wrong with the answer, whose body has ended.
    #[must_use]
    pub fn finish(mut self) -> Vec<Mismatch> {
        match std::mem::replace(&mut self.body, Body::Unknown) {
            Body::Json(schema, read) => self.findings.extend(below("/body", schema.check_json(&read))),
            Body::Events(events) => self.findings.extend(events.finish()),
            Body::Empty | Body::Unknown => {}
        }
        self.abandon()
    }

    /// What is wrong with the answer, whose body broke off.
    #[must_use]
    pub fn broke_off(mut self, cause: impl Display) -> Vec<Mismatch> {
        self.findings.push(Finding::new("/body", format!("breaks off: {cause}")));
        self.abandon()
    }

    /// What is wrong with the answer as far as it was read by a client that did not wait for its end.
    #[must_use]
    pub fn abandon(self) -> Vec<Mismatch> {
        let Self { operation, status, findings, .. } = self;
        findings.into_iter().map(|finding| finding.of(&operation, Message::Answer(status))).collect()
    }
}
