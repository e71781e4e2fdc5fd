//! A bucket's profile.

use super::{awaitable, bucket_setter};
use crate::call::Call;
use crate::error::EngramError;
use crate::generated::Client;
use crate::generated::types::ProfileResult;
use crate::path::check_segment;

/// Gets a profile: see [`EngramClient::get_profile`](crate::EngramClient::get_profile).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct GetProfile {
    api: Client,
    bucket: String,
}

impl GetProfile {
    pub(crate) fn new(api: &Client, bucket: &str) -> Self {
        Self { api: api.clone(), bucket: bucket.to_owned() }
    }

    bucket_setter!();

    /// Sends the request. Without a profiler, or before its first run, there is no profile; see
    /// [`status`](ProfileResult::status).
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`.
    pub async fn send(self) -> Result<ProfileResult, EngramError> {
        check_segment("bucket", &self.bucket)?;
        let call = Call::new(&self.api);
        let outcome = call.api.get_profile(&self.bucket).await;
        call.answer(outcome).await
    }
}

awaitable!(GetProfile => ProfileResult);

/// Asks for a new profile: see [`EngramClient::regenerate_profile`](crate::EngramClient::regenerate_profile).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct RegenerateProfile {
    api: Client,
    bucket: String,
}

impl RegenerateProfile {
    pub(crate) fn new(api: &Client, bucket: &str) -> Self {
        Self { api: api.clone(), bucket: bucket.to_owned() }
    }

    bucket_setter!();

    /// Sends the request. The service only queues the work, so the result may be the previous profile.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`; [`is_profiler_not_installed`](EngramError::is_profiler_not_installed) where
    /// the bucket has no profiler.
    pub async fn send(self) -> Result<ProfileResult, EngramError> {
        check_segment("bucket", &self.bucket)?;
        let call = Call::new(&self.api);
        let outcome = call.api.regenerate_profile(&self.bucket).await;
        call.answer(outcome).await
    }
}

awaitable!(RegenerateProfile => ProfileResult);
