//! A bucket's profile.

use super::common::{InBucket, check_segment, unsendable};
use crate::error::EngramError;
use crate::generated::client::{self, Client};
pub use crate::generated::types::{Profile, ProfileResult, ProfileStatus};
use crate::request::{Operation, Received};
use crate::transport::{Call, Endpoint, Json};

/// Gets a profile: see [`EngramClient::get_profile`](crate::EngramClient::get_profile).
#[derive(Clone, Debug)]
pub struct GetProfile {
    bucket: String,
}

impl GetProfile {
    pub(crate) fn new(bucket: &str) -> Self {
        Self { bucket: bucket.to_owned() }
    }
}

impl InBucket for GetProfile {
    fn set_bucket(&mut self, bucket: String) {
        self.bucket = bucket;
    }
}

impl<Mode> Operation<Mode> for GetProfile {
    type Output = ProfileResult;
    type Response = Json<ProfileResult>;
    const ENDPOINT: &'static Endpoint = &client::GET_PROFILE;

    fn is_idempotent(&self) -> bool {
        true
    }

    fn call(&mut self, api: &Client) -> Result<Call<Self::Response>, EngramError> {
        check_segment("bucket", &self.bucket)?;
        api.get_profile_call(&self.bucket).map_err(unsendable)
    }

    fn output(self, result: ProfileResult, _: Received<'_, Mode>) -> Result<ProfileResult, EngramError> {
        Ok(result)
    }
}

/// Asks for a new profile: see [`EngramClient::regenerate_profile`](crate::EngramClient::regenerate_profile).
#[derive(Clone, Debug)]
pub struct RegenerateProfile {
    bucket: String,
}

impl RegenerateProfile {
    pub(crate) fn new(bucket: &str) -> Self {
        Self { bucket: bucket.to_owned() }
    }
}

impl InBucket for RegenerateProfile {
    fn set_bucket(&mut self, bucket: String) {
        self.bucket = bucket;
    }
}

impl<Mode> Operation<Mode> for RegenerateProfile {
    type Output = ProfileResult;
    type Response = Json<ProfileResult>;
    const ENDPOINT: &'static Endpoint = &client::REGENERATE_PROFILE;

    fn is_idempotent(&self) -> bool {
        false
    }

    fn call(&mut self, api: &Client) -> Result<Call<Self::Response>, EngramError> {
        check_segment("bucket", &self.bucket)?;
        api.regenerate_profile_call(&self.bucket).map_err(unsendable)
    }

    fn output(self, result: ProfileResult, _: Received<'_, Mode>) -> Result<ProfileResult, EngramError> {
        Ok(result)
    }
}
