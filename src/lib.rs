#![doc = include_str!("../README.md")]
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod answers;
#[cfg(feature = "blocking")]
pub mod blocking;
mod call;
mod client;
mod concurrency;
mod config;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod generated;
mod hooks;
mod ingest;
mod mode;
mod options;
mod pager;
mod path;
mod query_result;
mod requests;
mod response;
mod retry;
#[cfg(feature = "schemars")]
mod schemas;
mod stream;
mod trace;
#[cfg(feature = "schemars")]
mod typed;

pub mod api;
pub use client::EngramClient;
pub use config::{DEFAULT_BASE_URL, DEFAULT_BUCKET, ENV_API_KEY, ENV_BASE_URL, EngramClientBuilder};
pub use error::{ApiError, EngramError, ErrorBody, ErrorDetail};
pub use generated::types::{
    Bucket, ClearMemoriesResult, Dedup, EntityMatch, GraphFact, ListMemoriesResult, Memory, MergeReason, Profile,
    ProfileResult, ProfileStatus, QueryExplanation, QueryResult, QueryUsage, RetrievedMemory, ReturnFormat,
    StoreMemoryResult, StoreStatus, SynthesisUsage,
};
pub use ingest::{
    Contents, FromIterator, FromStream, Ingest, IngestFailure, IngestOutcome, IngestProgress, IngestReport,
    IntoContents,
};
pub use mode::Async;
pub use pager::MemoryStream;
pub use query_result::{Citation, TotalUsage};
pub use requests::{
    ClearMemories, CreateBucket, DeleteBucket, DeleteMemory, GetProfile, ListBuckets, ListMemories, Query,
    RegenerateProfile, StoreMemories, StoreMemory, TopKPerBucket,
};
pub use response::{Response, WithResponse};
pub use stream::{QueryStream, QueryStreamEvent};
#[cfg(feature = "schemars")]
pub use typed::{AnswerError, TypedAnswer};
