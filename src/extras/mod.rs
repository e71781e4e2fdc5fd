//! What is built on top of the core: pagination, bulk ingest, typed answers, citations and usage, and the blocking client.

#[cfg(feature = "blocking")]
pub mod blocking;
mod citations;
mod ingest;
mod pages;
#[cfg(feature = "schemars")]
mod schemas;
mod tasks;
#[cfg(feature = "schemars")]
mod typed;

pub use citations::{Citation, TotalUsage};
pub use ingest::{ContentStream, Contents, Ingest, IngestFailure, IngestOutcome, IngestProgress, IngestReport, Source};
pub use pages::MemoryStream;
#[cfg(feature = "schemars")]
pub use typed::TypedAnswer;
