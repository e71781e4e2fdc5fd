//! Listing, making and deleting buckets.

use serde_json::{Map, Value};

use super::common::{Extensible, check_extra, check_segment, unsendable};
use crate::error::EngramError;
use crate::generated::client::{self, Client};
pub use crate::generated::types::Bucket;
use crate::generated::types::{CreateBucketRequest, ListBucketsResult};
use crate::request::{Operation, Received, Request};
use crate::transport::{Call, Empty, Endpoint, Json};
use crate::wire::BareOrWrapped;

/// Lists all buckets: see [`EngramClient::list_buckets`](crate::EngramClient::list_buckets).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListBuckets;

impl<Mode> Operation<Mode> for ListBuckets {
    type Output = Vec<Bucket>;
    type Response = Json<BareOrWrapped<ListBucketsResult, Bucket>>;
    const ENDPOINT: &'static Endpoint = &client::LIST_BUCKETS;

    fn bucket_count(&self) -> usize {
        0
    }

    fn is_idempotent(&self) -> bool {
        true
    }

    fn call(&mut self, api: &Client, _: &str) -> Result<Call<Self::Response>, EngramError> {
        // Without a page there are all buckets.
        api.list_buckets_call(None, None).map_err(unsendable)
    }

    fn output(
        self,
        value: BareOrWrapped<ListBucketsResult, Bucket>,
        _: Received<'_, Mode>,
    ) -> Result<Vec<Bucket>, EngramError> {
        Ok(match value {
            BareOrWrapped::Wrapped(wrapped) => wrapped.buckets,
            BareOrWrapped::Bare(buckets) => buckets,
        })
    }
}

/// Makes a bucket: see [`EngramClient::create_bucket`](crate::EngramClient::create_bucket).
#[derive(Clone, Debug)]
pub struct CreateBucket {
    body: CreateBucketRequest,
}

impl CreateBucket {
    pub(crate) fn new(name: String) -> Self {
        Self { body: CreateBucketRequest { name, description: None, extra: Map::new() } }
    }
}

impl<Mode> Request<CreateBucket, Mode> {
    /// What the bucket is for. Default: none.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.operation.body.description = Some(description.into());
        self
    }
}

impl Extensible for CreateBucket {
    fn extra_fields(&mut self) -> &mut Map<String, Value> {
        &mut self.body.extra
    }
}

impl<Mode> Operation<Mode> for CreateBucket {
    type Output = Bucket;
    type Response = Json<Bucket>;
    const ENDPOINT: &'static Endpoint = &client::CREATE_BUCKET;

    fn is_idempotent(&self) -> bool {
        false
    }

    fn call(&mut self, api: &Client, _: &str) -> Result<Call<Self::Response>, EngramError> {
        check_segment("bucket name", &self.body.name)?;
        check_extra(&self.body, client::CREATE_BUCKET.operation_id, &[])?;
        api.create_bucket_call(&self.body).map_err(unsendable)
    }

    fn output(self, bucket: Bucket, _: Received<'_, Mode>) -> Result<Bucket, EngramError> {
        Ok(bucket)
    }
}

/// Deletes a bucket: see [`EngramClient::delete_bucket`](crate::EngramClient::delete_bucket).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeleteBucket;

impl<Mode> Operation<Mode> for DeleteBucket {
    type Output = ();
    type Response = Empty;
    const ENDPOINT: &'static Endpoint = &client::DELETE_BUCKET;

    fn is_idempotent(&self) -> bool {
        false
    }

    fn call(&mut self, api: &Client, bucket: &str) -> Result<Call<Self::Response>, EngramError> {
        check_segment("bucket", bucket)?;
        api.delete_bucket_call(bucket).map_err(unsendable)
    }

    fn output(self, (): (), _: Received<'_, Mode>) -> Result<(), EngramError> {
        Ok(())
    }
}
