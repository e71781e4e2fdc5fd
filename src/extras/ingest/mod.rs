//! Storing very many facts: `request` is what is set, `send` how it begins, `run` its course, `report` its outcome.

mod contents;
mod report;
mod request;
mod run;
mod send;

pub use contents::{ContentStream, Contents, Source};
pub use report::{IngestFailure, IngestOutcome, IngestProgress, IngestReport};
pub use request::Ingest;
