//! Listing, making and deleting buckets.

use serde_json::Map;

use super::{awaitable, check_extra, extra_setter};
use crate::answers::BareOrWrapped;
use crate::call::Call;
use crate::error::EngramError;
use crate::generated::Client;
use crate::generated::types::{Bucket, CreateBucketRequest};
use crate::path::check_segment;

/// Lists all buckets: see [`EngramClient::list_buckets`](crate::EngramClient::list_buckets).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct ListBuckets {
    api: Client,
}

impl ListBuckets {
    pub(crate) fn new(api: &Client) -> Self {
        Self { api: api.clone() }
    }

    /// Sends the request.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config`, `InvalidRequest` and `Stream`.
    pub async fn send(self) -> Result<Vec<Bucket>, EngramError> {
        let call = Call::new(&self.api);
        let outcome = call.api.list_buckets().await;
        Ok(match call.answer(outcome).await? {
            BareOrWrapped::Wrapped(wrapped) => wrapped.buckets,
            BareOrWrapped::Bare(buckets) => buckets,
        })
    }
}

awaitable!(ListBuckets => Vec<Bucket>);

/// Makes a bucket: see [`EngramClient::create_bucket`](crate::EngramClient::create_bucket).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct CreateBucket {
    api: Client,
    body: CreateBucketRequest,
}

impl CreateBucket {
    pub(crate) fn new(api: &Client, name: String) -> Self {
        Self { api: api.clone(), body: CreateBucketRequest { name, description: None, extra: Map::new() } }
    }

    /// What the bucket is for. Default: none.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.body.description = Some(description.into());
        self
    }

    extra_setter!(extra, body.extra, "the body");

    /// Sends the request.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`; [`is_conflict`](EngramError::is_conflict) where the bucket exists already;
    /// [`EngramError::InvalidRequest`] for a name that is empty, `.` or `..`, which no other call could name.
    pub async fn send(self) -> Result<Bucket, EngramError> {
        check_segment("bucket name", &self.body.name)?;
        check_extra(&self.body, "create_bucket", &[])?;
        let call = Call::new(&self.api);
        let outcome = call.api.create_bucket(&self.body).await;
        call.answer(outcome).await
    }
}

awaitable!(CreateBucket => Bucket);

/// Deletes a bucket: see [`EngramClient::delete_bucket`](crate::EngramClient::delete_bucket).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct DeleteBucket {
    api: Client,
    bucket: String,
}

impl DeleteBucket {
    pub(crate) fn new(api: &Client, bucket: String) -> Self {
        Self { api: api.clone(), bucket }
    }

    /// Sends the request. Any 2xx answer means that the bucket is deleted.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config`, `Decode` and `Stream`.
    pub async fn send(self) -> Result<(), EngramError> {
        check_segment("bucket", &self.bucket)?;
        let call = Call::new(&self.api);
        let outcome = call.api.delete_bucket(&self.bucket).await;
        call.accepted(outcome).await
    }
}

awaitable!(DeleteBucket => ());
