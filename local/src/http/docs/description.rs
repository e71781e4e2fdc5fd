//! The description of the API, as this server hands it out.

use std::sync::LazyLock;

use lumetra_engram::api::{OPENAPI, OPENAPI_JSON};
use serde_json::Value;

use crate::http::error::ApiError;

const SERVERS: &str = "\nservers:\n";
const JSON_SERVERS: &str = "\"servers\": [";
/// What goes before the description's own servers. The URL is relative, so it is right under every name and port that this server
/// is reached at.
const THIS_SERVER: &str = "  - url: /\n    description: The local server that this description comes from.\n";
const JSON_THIS_SERVER: &str =
    r#"{ "url": "/", "description": "The local server that this description comes from." },"#;

/// The description with this server as the first of its servers; nothing else is changed.
pub(super) struct Description {
    pub(super) yaml: String,
    /// In the order of the YAML.
    pub(super) json: String,
    pub(super) parsed: Value,
}

/// Made when it is first asked for.
static DESCRIPTION: LazyLock<Option<Description>> =
    LazyLock::new(|| describe().inspect_err(|error| tracing::error!(%error, "the description cannot be read")).ok());

impl Description {
    pub(super) fn get() -> Result<&'static Self, ApiError> {
        DESCRIPTION.as_ref().ok_or_else(ApiError::internal)
    }

    pub(super) fn title(&self) -> &str {
        self.parsed["info"]["title"].as_str().unwrap_or_default()
    }

    /// The name of the scheme by which a request says whose it is.
    pub(super) fn security_scheme(&self) -> Option<&str> {
        self.parsed["security"][0].as_object()?.keys().next().map(String::as_str)
    }
}

fn describe() -> serde_json::Result<Description> {
    let yaml = OPENAPI.replacen(SERVERS, &format!("{SERVERS}{THIS_SERVER}"), 1);
    let json = OPENAPI_JSON.replacen(JSON_SERVERS, &format!("{JSON_SERVERS}{JSON_THIS_SERVER}"), 1);
    let parsed = serde_json::from_str(&json)?;
    Ok(Description { yaml, json, parsed })
}
