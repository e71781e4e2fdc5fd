#![doc = include_str!("../README.md")]
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod answers;
mod call;
mod client;
#[allow(dead_code, unused_imports)]
mod concurrency;
mod config;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
// With the feature `codegen`, what openapi/engram.yaml says now; without it, what it said when `cargo xtask regen` last ran.
#[cfg(not(feature = "codegen"))]
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, clippy::restriction)]
#[rustfmt::skip]
mod generated;
#[cfg(feature = "codegen")]
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, clippy::restriction)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
}
mod hooks;
mod path;
mod requests;
mod retry;
mod stream;

pub mod api;
pub use client::EngramClient;
pub use config::{DEFAULT_BASE_URL, DEFAULT_BUCKET, ENV_API_KEY, ENV_BASE_URL, EngramClientBuilder};
pub use error::{ApiError, EngramError, ErrorBody, ErrorDetail};
pub use generated::types::{
    Bucket, ClearMemoriesResult, Dedup, EntityMatch, GraphFact, ListMemoriesResult, Memory, MergeReason, Profile,
    ProfileResult, ProfileStatus, QueryExplanation, QueryResult, QueryUsage, RetrievedMemory, ReturnFormat,
    StoreMemoryResult, StoreStatus, SynthesisUsage,
};
pub use requests::{
    ClearMemories, CreateBucket, DeleteBucket, DeleteMemory, GetProfile, ListBuckets, ListMemories, Query,
    RegenerateProfile, StoreMemories, StoreMemory, TopKPerBucket,
};
pub use stream::{QueryStream, QueryStreamEvent};
