#![doc = include_str!("../README.md")]
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod builder;
mod client;
mod concurrency;
mod error;
mod extras;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod generated;
mod hooks;
mod operations;
mod request;
mod retry;
mod secret;
mod settings;
mod stream;
mod transport;
mod wire;

pub mod api;
pub use builder::{DEFAULT_BASE_URL, DEFAULT_BUCKET, ENV_API_KEY, ENV_BASE_URL, EngramClientBuilder};
pub use client::EngramClient;
#[cfg(feature = "schemars")]
pub use error::AnswerError;
pub use error::{ApiError, Effect, EngramError, ErrorBody, ErrorDetail};
#[cfg(feature = "schemars")]
pub use extras::TypedAnswer;
#[cfg(feature = "blocking")]
pub use extras::blocking;
pub use extras::{
    Citation, ContentStream, Contents, Ingest, IngestFailure, IngestOutcome, IngestProgress, IngestReport,
    MemoryStream, Source, TotalUsage,
};
pub use http::{HeaderMap, StatusCode};
pub use operations::*;
pub use request::{Async, Operation, Request, Response, WithResponse};
pub use stream::{QueryStream, QueryStreamEvent};
