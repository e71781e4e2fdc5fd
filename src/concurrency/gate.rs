//! Waiting for a place among the requests under way. The clones of a client share one gate.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::limit::Limit;
use super::queue::{Admitted, Arrival, Queue, Ticket};

/// Stands in for a patience without end, which would be too long for the clock.
const LONGEST_PATIENCE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

type Senders = Queue<oneshot::Sender<Place>>;

/// Lets requests through in order of arrival, as many at once as the server takes.
#[derive(Debug)]
pub(crate) struct Gate {
    tickets: AtomicU64,
    queue: Mutex<Senders>,
}

/// A place among the requests under way, free again when it is dropped.
#[must_use = "the place is free again when this is dropped"]
#[derive(Debug)]
pub(crate) struct Place {
    gate: Arc<Gate>,
    admitted: Admitted,
    refused: bool,
}

/// No place became free for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stalled {
    /// How many requests are under way and hold the places.
    pub(crate) under_way: usize,
    /// How long no place became free.
    pub(crate) patience: Duration,
}

/// A request that waits, until it is dropped.
struct Waiting {
    gate: Arc<Gate>,
    ticket: Ticket,
    since: Instant,
    turn: Instant,
    place: oneshot::Receiver<Place>,
}

/// What becomes of a request when it asks for a place.
enum Asked {
    Granted(Place),
    Waits(Waiting),
}

impl Gate {
    /// A gate that learns a limit from refusals if it is `adaptive`, and lets no more than the maximum through at once, which is one
    /// at least.
    pub(crate) fn new(adaptive: bool, max_concurrent_requests: Option<usize>) -> Arc<Self> {
        let queue = Queue::new(Limit::new(adaptive, max_concurrent_requests), Instant::now());
        Arc::new(Self { tickets: AtomicU64::new(0), queue: Mutex::new(queue) })
    }

    /// The next place in the order of arrival. A retry enters with the ticket of its first attempt, and so goes before everything
    /// that arrived later.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.tickets.fetch_add(1, Ordering::Relaxed))
    }

    /// How many requests may be under way, if that is limited.
    pub(crate) fn limit(&self) -> Option<usize> {
        self.queue().limit()
    }

    /// How many requests are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.queue().under_way()
    }

    /// Waits for a place. One request at a time may wait with a ticket.
    ///
    /// # Errors
    ///
    /// [`Stalled`] where no place of the gate became free for as long as the patience, while it waited.
    pub(crate) async fn enter(self: &Arc<Self>, ticket: Ticket, patience: Duration) -> Result<Place, Stalled> {
        let place = match self.ask(ticket) {
            Asked::Granted(place) => place,
            Asked::Waits(waiting) => waiting.wait(patience).await?,
        };
        if let Some(then) = place.admitted.not_before {
            sleep_until(then).await;
        }
        Ok(place)
    }

    fn ask(self: &Arc<Self>, ticket: Ticket) -> Asked {
        let now = Instant::now();
        let mut queue = self.queue();
        match queue.arrive(now) {
            Arrival::Admitted(admitted) => {
                drop(queue);
                Asked::Granted(Place::new(self, admitted))
            }
            Arrival::Waits { turn } => {
                let (sender, place) = oneshot::channel();
                queue.wait(ticket, turn, sender);
                drop(queue);
                Asked::Waits(Waiting { gate: Arc::clone(self), ticket, since: now, turn, place })
            }
        }
    }

    /// Changes the queue, then gives places to those whose turn has come.
    fn update(self: &Arc<Self>, change: impl FnOnce(&mut Senders, Instant)) {
        let now = Instant::now();
        let mut queue = self.queue();
        change(&mut queue, now);
        let mut next = queue.next(now);
        // A place that nobody waits for any more is dropped, and so free again. That takes the lock.
        drop(queue);
        while let Some((sender, admitted)) = next {
            let _ = sender.send(Place::new(self, admitted));
            next = self.queue().next(now);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Senders> {
        // The queue is whole at all times, whatever else failed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    async fn wait(mut self, patience: Duration) -> Result<Place, Stalled> {
        let mut wake_at = self.turn;
        loop {
            match timeout_at(wake_at, &mut self.place).await {
                Ok(Ok(place)) => return Ok(place),
                // Another request came with the same ticket, which no caller does.
                Ok(Err(_)) => return Err(Stalled { under_way: self.gate.under_way(), patience }),
                Err(_) => self.gate.update(|_, _| {}),
            }
            wake_at = self.next_wake(patience)?;
        }
    }

    /// When to look again, unless the patience is at its end.
    fn next_wake(&self, patience: Duration) -> Result<Instant, Stalled> {
        let (now, queue) = (Instant::now(), self.gate.queue());
        if !queue.is_waiting(self.ticket) {
            // Its place is on the way.
            return Ok(now + LONGEST_PATIENCE);
        }
        let end = self.since.max(queue.last_freed()) + patience.min(LONGEST_PATIENCE);
        if end > now { Ok(end) } else { Err(Stalled { under_way: queue.under_way(), patience }) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // It may have been the one that those behind it waited for.
        let mut left = None;
        self.gate.update(|queue, _| left = queue.leave(self.ticket));
    }
}

impl Place {
    fn new(gate: &Arc<Gate>, admitted: Admitted) -> Self {
        Self { gate: Arc::clone(gate), admitted, refused: false }
    }

    /// The server took the request. It is still under way.
    pub(crate) fn accepted(&self) {
        self.gate.update(|queue, now| queue.accepted(self.admitted.admission, now));
    }

    /// The server refused the request, because too many are under way.
    pub(crate) fn refused(mut self) {
        self.refused = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let admission = self.admitted.admission;
        let refused = self.refused;
        self.gate.update(|queue, now| if refused { queue.refused(admission, now) } else { queue.freed(now) });
    }
}
