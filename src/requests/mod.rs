//! A request builder for each operation, a file for each resource.

mod buckets;
mod extra;
mod memories;
mod profile;
mod query;

pub use buckets::{CreateBucket, DeleteBucket, ListBuckets};
pub(crate) use extra::ExtensibleBody;
use extra::check_extra;
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

/// A setter of a field that the description does not know, in this map.
macro_rules! extra_setter {
    ($setter:ident, $($map:ident).+, $where:literal) => {
        #[doc = concat!("A field of ", $where, " that the API's description does not know, to be sent as it is. For what the")]
        /// service takes and no public client shows, such as the filters by agent and by run that Lumetra mentions. A name that is
        /// set twice keeps the last value. Default: none.
        ///
        /// A field that the description knows is refused when the request is sent, with [`EngramError::InvalidRequest`], which
        /// says what sets it. JSON has no NaN and no infinity: they become `null`.
        pub fn $setter(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
            self.$($map).+.insert(name.into(), value.into());
            self
        }
    };
}
use extra_setter;
