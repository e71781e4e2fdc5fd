//! What the fuzz targets and the benchmarks (`dev/fuzz/` and `dev/bench/` in the repository) need of the inside: responses from memory in place
//! of a server's, so that they drive the calls that everybody makes. Without effect on a client until [`respond_with`] is called.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use reqwest::Response;

thread_local! {
    static RESPONSES: RefCell<VecDeque<Response>> = const { RefCell::new(VecDeque::new()) };
}

/// Responds to the next requests of this thread, in this order. Further ones go to the network.
pub fn respond_with(responses: impl IntoIterator<Item = Response>) {
    RESPONSES.set(responses.into_iter().collect());
}

pub(crate) fn take_response() -> Option<Response> {
    RESPONSES.with_borrow_mut(VecDeque::pop_front)
}

/// Reads the value of a `Retry-After` header at the time `now`.
pub fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    crate::retry::parse_retry_after(value, now)
}
