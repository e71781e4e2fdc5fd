//! Requests.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request};

use crate::mismatch::{Finding, Message, Mismatch, child};
use crate::openapi::JSON;
use crate::spec::{Operation, RequestBody};

impl Operation {
    /// Where this request, which calls the operation, is not what the spec says.
    #[must_use]
    pub fn check_request(&self, request: &Request<Bytes>) -> Vec<Mismatch> {
        let mut findings = self.check_path(request.uri().path());
        findings.extend(self.check_query(request.uri().query().unwrap_or_default()));
        if self.needs_bearer && !has_bearer(request.headers()) {
            findings.push(Finding::new("/headers/authorization", "is no bearer token"));
        }
        findings.extend(self.check_body(request.headers(), request.body()));
        findings.into_iter().map(|finding| finding.of(&self.id, Message::Request)).collect()
    }

    fn check_path(&self, path: &str) -> Vec<Finding> {
        let check = |(name, text): (&str, Result<String, Finding>)| match (text, self.path.get(name)) {
            (Err(finding), _) => vec![finding],
            (Ok(text), Some(parameter)) => below(&child("/path", name), parameter.schema.check_text(&text)),
            (Ok(_), None) => vec![Finding::new(child("/path", name), "is not in the spec")],
        };
        self.route.parameters(path).flat_map(check).collect()
    }

    fn check_query(&self, query: &str) -> Vec<Finding> {
        let (mut findings, mut seen) = (Vec::new(), BTreeSet::new());
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            let path = child("/query", &name);
            match self.query.get(&*name) {
                None => findings.push(Finding::new(&path, "is not in the spec")),
                Some(parameter) => findings.extend(below(&path, parameter.schema.check_text(&text))),
            }
            if !seen.insert(name) {
                findings.push(Finding::new(path, "comes more than once"));
            }
        }
        let missing = self.query.iter().filter(|(name, parameter)| parameter.required && !seen.contains(name.as_str()));
        findings.extend(missing.map(|(name, _)| Finding::new(child("/query", name), "is required, and missing")));
        findings
    }

    fn check_body(&self, headers: &HeaderMap, body: &[u8]) -> Vec<Finding> {
        match &self.body {
            None if body.is_empty() => Vec::new(),
            None => vec![Finding::new("/body", "is there, and the operation takes none")],
            Some(RequestBody { required: false, .. }) if body.is_empty() => Vec::new(),
            Some(_) if body.is_empty() => vec![Finding::new("/body", "is required, and missing")],
            Some(RequestBody { content, .. }) => {
                let declared = check_content_type(headers, content.keys().map(String::as_str)).err();
                let found = content.get(JSON).map(|schema| below("/body", schema.check_json(body)));
                declared.into_iter().chain(found.into_iter().flatten()).collect()
            }
        }
    }
}

/// Says nothing of the token, so that it cannot leak.
fn has_bearer(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let parts = values.next().and_then(|value| value.to_str().ok()).and_then(|text| text.split_once(' '));
    let is_bearer = |(scheme, token): (&str, &str)| {
        scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(char::is_whitespace)
    };
    parts.is_some_and(is_bearer) && values.next().is_none()
}

/// The media type of the body, if it is one of these.
pub(crate) fn check_content_type<'a>(
    headers: &HeaderMap,
    mut declared: impl Iterator<Item = &'a str>,
) -> Result<&'a str, Finding> {
    let finding = |problem: &str| Finding::new("/headers/content-type", problem);
    let value = headers.get(CONTENT_TYPE).ok_or_else(|| finding("is missing"))?;
    let media = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let found = declared.find(|known| known.eq_ignore_ascii_case(media));
    found.ok_or_else(|| finding(&format!("{media:?} is not in the spec")))
}

pub(crate) fn below(path: &str, findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().map(|finding| finding.below(path)).collect()
}
