//! Requests.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request};

use crate::mismatch::{Finding, Message, Mismatch, below, child};
use crate::openapi::JSON;
use crate::route;
use crate::spec::{Operation, Parameter};

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

    fn parameter(&self, name: &str, in_path: bool) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name && parameter.in_path == in_path)
    }

    fn check_path(&self, path: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, text) in route::parameters(&self.path, path) {
            let path = child("/path", name);
            match (text, self.parameter(name, true)) {
                (Err(problem), _) => findings.push(Finding::new(path, problem)),
                (Ok(text), Some(parameter)) => findings.extend(below(&path, parameter.schema.check_text(&text))),
                (Ok(_), None) => findings.push(Finding::new(path, "is not in the spec")),
            }
        }
        findings
    }

    fn check_query(&self, query: &str) -> Vec<Finding> {
        let (mut findings, mut seen) = (Vec::new(), BTreeSet::new());
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            let path = child("/query", &name);
            match self.parameter(&name, false) {
                None => findings.push(Finding::new(&path, "is not in the spec")),
                Some(parameter) => findings.extend(below(&path, parameter.schema.check_text(&text))),
            }
            if !seen.insert(name) {
                findings.push(Finding::new(path, "comes more than once"));
            }
        }
        let required = self.parameters.iter().filter(|parameter| parameter.required && !parameter.in_path);
        let missing = required.filter(|parameter| !seen.contains(parameter.name.as_str()));
        findings.extend(missing.map(|it| Finding::new(child("/query", &it.name), "is required, and missing")));
        findings
    }

    fn check_body(&self, headers: &HeaderMap, body: &[u8]) -> Vec<Finding> {
        let finding = |problem: &str| vec![Finding::new("/body", problem)];
        match &self.body {
            None if body.is_empty() => Vec::new(),
            None => finding("is there, and the operation takes none"),
            Some(_) if body.is_empty() => finding("is required, and missing"),
            Some(content) => {
                let declared = check_content_type(headers, content.keys()).err();
                let checked = content.get(JSON).map(|schema| schema.check_json(body)).unwrap_or_default();
                declared.into_iter().chain(below("/body", checked)).collect()
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
    mut declared: impl Iterator<Item = &'a String>,
) -> Result<&'a str, Finding> {
    let finding = |problem: &str| Finding::new("/headers/content-type", problem);
    let value = headers.get(CONTENT_TYPE).ok_or_else(|| finding("is missing"))?;
    let media = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let found = declared.find(|known| known.eq_ignore_ascii_case(media));
    found.map(String::as_str).ok_or_else(|| finding(&format!("{media:?} is not in the spec")))
}
