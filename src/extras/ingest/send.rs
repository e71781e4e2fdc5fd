//! How an ingest is sent.

use std::pin::Pin;

use super::contents::Source;
use super::report::IngestReport;
use super::request::Ingest;
use super::run;
use crate::error::EngramError;
use crate::request::{Async, Request};

impl<C: Source, Mode> Request<Ingest<'_, C>, Mode> {
    pub(in crate::extras) async fn ingest(self) -> Result<IngestReport<C>, EngramError> {
        let ingest = &self.operation;
        for (name, value) in [("batch_size", ingest.batch_size), ("concurrency", ingest.concurrency)] {
            if value == 0 {
                return Err(EngramError::invalid_request(format!("{name} must be at least 1")));
            }
        }
        self.check()?;
        let (request, ingest) = self.with_mode(|_| Async).split();
        Ok(run::run(request, ingest).await)
    }
}

impl<C: Source> Request<Ingest<'_, C>> {
    /// Stores the facts, and reports what became of each. The same as awaiting it.
    ///
    /// # Errors
    ///
    /// [`EngramError::InvalidRequest`] for a setting that cannot be used; nothing was sent then. Whatever goes wrong later is in the
    /// report.
    pub async fn send(self) -> Result<IngestReport<C>, EngramError> {
        self.ingest().await
    }
}

impl<'p, C: Source + 'p> IntoFuture for Request<Ingest<'p, C>> {
    type Output = Result<IngestReport<C>, EngramError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'p>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.ingest())
    }
}
