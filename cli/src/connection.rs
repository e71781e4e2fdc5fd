//! Which server, and with which key.

use std::env;

use clap::Args;
use lumetra_engram::{DEFAULT_BASE_URL, ENV_API_KEY, ENV_BASE_URL, EngramClient};
use reqwest::Url;

use crate::credentials::{self, Credentials};
use crate::failure::{Failure, Kind};
use crate::secret::Secret;

const USER_AGENT: &str = concat!("lumetra-engram-cli/", env!("CARGO_PKG_VERSION"));

#[derive(Clone, Debug, Args)]
pub(crate) struct Connection {
    /// The server [default: $ENGRAM_BASE_URL, else that of `login`, else that of Engram]
    #[arg(long, global = true, value_name = "URL", help_heading = "Global options")]
    pub(crate) base_url: Option<String>,
}

/// A value, and where it is from.
#[derive(Debug)]
pub(crate) struct Found<T> {
    pub(crate) value: T,
    pub(crate) from: String,
}

impl Connection {
    /// A client of the server, with the key of the environment, or else the one that was saved for this server.
    pub(crate) fn client(&self) -> Result<EngramClient, Failure> {
        self.client_with(&self.key()?.value)
    }

    pub(crate) fn client_with(&self, key: &Secret) -> Result<EngramClient, Failure> {
        let builder = EngramClient::builder().user_agent(USER_AGENT);
        Ok(builder.api_key(key.expose()).base_url(self.server()?.value).build()?)
    }

    pub(crate) fn server(&self) -> Result<Found<String>, Failure> {
        if let Some(server) = self.chosen_server()? {
            return Ok(server);
        }
        if let Some(saved) = credentials::read()? {
            return server_from(saved.base_url, "the credentials file");
        }
        Ok(Found { value: DEFAULT_BASE_URL.to_owned(), from: "the default".to_owned() })
    }

    /// The server of this run, rather than a saved one.
    fn chosen_server(&self) -> Result<Option<Found<String>>, Failure> {
        if let Some(value) = self.base_url.clone() {
            return server_from(value, "--base-url").map(Some);
        }
        let value = from_environment(ENV_BASE_URL)?;
        value.map(|value| server_from(value, ENV_BASE_URL)).transpose()
    }

    pub(crate) fn key(&self) -> Result<Found<Secret>, Failure> {
        if let Some(value) = from_environment(ENV_API_KEY)?.as_deref().and_then(Secret::new) {
            return Ok(Found { value, from: ENV_API_KEY.to_owned() });
        }
        match credentials::read()? {
            Some(saved) => self.saved_key(saved),
            None => Err(Failure::new(Kind::Auth, "no API key is set")
                .hint("Run `lumetra-engram login`, or set ENGRAM_API_KEY.")),
        }
    }

    /// The saved key, unless it is another server's: it must not be sent to this one.
    fn saved_key(&self, saved: Credentials) -> Result<Found<Secret>, Failure> {
        if let Some(server) = self.chosen_server()?
            && let saved_server = server_from(saved.base_url.clone(), "the credentials file")?
            && server.value != saved_server.value
        {
            return Err(Failure::new(
                Kind::Auth,
                format!("the saved API key is for {}, and is not sent to {}", saved_server.value, server.value),
            )
            .hint(format!("Run `lumetra-engram login --base-url {}`, or set ENGRAM_API_KEY.", server.value)));
        }
        Ok(Found { value: saved.api_key, from: "the credentials file".to_owned() })
    }
}

/// A server, as it can be shown: what is no URL, or one with a password, is refused, and the message doesn't repeat it.
pub(crate) fn server_from(value: String, from: &str) -> Result<Found<String>, Failure> {
    let has_more = |url: &Url| {
        !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some()
    };
    let problem = match Url::parse(value.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https")) {
        None => Some("must be a URL that begins with http:// or https://"),
        Some(url) if has_more(&url) => Some("must not contain a user name, a password, a query or a fragment"),
        Some(_) => None,
    };
    if let Some(problem) = problem {
        return Err(Failure::usage(format!("the server's address, from {from}, {problem}"))
            .hint(format!("It should look like {DEFAULT_BASE_URL} or http://127.0.0.1:7878.")));
    }
    let url = value.trim().trim_end_matches('/');
    let value = url.strip_suffix("/v1").unwrap_or(url).to_owned();
    Ok(Found { value, from: from.to_owned() })
}

/// The value of a variable; one that is empty counts as not set.
pub(crate) fn from_environment(name: &str) -> Result<Option<String>, Failure> {
    match env::var_os(name).map(std::ffi::OsString::into_string) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        // The value may be the key, so it is not shown.
        Some(Err(_)) => Err(Failure::usage(format!("{name} is not valid UTF-8"))),
    }
}
