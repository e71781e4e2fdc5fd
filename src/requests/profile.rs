//! A bucket's profile.

use super::{bucket_setter, request, setup};
use crate::call::{Call, Operation, Setup};
use crate::error::EngramError;
use crate::generated::types::ProfileResult;
use crate::mode::Async;
use crate::path::check_segment;
use crate::retry::Repeat;

/// Gets a profile: see [`EngramClient::get_profile`](crate::EngramClient::get_profile).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct GetProfile<Mode = Async> {
    setup: Setup<Mode>,
    bucket: String,
}

impl<Mode> GetProfile<Mode> {
    pub(crate) fn new(setup: Setup<Mode>, bucket: &str) -> Self {
        Self { setup, bucket: bucket.to_owned() }
    }

    bucket_setter!();
}

impl<Mode: Send> Operation for GetProfile<Mode> {
    const NAME: &str = "get_profile";
    type Answer = ProfileResult;

    setup!();

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn run(self, call: &Call) -> Result<ProfileResult, EngramError> {
        check_segment("bucket", &self.bucket)?;
        let outcome = call.api.get_profile(&self.bucket).await;
        call.answer(outcome).await
    }
}

request!(
    /// Sends the request. Without a profiler, or before its first run, there is no profile; see
    /// [`status`](ProfileResult::status).
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`.
    GetProfile[] => ProfileResult
);

/// Asks for a new profile: see [`EngramClient::regenerate_profile`](crate::EngramClient::regenerate_profile).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct RegenerateProfile<Mode = Async> {
    setup: Setup<Mode>,
    bucket: String,
}

impl<Mode> RegenerateProfile<Mode> {
    pub(crate) fn new(setup: Setup<Mode>, bucket: &str) -> Self {
        Self { setup, bucket: bucket.to_owned() }
    }

    bucket_setter!();
}

impl<Mode: Send> Operation for RegenerateProfile<Mode> {
    const NAME: &str = "regenerate_profile";
    type Answer = ProfileResult;

    setup!();

    fn repeat(&self) -> Repeat {
        Repeat::OnlyIfUnsent
    }

    async fn run(self, call: &Call) -> Result<ProfileResult, EngramError> {
        check_segment("bucket", &self.bucket)?;
        let outcome = call.api.regenerate_profile(&self.bucket).await;
        call.answer(outcome).await
    }
}

request!(
    /// Sends the request. The service only queues the work, so the result may be the previous profile.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`; [`is_profiler_not_installed`](EngramError::is_profiler_not_installed) where
    /// the bucket has no profiler.
    RegenerateProfile[] => ProfileResult
);
