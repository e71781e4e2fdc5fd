//! Spreads an opening burst a little, so that a first refusal is heard before all of it is sent.

use std::time::Duration;

use tokio::time::Instant;

/// So many requests may start at once, and as many again after each pause. Starting a group takes most of the pause where all calls are
/// made in one task; with a shorter one, the groups of such a burst would leave together.
const GROUP: usize = 32;
pub(super) const PAUSE: Duration = Duration::from_millis(3);

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

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of a burst start before each pause.
    fn starts(burst: usize) -> Vec<usize> {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        let mut starts = Vec::new();
        for before in 0..burst {
            let after = pace.next(before, now) - now;
            let group = usize::try_from(after.as_millis() / PAUSE.as_millis()).expect("a small number");
            starts.resize(group + 1, 0);
            starts[group] += 1;
        }
        starts
    }

    #[test]
    fn a_burst_starts_in_groups_and_a_small_one_at_once() {
        assert_eq!(starts(1), [1]);
        assert_eq!(starts(32), [32]);
        assert_eq!(starts(100), [32, 32, 32, 4]);
    }

    #[test]
    fn requests_that_come_one_after_another_never_wait() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        assert!((0..1000).all(|_| pace.next(0, now) == now));
    }

    #[test]
    fn many_that_are_under_way_for_long_hold_nobody_up() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        for passed in 1..100 {
            let now = now + PAUSE * passed;
            assert!((0..GROUP).all(|_| pace.next(10_000, now) == now));
        }
    }
}
