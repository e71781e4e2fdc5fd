//! API keys of endpoints, which no command line should show.

use std::env;

use crate::error::LocalServerError;

/// The key that this environment variable holds, which this setting names.
pub(super) fn key_in(variable: &str, setting: &'static str) -> Result<String, LocalServerError> {
    let key = env::var(variable).ok().filter(|key| !key.trim().is_empty()).ok_or_else(|| {
        let message = format!("names {variable}, which is not set; put the endpoint's API key there");
        LocalServerError::setting(setting, message)
    })?;
    Ok(key.trim().to_owned())
}
