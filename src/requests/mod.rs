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

/// How a request is sent: `send`, awaiting, and `with_response`, with the documentation of `send`. `[…]` holds the type's arguments
/// other than the mode.
macro_rules! request {
    ($(#[$documentation:meta])* $({$($generics:tt)*})? $request:ident [$($argument:ty)?] => $answer:ty) => {
        crate::requests::request!(
            $(#[$documentation])* $({$($generics)*})? $request[$($argument)?] => $answer, not blocking
        );
        #[cfg(feature = "blocking")]
        crate::blocking::blocking_request!(
            $(#[$documentation])* {$($($generics)*)?} $request[$($argument)?] => $answer
        );
    };
    ($(#[$documentation:meta])* $({$($generics:tt)*})? $request:ident [$($argument:ty)?] => $answer:ty, not blocking) => {
        impl<$($($generics)*,)? Mode> $request<$($argument,)? Mode> {
            crate::options::call_options!();

            /// The same request for a [`Response`](crate::Response): the answer together with status, headers, request id, number
            /// of attempts and the JSON as it came.
            pub fn with_response(self) -> crate::WithResponse<Self> {
                crate::WithResponse(self)
            }
        }

        impl$(<$($generics)*>)? $request<$($argument,)? crate::Async> {
            $(#[$documentation])*
            pub async fn send(self) -> Result<$answer, crate::EngramError> {
                crate::call::send(self).await
            }
        }

        impl$(<$($generics)*>)? crate::WithResponse<$request<$($argument,)? crate::Async>> {
            $(#[$documentation])*
            pub async fn send(self) -> Result<crate::Response<$answer>, crate::EngramError> {
                crate::call::send_for_response(self.0).await
            }
        }

        crate::requests::awaitable!({$($($generics)*)?} $request<$($argument,)? crate::Async> => $answer);
        crate::requests::awaitable!(
            {$($($generics)*)?} crate::WithResponse<$request<$($argument,)? crate::Async>> => crate::Response<$answer>
        );
    };
}
pub(crate) use request;

/// Lets a request be awaited. It owns all that it needs, so its future can be spawned.
macro_rules! awaitable {
    ({$($generics:tt)*} $request:ty => $answer:ty) => {
        impl<$($generics)*> std::future::IntoFuture for $request {
            type Output = Result<$answer, crate::EngramError>;
            type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.send())
            }
        }
    };
}
pub(crate) use awaitable;

/// Where an [`Operation`](crate::call::Operation) has its client and its options.
macro_rules! setup {
    () => {
        fn api(&self) -> &crate::generated::Client {
            &self.setup.api
        }

        fn options(&self) -> &crate::options::CallOptions {
            &self.setup.options
        }
    };
}
pub(crate) use setup;

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
pub(crate) use bucket_setter;

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
pub(crate) use extra_setter;
