//! A limit on the requests that a server takes at once, as the service has one.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::sleep;

/// So many permits, of which a request holds one for as long as its work takes.
pub struct Cap {
    permits: Semaphore,
    work: Duration,
    now: AtomicUsize,
    most_at_once: AtomicUsize,
    stored: AtomicUsize,
    refused: AtomicUsize,
}

impl Cap {
    pub fn new(permits: usize, work: Duration) -> Self {
        let zero = || AtomicUsize::new(0);
        let permits = Semaphore::new(permits);
        Self { permits, work, now: zero(), most_at_once: zero(), stored: zero(), refused: zero() }
    }

    /// Does the work of a request, unless there is no permit for it.
    pub async fn admits(&self) -> bool {
        let _here = Here::new(self);
        let Ok(_permit) = self.permits.try_acquire() else {
            self.refused.fetch_add(1, Relaxed);
            return false;
        };
        if !self.work.is_zero() {
            sleep(self.work).await;
        }
        self.stored.fetch_add(1, Relaxed);
        true
    }

    pub fn counts(&self) -> Value {
        let count = |counter: &AtomicUsize| counter.load(Relaxed);
        json!({
            "stored": count(&self.stored),
            "refused": count(&self.refused),
            "most_at_once": count(&self.most_at_once),
        })
    }
}

/// A request that is in the server, until this is dropped.
struct Here<'a>(&'a Cap);

impl<'a> Here<'a> {
    fn new(cap: &'a Cap) -> Self {
        cap.most_at_once.fetch_max(cap.now.fetch_add(1, Relaxed) + 1, Relaxed);
        Self(cap)
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn requests_beyond_the_permits_are_refused_and_a_client_that_goes_away_leaves_none_taken() {
        let cap = Cap::new(8, Duration::MAX);
        let mut at_work: Vec<_> = (0..8).map(|_| Box::pin(cap.admits())).collect();
        assert!(at_work.iter_mut().all(|request| request.now_or_never().is_none()), "the eight are served at once");
        assert_eq!(cap.admits().now_or_never(), Some(false));
        drop(at_work);
        assert_eq!(cap.admits().now_or_never(), None, "it is at work");
        assert_eq!(cap.counts(), json!({ "stored": 0, "refused": 1, "most_at_once": 9 }));
    }

    #[tokio::test]
    async fn a_permit_is_free_again_after_its_request() {
        let cap = Cap::new(1, Duration::ZERO);
        assert!(cap.admits().await && cap.admits().await);
        assert_eq!(cap.counts(), json!({ "stored": 2, "refused": 0, "most_at_once": 1 }));
    }
}
