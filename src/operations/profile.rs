//! A bucket's profile.

use super::common::{InBucket, check_segment, unsendable};
use crate::error::EngramError;
use crate::generated::client::{self, Client};
pub use crate::generated::types::{Profile, ProfileResult, ProfileStatus};
use crate::request::{Operation, Received};
use crate::transport::{Call, Endpoint, Json};

/// Gets a profile: see [`EngramClient::get_profile`](crate::EngramClient::get_profile).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GetProfile;

impl InBucket for GetProfile {}

impl<Mode> Operation<Mode> for GetProfile {
    type Output = ProfileResult;
    type Response = Json<ProfileResult>;
    const ENDPOINT: &'static Endpoint = &client::GET_PROFILE;

    fn is_idempotent(&self) -> bool {
        true
    }

    fn call(&mut self, api: &Client, bucket: &str) -> Result<Call<Self::Response>, EngramError> {
        check_segment("bucket", bucket)?;
        api.get_profile_call(bucket).map_err(unsendable)
    }

    fn output(self, result: ProfileResult, _: Received<'_, Mode>) -> Result<ProfileResult, EngramError> {
        Ok(result)
    }
}

/// Asks for a new profile: see [`EngramClient::regenerate_profile`](crate::EngramClient::regenerate_profile).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegenerateProfile;

impl InBucket for RegenerateProfile {}

impl<Mode> Operation<Mode> for RegenerateProfile {
    type Output = ProfileResult;
    type Response = Json<ProfileResult>;
    const ENDPOINT: &'static Endpoint = &client::REGENERATE_PROFILE;

    fn is_idempotent(&self) -> bool {
        false
    }

    fn call(&mut self, api: &Client, bucket: &str) -> Result<Call<Self::Response>, EngramError> {
        check_segment("bucket", bucket)?;
        api.regenerate_profile_call(bucket).map_err(unsendable)
    }

    fn output(self, result: ProfileResult, _: Received<'_, Mode>) -> Result<ProfileResult, EngramError> {
        Ok(result)
    }
}
