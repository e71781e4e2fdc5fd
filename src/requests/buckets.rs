//! Listing, making and deleting buckets.

use serde_json::Map;

use super::{check_extra, extra_setter, request, setup};
use crate::answers::BareOrWrapped;
use crate::call::{Call, Operation, Setup};
use crate::error::EngramError;
use crate::generated::types::{Bucket, CreateBucketRequest};
use crate::mode::Async;
use crate::path::check_segment;
use crate::retry::Repeat;

/// Lists all buckets: see [`EngramClient::list_buckets`](crate::EngramClient::list_buckets).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct ListBuckets<Mode = Async> {
    setup: Setup<Mode>,
}

impl<Mode> ListBuckets<Mode> {
    pub(crate) fn new(setup: Setup<Mode>) -> Self {
        Self { setup }
    }
}

impl<Mode: Send> Operation for ListBuckets<Mode> {
    const NAME: &str = "list_buckets";
    type Answer = Vec<Bucket>;

    setup!();

    fn bucket_count(&self) -> usize {
        0
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn run(self, call: &Call) -> Result<Vec<Bucket>, EngramError> {
        // Without a page there are all buckets.
        let outcome = call.api.list_buckets(None, None).await;
        Ok(match call.answer(outcome).await? {
            BareOrWrapped::Wrapped(wrapped) => wrapped.buckets,
            BareOrWrapped::Bare(buckets) => buckets,
        })
    }
}

request!(
    /// Sends the request.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config`, `InvalidRequest` and `Stream`.
    ListBuckets[] => Vec<Bucket>
);

/// Makes a bucket: see [`EngramClient::create_bucket`](crate::EngramClient::create_bucket).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct CreateBucket<Mode = Async> {
    setup: Setup<Mode>,
    body: CreateBucketRequest,
}

impl<Mode> CreateBucket<Mode> {
    pub(crate) fn new(setup: Setup<Mode>, name: String) -> Self {
        Self { setup, body: CreateBucketRequest { name, description: None, extra: Map::new() } }
    }

    /// What the bucket is for. Default: none.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.body.description = Some(description.into());
        self
    }

    extra_setter!(extra, body.extra, "the body");
}

impl<Mode: Send> Operation for CreateBucket<Mode> {
    const NAME: &str = "create_bucket";
    type Answer = Bucket;

    setup!();

    fn repeat(&self) -> Repeat {
        Repeat::OnlyIfUnsent
    }

    async fn run(self, call: &Call) -> Result<Bucket, EngramError> {
        check_segment("bucket name", &self.body.name)?;
        check_extra(&self.body, Self::NAME, &[])?;
        let outcome = call.api.create_bucket(&self.body).await;
        call.answer(outcome).await
    }
}

request!(
    /// Sends the request.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config` and `Stream`; [`is_conflict`](EngramError::is_conflict) where the bucket exists already;
    /// [`EngramError::InvalidRequest`] for a name that is empty, `.` or `..`, which no other call could name.
    CreateBucket[] => Bucket
);

/// Deletes a bucket: see [`EngramClient::delete_bucket`](crate::EngramClient::delete_bucket).
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct DeleteBucket<Mode = Async> {
    setup: Setup<Mode>,
    bucket: String,
}

impl<Mode> DeleteBucket<Mode> {
    pub(crate) fn new(setup: Setup<Mode>, bucket: String) -> Self {
        Self { setup, bucket }
    }
}

impl<Mode: Send> Operation for DeleteBucket<Mode> {
    const NAME: &str = "delete_bucket";
    type Answer = ();

    setup!();

    fn repeat(&self) -> Repeat {
        Repeat::OnlyIfUnsent
    }

    async fn run(self, call: &Call) -> Result<(), EngramError> {
        check_segment("bucket", &self.bucket)?;
        let outcome = call.api.delete_bucket(&self.bucket).await;
        call.accepted(outcome).await
    }
}

request!(
    /// Sends the request. Any 2xx answer means that the bucket is deleted.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] but `Config`, `Decode` and `Stream`.
    DeleteBucket[] => ()
);
