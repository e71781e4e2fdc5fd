//! Storing very many facts: `request` is what is set, `run` its course, `report` its outcome.

mod contents;
mod request;
mod report;
mod run;

pub use contents::{ContentStream, Contents, Source};
pub use request::Ingest;
pub use report::{IngestFailure, IngestOutcome, IngestProgress, IngestReport};
