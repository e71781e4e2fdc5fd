//! Waiting for a permit among the requests in flight. The clones of a client share one gate.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::limit::Limit;
use super::queue::{Admitted, Arrival, Queue, Ticket};

/// Stands in for a patience without end, which would be too long for the clock.
const LONGEST_PATIENCE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

type Senders = Queue<oneshot::Sender<Permit>>;

/// Lets requests through in order of arrival, as many at once as the server takes.
#[derive(Debug)]
pub(crate) struct Gate {
    tickets: AtomicU64,
    queue: Mutex<Senders>,
}

/// A permit among the requests in flight, free again when it is dropped.
#[must_use = "the permit is free again when this is dropped"]
#[derive(Debug)]
pub struct Permit {
    gate: Arc<Gate>,
    admitted: Admitted,
    has_waited: bool,
    refused: bool,
}

/// No permit became free for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stalled {
    /// How many requests are in flight and hold the permits.
    pub(crate) in_flight: usize,
    /// How long no permit became free.
    pub(crate) patience: Duration,
    /// Whether the caller chose the number of permits, rather than the server.
    pub(crate) is_own_limit: bool,
}

/// A request that waits, until it is dropped.
struct Waiting {
    gate: Arc<Gate>,
    ticket: Ticket,
    since: Instant,
    turn: Instant,
    permit: oneshot::Receiver<Permit>,
}

/// What becomes of a request when it asks for a permit.
enum Asked {
    Granted(Permit),
    Waits(Waiting),
}

impl Gate {
    /// A gate that learns a limit from refusals if it is `adaptive`, and lets no more than the maximum through at once, which is one
    /// at least.
    pub(crate) fn new(adaptive: bool, max_concurrent_requests: Option<usize>) -> Arc<Self> {
        let queue = Queue::new(Limit::new(adaptive, max_concurrent_requests), Instant::now());
        Arc::new(Self { tickets: AtomicU64::new(0), queue: Mutex::new(queue) })
    }

