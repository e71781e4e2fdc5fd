//! Faults that a test sets for the requests to come.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

/// What goes wrong with a request. [`LocalServer::fail_next`](crate::LocalServer::fail_next) sets it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The response has this error status, from 400 to 599, and a body of the API's shape: `{"error": "…"}`. With 429 and 503 it
    /// has a `Retry-After`, which [`retry_after`](crate::LocalServerBuilder::retry_after) sets. A number outside the range gives
    /// 500, with an error text that says so.
    Status(u16),
    /// The connection is closed without a response, once the request has been read. The client sends an idempotent call again then, up to
    /// three times, so a call that is to fail takes four of these; one that must not be sent twice, such as a store with
    /// [`Dedup::Off`](lumetra_engram::Dedup), fails with one.
    Disconnect,
    /// The connection is closed in the middle of a streamed response, before its final frame. All other requests leave this fault,
    /// and those behind it, to the next streamed response.
    CutStream {
        /// How many deltas are sent first. From 0, which sends the head of the response only. A response with fewer deltas is cut
        /// after its last one.
        after_deltas: usize,
    },
}

/// The faults that are still to come, the next one first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Arc<Mutex<VecDeque<Fault>>>);

impl Faults {
    /// All at once, so that no request gets in between.
    pub(crate) fn extend(&self, faults: Vec<Fault>) {
        self.0.lock().extend(faults);
    }

    /// Takes the fault of a request that has just come. A cut is left to the next streamed response.
    pub(crate) fn of_request(&self) -> Option<Fault> {
        let mut faults = self.0.lock();
        match faults.front() {
            None | Some(Fault::CutStream { .. }) => None,
            Some(_) => faults.pop_front(),
        }
    }

    /// Takes the cut of a streamed response that is about to start: after how many deltas.
    pub(crate) fn of_stream(&self) -> Option<usize> {
        let mut faults = self.0.lock();
        let Some(&Fault::CutStream { after_deltas }) = faults.front() else { return None };
        faults.pop_front();
        Some(after_deltas)
    }
}

/// The error of a body that closes its connection.
pub(crate) fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "closed by a fault that was set with `fail_next`")
}
