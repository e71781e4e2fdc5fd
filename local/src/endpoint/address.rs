//! Where an endpoint is, and what it is told.

use std::fmt::DebugStruct;

use reqwest::Url;

use crate::error::LocalServerError;

#[derive(Clone)]
pub(crate) struct Address {
    /// The base, such as `http://127.0.0.1:11434/v1`.
    pub(crate) url: String,
    pub(crate) model: String,
    pub(crate) key: Option<String>,
}

/// What the settings are called that make up an address.
pub(crate) struct Names {
    pub(crate) url: &'static str,
    pub(crate) model: &'static str,
    pub(crate) key: &'static str,
    /// A model that one could name.
    pub(crate) example: &'static str,
}

impl Address {
    pub(crate) fn check(&self, names: &Names) -> Result<(), LocalServerError> {
        check_url(&self.url).map_err(|message| LocalServerError::setting(names.url, message))?;
        if self.model.trim().is_empty() {
            let message = format!("must name the model, such as {}", names.example);
            return Err(LocalServerError::setting(names.model, message));
        }
        if self.key.as_ref().is_some_and(|key| key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic())) {
            let message = "must not be empty, and must be ASCII without spaces";
            return Err(LocalServerError::setting(names.key, message));
        }
        Ok(())
    }

    /// Adds where it is and the model, without the key.
    pub(crate) fn debug<'a, 'b, 'c>(&self, debug: &'a mut DebugStruct<'b, 'c>) -> &'a mut DebugStruct<'b, 'c> {
        // A name and a password may stand before the host, though they are refused later.
        debug.field("host", &self.url.rsplit('@').next()).field("model", &self.model)
    }
}

fn check_url(url: &str) -> Result<(), String> {
    let example = "write its base, such as http://127.0.0.1:11434/v1";
    let parsed = Url::parse(url).map_err(|error| format!("is not a URL ({error}); {example}"))?;
    match parsed.scheme() {
        _ if !parsed.has_host() => Err(format!("has no host; {example}")),
        _ if parsed.query().is_some() || parsed.fragment().is_some() => {
            Err(format!("has a query or a fragment; {example}"))
        }
        _ if !parsed.username().is_empty() || parsed.password().is_some() => {
            Err("must not contain a user name or a password; set the API key separately".to_owned())
        }
        "http" => Ok(()),
        "https" if cfg!(feature = "https") => Ok(()),
        "https" => Err("needs the feature `https` of lumetra-engram-local".to_owned()),
        _ => Err(format!("must begin with http:// or https://; {example}")),
    }
}