    /// The next permit in the order of arrival. A retry enters with the ticket of its first attempt, and so goes before everything
    /// that arrived later.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.tickets.fetch_add(1, Ordering::Relaxed))
    }

    /// How many requests may be in flight, if that is limited.
    pub(crate) fn limit(&self) -> Option<usize> {
        self.queue().limit()
    }

    /// How many requests are in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.queue().in_flight()
    }

    /// Waits for a permit. One request at a time may wait with a ticket.
    ///
    /// # Errors
    ///
    /// [`Stalled`] where no permit of the gate became free for as long as the patience, while it waited.
    pub(crate) async fn acquire(self: &Arc<Self>, ticket: Ticket, patience: Duration) -> Result<Permit, Stalled> {
        let (mut permit, is_queued) = match self.ask(ticket) {
            Asked::Granted(permit) => (permit, false),
            Asked::Waits(waiting) => (waiting.wait(patience).await?, true),
        };
        let not_before = permit.admitted.not_before;
        permit.has_waited = is_queued || not_before.is_some();
        if let Some(then) = not_before {
            sleep_until(then).await;
        }
        Ok(permit)
    }

    fn ask(self: &Arc<Self>, ticket: Ticket) -> Asked {
        let now = Instant::now();
        let mut queue = self.queue();
        match queue.arrive(now) {
            Arrival::Admitted(admitted) => {
                drop(queue);
                Asked::Granted(Permit::new(self, admitted))
            }
            Arrival::Waits { turn } => {
                let (sender, permit) = oneshot::channel();
                queue.wait(ticket, turn, sender);
                drop(queue);
                Asked::Waits(Waiting { gate: Arc::clone(self), ticket, since: now, turn, permit })
            }
        }
    }

    /// Changes the queue, then gives permits to those whose turn has come.
    fn update(self: &Arc<Self>, change: impl FnOnce(&mut Senders, Instant)) {
        let now = Instant::now();
        let mut queue = self.queue();
        change(&mut queue, now);
        let mut next = queue.next(now);
        // A permit that nobody waits for any more is dropped, and so free again. That takes the lock.
        drop(queue);
        while let Some((sender, admitted)) = next {
            let _ = sender.send(Permit::new(self, admitted));
            next = self.queue().next(now);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Senders> {
        // The queue is whole at all times, whatever else failed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stalled {
    fn new(queue: &Senders, patience: Duration) -> Self {
        Self { in_flight: queue.in_flight(), patience, is_own_limit: queue.limit_is_own() }
    }
}

impl Waiting {
    async fn wait(mut self, patience: Duration) -> Result<Permit, Stalled> {
        let mut wake_at = self.turn;
        loop {
            match timeout_at(wake_at, &mut self.permit).await {
                Ok(Ok(permit)) => return Ok(permit),
                // Another request came with the same ticket, which no caller does.
                Ok(Err(_)) => return Err(Stalled::new(&self.gate.queue(), patience)),
                Err(_) => self.gate.update(|_, _| {}),
            }
            wake_at = self.next_wake(patience)?;
        }
    }

    /// When to look again, unless the patience is at its end.
    fn next_wake(&self, patience: Duration) -> Result<Instant, Stalled> {
        let (now, queue) = (Instant::now(), self.gate.queue());
        let end = self.since.max(queue.last_freed()) + patience.min(LONGEST_PATIENCE);
        if end > now { Ok(end) } else { Err(Stalled::new(&queue, patience)) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // It may have been the one that those behind it waited for.
        let mut left = None;
        self.gate.update(|queue, _| left = queue.leave(self.ticket));
    }
}

impl Permit {
    fn new(gate: &Arc<Gate>, admitted: Admitted) -> Self {
        Self { gate: Arc::clone(gate), admitted, has_waited: false, refused: false }
    }

    /// Whether it was not to be had at once.
    pub(crate) fn has_waited(&self) -> bool {
        self.has_waited
    }

    /// The server took the request. It is still in flight.
    pub(crate) fn accepted(&self) {
        self.gate.update(|queue, now| queue.accepted(self.admitted.admission, now));
    }

    /// The server refused the request, because too many are in flight.
    pub(crate) fn refused(mut self) {
        self.refused = true;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let admission = self.admitted.admission;
        let refused = self.refused;
        self.gate.update(|queue, now| if refused { queue.refused(admission, now) } else { queue.freed(now) });
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use fastrand::Rng;
    use futures_util::future::join_all;
    use tokio::sync::Semaphore;
    use tokio::task::unconstrained;
    use tokio::time::{advance, sleep};

    use super::*;
    use crate::concurrency::pace::PAUSE;

    const PATIENCE: Duration = Duration::from_secs(30);
    const MILLISECOND: Duration = Duration::from_millis(1);

    type Entry = Pin<Box<dyn Future<Output = Result<Permit, Stalled>> + Send>>;

    fn entry(gate: &Arc<Gate>, ticket: Ticket) -> Entry {
        let gate = Arc::clone(gate);
        Box::pin(async move { gate.acquire(ticket, PATIENCE).await })
    }

    fn arrival(gate: &Arc<Gate>) -> Entry {
        entry(gate, gate.ticket())
    }

    fn poll(entry: &mut Entry) -> Option<Permit> {
        // Tokio lets one task do only so much before it must pause, which would look like waiting.
        match pin!(unconstrained(entry)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(permit) => Some(permit.expect("a permit")),
            Poll::Pending => None,
        }
    }

    /// Entries that wait, each polled once.
    fn waiting(gate: &Arc<Gate>, count: usize) -> Vec<Entry> {
        let mut entries: Vec<_> = (0..count).map(|_| arrival(gate)).collect();
        assert!(entries.iter_mut().all(|entry| poll(entry).is_none()));
        entries
    }

    /// A gate that learned this limit, with as many permits taken.
    async fn learned(limit: usize) -> (Arc<Gate>, Vec<Permit>) {
        let gate = Gate::new(true, None);
        let mut permits = Vec::new();
        for _ in 0..=limit {
            permits.push(arrival(&gate).await.expect("a permit"));
        }
        permits.pop().expect("a permit").refused();
        assert_eq!(gate.limit(), Some(limit));
        (gate, permits)
    }

    #[tokio::test(start_paused = true)]
    async fn permits_are_granted_in_order_of_arrival() {
        let gate = Gate::new(false, Some(1));
        let mut permit = arrival(&gate).await.expect("a permit");
        for mut entry in waiting(&gate, 5) {
            drop(permit);
            permit = poll(&mut entry).expect("the turn of the first that waits");
        }
        drop(permit);
        assert_eq!(gate.in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_does_not_overtake_those_that_wait() {
        let gate = Gate::new(false, Some(1));
        let permit = arrival(&gate).await.expect("a permit");
        let mut first = waiting(&gate, 1);
        drop(permit);
        // The permit is given, though the first has not looked yet.
        let mut newcomer = waiting(&gate, 1);
        assert!(poll(&mut first[0]).is_some());
        assert!(poll(&mut newcomer[0]).is_some(), "the first one's permit is free again");
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_server_took_at_once_before_is_not_spread_again() {
        let gate = Gate::new(true, None);
        let mut permits = Vec::new();
        for _ in 0..100 {
            permits.push(arrival(&gate).await.expect("a permit"));
        }
        permits.iter().for_each(Permit::accepted);
        permits.clear();
        permits.extend((0..100).map(|_| poll(&mut arrival(&gate)).expect("a permit at once")));
        let now = Instant::now();
        permits.push(arrival(&gate).await.expect("a permit"));
        let mut spread = Vec::new();
        while Instant::now() == now {
            spread.push(arrival(&gate).await.expect("a permit"));
        }
        assert!(spread.len() <= 33, "{} more at once than ever before", spread.len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_goes_before_everything_that_arrived_after_its_first_attempt() {
        let gate = Gate::new(false, Some(1));
        let ticket = gate.ticket();
        gate.acquire(ticket, PATIENCE).await.expect("a permit").refused();
        let permit = arrival(&gate).await.expect("a permit");
        let mut later = waiting(&gate, 3);
        let mut retry = entry(&gate, ticket);
        assert!(poll(&mut retry).is_none());
        drop(permit);
        assert!(later.iter_mut().all(|entry| poll(entry).is_none()));
        assert!(poll(&mut retry).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_call_never_leaks_a_permit() {
        for seed in 0..100 {
            let mut rng = Rng::with_seed(seed);
            let gate = Gate::new(rng.bool(), rng.bool().then_some(3));
            let (mut entries, mut permits) = (Vec::new(), Vec::new());
            for _ in 0..300 {
                match rng.u8(0..8) {
                    0 | 1 => entries.push(arrival(&gate)),
                    2 | 3 if !entries.is_empty() => {
                        let chosen = rng.usize(..entries.len());
                        if let Some(permit) = poll(&mut entries[chosen]) {
                            drop(entries.swap_remove(chosen));
                            permits.push(permit);
                        }
                    }
                    4 if !entries.is_empty() => drop(entries.swap_remove(rng.usize(..entries.len()))),
                    5 if !permits.is_empty() => drop(permits.swap_remove(rng.usize(..permits.len()))),
                    6 if !permits.is_empty() => permits.swap_remove(rng.usize(..permits.len())).refused(),
                    7 if !permits.is_empty() => permits[rng.usize(..permits.len())].accepted(),
                    _ => advance(MILLISECOND * rng.u32(0..3)).await,
                }
            }
            let (waiting, holding) = (entries.len(), permits.len());
            drop(entries);
            assert_eq!(gate.in_flight(), holding, "seed {seed}: {waiting} were waiting");
            drop(permits);
            assert_eq!(gate.in_flight(), 0, "seed {seed}");
            drop(arrival(&gate).await.expect("a permit"));
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_task_that_is_aborted_while_a_permit_is_on_its_way_does_not_leak_it() {
        let gate = Gate::new(true, Some(2));
        for _ in 0..50 {
            let call = |gate: Arc<Gate>| async move {
                let permit = arrival(&gate).await.expect("a permit");
                tokio::task::yield_now().await;
                permit.accepted();
            };
            let tasks: Vec<_> = (0..20).map(|_| tokio::spawn(call(Arc::clone(&gate)))).collect();
            tokio::task::yield_now().await;
            for task in tasks.iter().step_by(2) {
                task.abort();
            }
            for task in tasks {
                let _ = task.await;
            }
            assert_eq!(gate.in_flight(), 0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_maximum_holds_and_refusals_do_not_change_it() {
        let gate = Gate::new(false, Some(2));
        let first = arrival(&gate).await.expect("a permit");
        let second = arrival(&gate).await.expect("a permit");
        let mut third = waiting(&gate, 1);
        first.refused();
        assert_eq!((gate.limit(), gate.in_flight()), (Some(2), 2));
        let third = poll(&mut third[0]).expect("the permit that became free");
        drop((second, third));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_teaches_the_limit_and_acceptances_raise_it() {
        let (gate, permits) = learned(2).await;
        let mut waiting = waiting(&gate, 5);
        drop(permits);
        let second_round: Vec<_> = waiting.iter_mut().filter_map(poll).collect();
        assert_eq!(second_round.len(), 2);
        second_round.iter().for_each(Permit::accepted);
        assert_eq!((gate.limit(), gate.in_flight()), (Some(3), 3), "one more is let in at once");
    }

    #[tokio::test(start_paused = true)]
    async fn growth_by_several_lets_as_many_in_at_once() {
        let (gate, permits) = learned(16).await;
        let mut waiting = waiting(&gate, 100);
        drop(permits);
        while gate.limit() < Some(19) {
            let round: Vec<_> = waiting.iter_mut().filter_map(poll).collect();
            waiting.drain(..round.len());
            round.iter().for_each(Permit::accepted);
            assert_eq!(gate.limit(), Some(gate.in_flight()), "every permit is taken");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_without_any_progress_gets_an_error_and_not_before_its_patience() {
        let gate = Gate::new(false, Some(1));
        let permit = arrival(&gate).await.expect("a permit");
        // The patience begins with the wait, not with what was before.
        advance(PATIENCE - MILLISECOND).await;
        let start = Instant::now();
        let stalled = arrival(&gate).await.expect_err("no permit");
        assert_eq!(stalled, Stalled { in_flight: 1, patience: PATIENCE, is_own_limit: true });
        assert!((PATIENCE..PATIENCE + 2 * MILLISECOND).contains(&start.elapsed()), "{:?}", start.elapsed());
        drop(permit);
        drop(arrival(&gate).await.expect("a permit: who gave up waits no longer"));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_while_others_progress_does_not_give_up() {
        let gate = Gate::new(false, Some(1));
        let start = Instant::now();
        let calls = (0..20).map(|_| async {
            let permit = arrival(&gate).await.expect("a permit");
            sleep(PATIENCE - MILLISECOND).await;
            drop(permit);
        });
        join_all(calls).await;
        assert!(start.elapsed() > 19 * PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_patience_without_end_or_of_nothing_is_no_fault() {
        let gate = Gate::new(false, Some(1));
        let permit = arrival(&gate).await.expect("a permit");
        gate.acquire(gate.ticket(), Duration::ZERO).await.expect_err("no permit at once");
        let mut endless = pin!(gate.acquire(gate.ticket(), Duration::MAX));
        assert!(endless.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        advance(100 * PATIENCE).await;
        drop(permit);
        drop(endless.await.expect("a permit"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_without_limit_goes_out_within_a_moment_and_a_small_one_at_once() {
        let gate = Gate::new(true, None);
        let mut small: Vec<_> = (0..32).map(|_| arrival(&gate)).collect();
        let permits: Vec<_> = small.iter_mut().filter_map(poll).collect();
        assert_eq!(permits.len(), 32);
        let start = Instant::now();
        let rest = join_all((0..968).map(|_| arrival(&gate))).await;
        assert!(rest.iter().all(Result::is_ok));
        assert!((30 * PAUSE..35 * PAUSE).contains(&start.elapsed()), "{:?}", start.elapsed());
        assert_eq!((gate.limit(), gate.in_flight()), (None, 1000));
    }

    #[tokio::test(start_paused = true)]
    async fn the_rest_of_a_burst_waits_once_a_refusal_is_heard() {
        let gate = Gate::new(true, None);
        let mut burst: Vec<_> = (0..100).map(|_| arrival(&gate)).collect();
        let mut permits: Vec<_> = burst.iter_mut().filter_map(poll).collect();
        permits.pop().expect("a permit").refused();
        advance(10 * MILLISECOND).await;
        assert_eq!((gate.limit(), gate.in_flight()), (Some(31), 31));
        drop(permits);
        assert_eq!(gate.in_flight(), 31, "the next ones have the permits");
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_does_not_overtake_the_rest_of_a_burst() {
        let gate = Gate::new(true, None);
        let mut burst: Vec<_> = (0..40).map(|_| arrival(&gate)).collect();
        let mut permits: Vec<_> = burst.iter_mut().filter_map(poll).collect();
        advance(10 * MILLISECOND).await;
        let newcomer = poll(&mut arrival(&gate)).expect("a permit");
        permits.extend(burst.iter_mut().skip(32).filter_map(poll));
        assert_eq!(permits.len(), 40);
        assert!(permits.iter().all(|permit| permit.admitted.admission < newcomer.admitted.admission));
    }

    #[tokio::test(start_paused = true)]
    async fn an_older_one_that_is_cancelled_in_a_burst_does_not_hold_up_younger_ones() {
        let gate = Gate::new(true, None);
        let mut burst: Vec<_> = (0..32).map(|_| arrival(&gate)).collect();
        let _permits: Vec<_> = burst.iter_mut().filter_map(poll).collect();
        // The oldest arrives last, and its turn is with theirs.
        let mut oldest = arrival(&gate);
        let mut younger = waiting(&gate, 32);
        assert!(poll(&mut oldest).is_none());
        advance(PAUSE).await;
        assert!(younger.iter_mut().all(|entry| poll(entry).is_none()), "they let the oldest go first");
        drop(oldest);
        assert!(younger.iter_mut().all(|entry| poll(entry).is_some()));
    }

    #[tokio::test(start_paused = true)]
    async fn one_of_a_burst_that_is_cancelled_does_not_hold_up_the_others() {
        let gate = Gate::new(true, None);
        let mut burst: Vec<_> = (0..40).map(|_| arrival(&gate)).collect();
        let permits: Vec<_> = burst.iter_mut().filter_map(poll).collect();
        assert_eq!(permits.len(), 32);
        drop(burst.remove(32));
        let start = Instant::now();
        let rest = join_all(burst.split_off(32)).await;
        assert_eq!((rest.len(), gate.in_flight()), (7, 39));
        assert!(start.elapsed() <= 2 * PAUSE, "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_was_alone_and_refused_keeps_the_next_back_for_a_moment() {
        let (gate, permits) = learned(1).await;
        drop(permits);
        arrival(&gate).await.expect("a permit").refused();
        let start = Instant::now();
        let mut cancelled = arrival(&gate);
        assert!(poll(&mut cancelled).is_none());
        drop(cancelled);
        arrival(&gate).await.expect("a permit").accepted();
        assert!(start.elapsed() >= 50 * MILLISECOND, "{:?}", start.elapsed());
        let start = Instant::now();
        arrival(&gate).await.expect("a permit").accepted();
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_calls_at_once_all_succeed_under_a_cap_and_few_are_refused() {
        const CAP: usize = 8;
        const RETRIES: usize = 3;
        let gate = Gate::new(true, None);
        let server = Semaphore::new(CAP);
        let start = Instant::now();
        let calls = (0..1000).map(|_| async {
            let ticket = gate.ticket();
            for refusals in 0..=RETRIES {
                let permit = gate.acquire(ticket, PATIENCE).await.expect("a permit");
                sleep(MILLISECOND).await;
                if let Ok(slot) = server.try_acquire() {
                    sleep(5 * MILLISECOND).await;
                    drop(slot);
                    permit.accepted();
                    return refusals;
                }
                permit.refused();
                sleep(Duration::from_secs(1)).await;
            }
            panic!("refused {RETRIES} times and once more");
        });
        let refusals: usize = join_all(calls).await.into_iter().sum();
        assert!((1..=100).contains(&refusals), "{refusals} refusals");
        let ideal = 6 * MILLISECOND * 1000 / 8 + Duration::from_secs(1);
        assert!(start.elapsed() <= ideal.mul_f64(1.2), "{:?} of {ideal:?}", start.elapsed());
        assert_eq!(gate.in_flight(), 0);
    }

    #[test]
    fn futures_and_permits_can_be_sent_to_other_threads() {
        fn is_send<T: Send>(_: &T) {}
        fn is_shared<T: Send + Sync>() {}
        let gate = Gate::new(true, None);
        is_send(&gate.acquire(gate.ticket(), PATIENCE));
        is_shared::<Gate>();
        is_shared::<Permit>();
    }
}
