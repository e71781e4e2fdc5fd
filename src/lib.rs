#![doc = include_str!("../README.md")]
#![warn(clippy::print_stderr, clippy::print_stdout)]

// In layers: a file imports only from those above its own. CONTRIBUTING.md says what each is for.
mod concurrency;
mod retry;
mod secret;
mod wire;

#[cfg(feature = "__fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod generated;

mod error;

mod settings;

mod transport;

mod hooks;

mod request;

mod operations;
mod stream;

mod client;

mod builder;

mod extras;

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
