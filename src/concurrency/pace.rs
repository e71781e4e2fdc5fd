//! Spreads an opening burst a little, so that a first refusal is heard before all of it is sent.

use std::time::Duration;

use tokio::time::Instant;

/// So many requests may start at once, and as many again after each pause.
const GROUP: usize = 32;
const PAUSE: Duration = Duration::from_millis(1);

/// When each request of a burst starts. Pure: the caller sleeps.
#[derive(Debug)]
pub(super) struct Pace {
    group_at: Instant,
    started: usize,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { group_at: now, started: 0 }
    }

    /// When the next request starts that has so many before it: now, unless that is a burst.
    pub(super) fn next(&mut self, before: usize, now: Instant) -> Instant {
        if before < GROUP {
            *self = Self { group_at: now, started: before };
        } else if now >= self.group_at + PAUSE {
            *self = Self::new(now);
        } else if self.started >= GROUP {
            *self = Self::new(self.group_at + PAUSE);
        }
        self.started += 1;
        self.group_at.max(now)
    }
}
