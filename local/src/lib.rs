//! A memory server with the HTTP API of [Engram](https://lumetra.io) for your own machine, and for the tests of programs that use Engram.
//! It is an independent project.
//!
//! ```
//! use lumetra_engram_local::LocalServer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = LocalServer::builder().start().await?; // in memory, on a free port
//! let engram = server.client()?;
//! engram.store_memory("The user prefers dark mode in every UI.").await?;
//! let result = engram.query("What are this user's UI preferences?").await?;
//! assert_eq!(result.answer, "From memory: The user prefers dark mode in every UI.");
//! # server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! The server stops when it is dropped. [`LocalServer::shutdown`] stops it in an orderly way: it finishes the requests under way and
//! closes the database.
//!
//! Tests need none of the default features:
//!
//! ```toml
//! [dev-dependencies]
//! lumetra-engram-local = { version = "0.1", default-features = false } # before the first release: path = "../lumetra-engram/local", your clone
//! ```
//!
//! # Testing failures
//!
//! The builder makes the server behave like the service on a bad day. `engram-local` has the same settings as options.
//!
//! | builder | what happens |
//! |---|---|
//! | [`max_concurrent_requests(n)`](LocalServerBuilder::max_concurrent_requests) | more requests of one key at the same time get 429 |
//! | [`retry_after(time)`](LocalServerBuilder::retry_after) | the `Retry-After` of that 429, in whole seconds, rounded up |
//! | [`missing_model_key(true)`](LocalServerBuilder::missing_model_key) | storing and asking get 412 with the code `BYOK_REQUIRED`; a query with `skip_synthesis` works |
//! | [`synthesis_latency(time)`](LocalServerBuilder::synthesis_latency) | the wait before an answer, or before its first delta |
//! | [`delta_latency(time)`](LocalServerBuilder::delta_latency) | the wait before each delta of a streamed answer |
//!
//! To make single requests fail, set faults on the running server. Each request takes the next one, before it does anything:
//!
//! ```
//! use lumetra_engram::Dedup;
//! use lumetra_engram_local::{Fault, LocalServer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = LocalServer::builder().start().await?;
//! let engram = server.client()?;
//! server.fail_next([Fault::Status(500), Fault::Disconnect]);
//! assert_eq!(engram.store_memory("The user likes tea.").await.unwrap_err().status().map(u16::from), Some(500));
//! let store = engram.store_memory("The user likes tea.").dedup(Dedup::Off); // not sent twice
//! assert!(store.await.is_err()); // closed without a response
//! assert!(engram.list_buckets().await?.is_empty()); // nothing was stored
//! # Ok(())
//! # }
//! ```
//!
//! | fault | what happens |
//! |---|---|
//! | [`Fault::Status(503)`](Fault::Status) | a response with this error status, from 400 to 599; 429 and 503 have the `Retry-After` that `retry_after(time)` sets |
//! | [`Fault::Disconnect`] | the connection is closed without a response; the client then sends an idempotent call again, up to three times |
//! | [`Fault::CutStream { after_deltas: 2 }`](Fault::CutStream) | the next streamed response ends after two deltas, without its final frame, and the connection is closed |
//!
//! [`LocalServer::open_streams`] and [`LocalServer::streams_closed`] tell a test whether a stream that it dropped has ended.
//!
//! # Search and answers
//!
//! By default the server finds memories by their words and answers by quoting the best ones.
//! [`embeddings`](LocalServerBuilder::embeddings) adds search by meaning, [`chat_model`](LocalServerBuilder::chat_model) lets a model write
//! the answers and make profiles, and [`extract`](LocalServerBuilder::extract) takes facts from memories with it.
//!
//! [The README](https://crates.io/crates/lumetra-engram-local) is about the program `engram-local`, and links to pages on search, access,
//! backups and the differences from the hosted service.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod address;
mod answer;
mod builder;
mod chat;
mod embeddings;
mod endpoint;
mod error;
mod fault;
mod graph;
mod host;
mod http;
mod permits;
mod profile;
#[cfg(feature = "cli")]
pub mod program;
mod recall;
mod server;
mod settings;
mod store;
mod tenant;
mod text;
mod vector;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use builder::LocalServerBuilder;
pub use chat::ChatModel;
pub use embeddings::Embeddings;
pub use error::LocalServerError;
pub use fault::Fault;
pub use server::LocalServer;
