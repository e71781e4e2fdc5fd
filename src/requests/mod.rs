//! A request builder for each operation, a file for each resource.

mod buckets;
mod memories;
mod profile;
mod query;

pub use buckets::{CreateBucket, DeleteBucket, ListBuckets};
pub use memories::{ClearMemories, DeleteMemory, ListMemories, StoreMemories, StoreMemory};
pub use profile::{GetProfile, RegenerateProfile};
pub(crate) use query::check_buckets;
pub use query::{Query, TopKPerBucket};

/// Lets a request be awaited. It owns all that it needs, so its future can be spawned.
macro_rules! awaitable {
    ($request:ty => $answer:ty) => {
        impl std::future::IntoFuture for $request {
            type Output = Result<$answer, crate::error::EngramError>;
            type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.send())
            }
        }
    };
}
use awaitable;

/// The setter of the bucket of a request.
macro_rules! bucket_setter {
    () => {
        /// The bucket. Default: the client's default bucket.
        pub fn bucket(mut self, bucket: impl Into<String>) -> Self {
            self.bucket = bucket.into();
            self
        }
    };
}
use bucket_setter;
