//! Requests to an endpoint.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{Client, Response, Url, redirect};
use serde::Serialize;

use super::Address;
use super::words::{chain, words};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) struct Endpoint {
    /// What it is called in errors.
    name: &'static str,
    url: String,
    key: Option<String>,
    client: Result<Client, String>,
}

/// Why there is no response, or not the whole of it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No request has got there.
    Unreachable(String),
    /// The response did not come, or broke off.
    Broken(String),
}

impl Endpoint {
    /// The path is added to the base.
    pub(crate) fn new(name: &'static str, address: &Address, path: &str) -> Self {
        let url = format!("{}{path}", address.url.trim_end_matches('/'));
        let client = client(&url).map_err(|error| format!("cannot create an HTTP client: {}", chain(&error)));
        Self { name, url, key: address.key.clone(), client }
    }

    pub(crate) fn is_on_this_machine(&self) -> bool {
        is_loopback(&self.url)
    }

    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Sends the body. It waits for the response as long as it is let.
    pub(crate) async fn post(&self, body: &(impl Serialize + Sync)) -> Result<Response, Failure> {
        let client = self.client.as_ref().map_err(|problem| Failure::Unreachable(problem.clone()))?;
        let request = client.post(&self.url).json(body);
        let request = match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        request.send().await.map_err(|error| {
            let is_unreachable = error.is_connect() || error.is_builder();
            let cause = chain(&error.without_url());
            if is_unreachable {
                Failure::Unreachable(self.problem(format_args!("cannot be reached ({cause})")))
            } else {
                Failure::Broken(self.problem(format_args!("did not respond ({cause})")))
            }
        })
    }

    /// The next piece of the response's body.
    pub(crate) async fn piece(&self, response: &mut Response) -> Result<Option<Bytes>, Failure> {
        response.chunk().await.map_err(|error| {
            let cause = chain(&error.without_url());
            Failure::Broken(self.problem(format_args!("broke off its answer ({cause})")))
        })
    }

    /// The response's body, of so many bytes at most.
    pub(crate) async fn body(&self, mut response: Response, largest: usize) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece(&mut response).await? {
            body.extend_from_slice(&piece);
            if body.len() > largest {
                return Err(self.too_large(largest));
            }
        }
        Ok(body)
    }

    pub(crate) fn too_large(&self, largest: usize) -> Failure {
        Failure::Broken(self.problem(format_args!("returned more than {largest} bytes")))
    }

    /// What the endpoint says of an error: on one line, in brackets, and without the key, which some repeat.
    pub(crate) fn words(&self, body: &[u8]) -> String {
        words(body, self.key.as_deref())
    }

    /// The problem as a sentence that names the endpoint.
    pub(crate) fn problem(&self, problem: impl std::fmt::Display) -> String {
        format!("the {} {} {problem}", self.name, self.url)
    }
}

/// No proxy stands between this machine and itself, whatever the environment says.
fn client(url: &str) -> reqwest::Result<Client> {
    let builder = Client::builder().connect_timeout(CONNECT_TIMEOUT).redirect(redirect::Policy::none());
    if !is_loopback(url) {
        return builder.build();
    }
    let builder = builder.no_proxy();
    // The certificates that this machine trusts take milliseconds to read, and without TLS nothing asks for them.
    #[cfg(feature = "https")]
    let builder = if url.starts_with("http:") { builder.tls_certs_only([]) } else { builder };
    builder.build()
}

fn is_loopback(url: &str) -> bool {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
