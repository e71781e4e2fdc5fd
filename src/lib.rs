//! The Rust client of [Engram](https://lumetra.io), Lumetra's hosted memory for AI agents. Your agent stores facts in *buckets*, asks
//! questions later, and gets answers together with the memories and graph facts behind them.
//!
//! This is an independent client, not an official one. Its core is generated from an [OpenAPI spec](api::OPENAPI); a small wrapper adds
//! defaults, retries, typed errors and streaming.
//!
//! # Quickstart
//!
//! ```toml
//! [dependencies]
//! lumetra-engram = "0.1" # before the first release: { path = "../lumetra-engram" }, your clone
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! ```no_run
//! use lumetra_engram::EngramClient;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lumetra_engram::EngramError> {
//!     let engram = EngramClient::from_env()?; // reads ENGRAM_API_KEY
//!     engram.store_memory("The user prefers dark mode.").bucket("user-123").await?;
//!
//!     let result = engram.query("What are this user's UI preferences?").bucket("user-123").await?;
//!     println!("{}", result.answer);
//!     for memory in result.explanation.iter().flat_map(|explanation| &explanation.retrieved_memories) {
//!         println!("{:.2} {}", memory.weighted_score.unwrap_or_default(), memory.content);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! API keys come from <https://lumetra.io/app/api-keys>. Without one, use a [local server](https://docs.rs/lumetra-engram-local).
//!
//! # Calls
//!
//! Every method of [`EngramClient`] returns a [`Request`]: set what you need, then `.await` it.
//!
//! | call | output |
//! |---|---|
//! | [`store_memory(content)`](EngramClient::store_memory) | [`StoreMemoryResult`] |
//! | [`store_memories(contents)`](EngramClient::store_memories), in one request | `Vec<StoreMemoryResult>` |
//! | [`ingest(contents)`](EngramClient::ingest), [`ingest_stream(contents)`](EngramClient::ingest_stream), for many facts | [`IngestReport`] |
//! | [`list_memories()`](EngramClient::list_memories), one page | [`ListMemoriesResult`] |
//! | `list_memories()` with [`.stream()` or `.all()`](Request#impl-Request<ListMemories>) | every memory |
//! | [`delete_memory(memory_id)`](EngramClient::delete_memory) | `()` |
//! | [`clear_memories(bucket)`](EngramClient::clear_memories) | [`ClearMemoriesResult`] |
//! | [`query(question)`](EngramClient::query) | [`QueryResult`] |
//! | `query(question)` with [`.json::<T>()`](guide::typed_answers) | [`TypedAnswer<T>`](TypedAnswer) |
//! | [`query_stream(question)`](EngramClient::query_stream) | [`QueryStream`] |
//! | [`list_buckets()`](EngramClient::list_buckets) | `Vec<Bucket>` |
//! | [`create_bucket(name)`](EngramClient::create_bucket) | [`Bucket`] |
//! | [`delete_bucket(bucket)`](EngramClient::delete_bucket) | `()` |
//! | [`get_profile()`](EngramClient::get_profile), [`regenerate_profile()`](EngramClient::regenerate_profile) | [`ProfileResult`] |
//!
//! The settings of each call, such as `.bucket(…)`, `.top_k(…)` or `.dedup(…)`, are methods of [`Request`]. The client for code that isn't
//! async is in the module [`blocking`], and the generated client, with every operation of the spec, in the module [`api`].
//!
//! # Guide
//!
//! - [Configuration](guide::configuration): settings, environment variables and options of one call
//! - [Streaming](guide::streaming)
//! - [Errors](guide::errors)
//! - [Retries and concurrency](guide::retries)
//! - [Storing many facts](guide::ingest)
//! - [Answers of your own types](guide::typed_answers)
//! - [Testing with `LocalServer`](guide::testing)
//! - [Proxies and certificates](guide::network)
//! - [axum with server-sent events](guide::axum_sse)
//! - [Logs and traces](guide::tracing)
//!
//! # Features
//!
//! | feature | default | what it does |
//! |---|---|---|
//! | `rustls` | yes | TLS by rustls, with aws-lc-rs and the certificates of the operating system |
//! | `http2` | yes | HTTP/2 if the server offers it |
//! | `blocking` | | the module [`blocking`] |
//! | `schemars` | | [answers of your own types](guide::typed_answers), and JSON Schemas of all types of this crate |
//! | `native-tls` | | TLS by the operating system's library |
//! | `rustls-no-provider` | | TLS by rustls; you install the crypto provider |
//!
//! The minimum supported Rust version is 1.88; raising it is a minor release. The module [`api`] follows the spec and may change in any
//! release.
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
#[cfg(doc)]
pub mod guide;
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

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
#[doc(no_inline)]
pub use http::{HeaderMap, StatusCode};
pub use operations::*;
pub use request::{Async, Operation, Request, Response, WithResponse};
pub use stream::{QueryStream, QueryStreamEvent};
