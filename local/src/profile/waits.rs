//! Which profiles have to wait: after a failure, and after a deletion.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::chat::ChatError;
use crate::store::profiles::Due;

/// The waits between attempts double from the first to the last.
const FIRST_BACKOFF: Duration = Duration::from_secs(10);
const LAST_BACKOFF: Duration = Duration::from_secs(600);
/// So many failures in a row are enough. An endpoint that no request gets to costs nothing; that is not counted.
const MOST_FAILURES: u32 = 8;
/// Where memories are deleted one after the other, the profile is made once.
const QUIET: Duration = Duration::from_secs(60);

/// By the ids of the buckets whose profiles are due.
#[derive(Debug, Default)]
pub(super) struct Waits(Mutex<HashMap<i64, Wait>>);

#[derive(Debug)]
struct Wait {
    /// As they were when it was last looked at. `None` where they are all new.
    deletions: Option<i64>,
    /// `None` where it is given up.
    until: Option<Instant>,
    backoff: Duration,
    failures: u32,
    problem: Option<String>,
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// The profile of this bucket.
    Make(i64),
    /// Nothing before this time, if there is one.
    Wait(Option<Instant>),
}

impl Wait {
    fn new(due: &Due, now: Instant) -> Self {
        let deletions = (!due.is_lost).then_some(due.deletions);
        Self { deletions, until: Some(now), backoff: FIRST_BACKOFF, failures: 0, problem: None }
    }

    fn notice_deletions(&mut self, deletions: i64, now: Instant) {
        if self.deletions != Some(deletions) {
            self.deletions = Some(deletions);
            let later = |until: Instant| until.max(now + QUIET);
            self.until = self.until.map(later);
        }
    }

    fn fail(&mut self, error: &ChatError, now: Instant) {
        if !matches!(error, ChatError::Unreachable(_)) {
            self.failures += 1;
        }
        self.until = (self.failures < MOST_FAILURES).then_some(now + self.backoff);
        self.backoff = (self.backoff * 2).min(LAST_BACKOFF);
        let then = match self.until {
            Some(_) => "It will be tried again.",
            None => "It will not be tried again until you request it.",
        };
        self.problem = Some(format!("The profile could not be made: {error}. {then}"));
    }
}

impl Waits {
    /// The first of them that need not wait any longer. Those that are not due any more are forgotten.
    pub(super) fn next(&self, due: &[Due]) -> Next {
        let now = Instant::now();
        let mut waits = self.0.lock();
        let mut before = std::mem::take(&mut *waits);
        for due in due {
            let mut wait = before.remove(&due.bucket_id).unwrap_or_else(|| Wait::new(due, now));
            wait.notice_deletions(due.deletions, now);
            waits.insert(due.bucket_id, wait);
        }
        let until = |due: &Due| waits.get(&due.bucket_id).and_then(|wait| wait.until);
        let ready = due.iter().find(|due| until(due).is_some_and(|until| until <= now));
        match ready {
            Some(due) => Next::Make(due.bucket_id),
            None => Next::Wait(due.iter().filter_map(until).min()),
        }
    }

    /// Says whether it is the first failure in a row, and whether it was the last.
    pub(super) fn fail(&self, bucket_id: i64, error: &ChatError) -> (bool, bool) {
        let mut waits = self.0.lock();
        let Some(wait) = waits.get_mut(&bucket_id) else { return (true, false) };
        let is_first = wait.problem.is_none();
        wait.fail(error, Instant::now());
        (is_first, wait.until.is_none())
    }

    pub(super) fn succeed(&self, bucket_id: i64) {
        if let Some(wait) = self.0.lock().get_mut(&bucket_id) {
            (wait.backoff, wait.failures, wait.problem) = (FIRST_BACKOFF, 0, None);
        }
    }

    /// To be called when somebody asks for it, who does not wait.
    pub(super) fn forget(&self, bucket_id: i64) {
        self.0.lock().remove(&bucket_id);
    }

    pub(super) fn problem(&self, bucket_id: i64) -> Option<String> {
        self.0.lock().get(&bucket_id).and_then(|wait| wait.problem.clone())
    }
}
