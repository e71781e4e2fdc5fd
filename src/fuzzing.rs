//! What the fuzz targets (`fuzz/` in the repository) need of the inside: answers from memory in place of a server's, so that
//! they drive the calls that everybody makes. Without effect on a client until [`answer_with`] is called.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use reqwest::Response;

thread_local! {
    static ANSWERS: RefCell<VecDeque<Response>> = const { RefCell::new(VecDeque::new()) };
}

/// Answers the next requests of this thread, in this order. Further ones go to the network.
pub fn answer_with(answers: impl IntoIterator<Item = Response>) {
    ANSWERS.set(answers.into_iter().collect());
}

pub(crate) fn take_answer() -> Option<Response> {
    ANSWERS.with_borrow_mut(VecDeque::pop_front)
}

/// Reads the value of a `Retry-After` header at the time `now`.
pub fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    crate::retry::parse_retry_after(value, now)
}
