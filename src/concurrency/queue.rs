//! Who is in flight and who waits, in order of arrival. No clock, input or output is here.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::limit::{Admission, Limit};
use super::pace::Pace;

/// A permit in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(pub(super) u64);

/// A request that was let in, and when it may be sent if not at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admitted {
    pub(super) admission: Admission,
    pub(super) not_before: Option<Instant>,
}

/// What becomes of a request that arrives.
#[derive(Debug)]
pub(super) enum Arrival {
    Admitted(Admitted),
    /// It waits. Unless a limit is learned until then, its turn is at this instant.
    Waits {
        turn: Instant,
    },
}

#[derive(Debug)]
struct Waiter<W> {
    waker: W,
    turn: Instant,
}

/// The requests in flight and those that wait, each with a `W` to tell it that its turn has come.
#[derive(Debug)]
pub(super) struct Queue<W> {
    limit: Limit,
    pace: Pace,
    /// The server took a request while so many were in flight. Up to there, nothing needs to be spread.
    proven: usize,
    in_flight: usize,
    waiting: BTreeMap<Ticket, Waiter<W>>,
    last_freed: Instant,
}

impl<W> Queue<W> {
    pub(super) fn new(limit: Limit, now: Instant) -> Self {
        Self { limit, pace: Pace::new(now), proven: 0, in_flight: 0, waiting: BTreeMap::new(), last_freed: now }
    }

    pub(super) fn limit(&self) -> Option<usize> {
        self.limit.get()
    }

    pub(super) fn limit_is_own(&self) -> bool {
        self.limit.is_own()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// When a permit was last freed.
    pub(super) fn last_freed(&self) -> Instant {
        self.last_freed
    }

    /// Lets a request in that has just arrived, if nobody is before it.
    pub(super) fn arrive(&mut self, now: Instant) -> Arrival {
        let before = self.in_flight + self.waiting.len();
        let turn = if self.is_paced(before) { self.pace.next(before, now) } else { now };
        if turn <= now && self.waiting.is_empty() && self.limit.has_room(self.in_flight) {
            Arrival::Admitted(self.admit())
        } else {
            Arrival::Waits { turn }
        }
    }

    pub(super) fn wait(&mut self, ticket: Ticket, turn: Instant, waker: W) {
        self.waiting.insert(ticket, Waiter { waker, turn });
    }

    /// Takes a request out that waits no longer.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Option<W> {
        self.waiting.remove(&ticket).map(|waiter| waiter.waker)
    }

    /// Lets the first of those that wait in, if it may go now.
    pub(super) fn next(&mut self, now: Instant) -> Option<(W, Admitted)> {
        let paced = self.is_paced(self.in_flight);
        let first = self.waiting.first_entry()?;
        if !self.limit.has_room(self.in_flight) || (paced && first.get().turn > now) {
            return None;
        }
        let waker = first.remove().waker;
        Some((waker, self.admit()))
    }

    /// Whether a request that has so many before it waits for its turn.
    fn is_paced(&self, before: usize) -> bool {
        self.limit.is_unknown() && before >= self.proven
    }

    pub(super) fn accepted(&mut self, admission: Admission, now: Instant) {
        self.proven = self.proven.max(self.in_flight);
        self.limit.accepted(admission, now);
    }

    pub(super) fn refused(&mut self, admission: Admission, now: Instant) {
        self.freed(now);
        self.limit.refused(admission, self.in_flight, now);
    }

    pub(super) fn freed(&mut self, now: Instant) {
        self.in_flight -= 1;
        self.last_freed = now;
    }

    fn admit(&mut self) -> Admitted {
        self.in_flight += 1;
        let (admission, not_before) = self.limit.admit(self.in_flight);
        Admitted { admission, not_before }
    }
}
