//! The queue against a simulated server, in virtual time. Everything follows from the seed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::Instant;

use super::limit::{Admission, Limit};
use super::queue::{Admitted, Arrival, Queue, Ticket};

/// What the server asks of a request that it refuses.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The share of a wait that chance adds to it, as in the retry.
const JITTER: f64 = 0.1;

pub(super) fn ms(value: f64) -> Duration {
    Duration::from_secs_f64(value / 1000.0)
}

/// A server and the way to it.
pub(super) struct Server {
    /// How many requests it runs at once, of this client, so long after the start.
    pub(super) cap: fn(Duration) -> usize,
    pub(super) works: &'static [Duration],
    /// There and back together. Chance makes each way up to two fifths longer or shorter.
    pub(super) latency: Duration,
}

/// What the client asks of it.
pub(super) struct Load {
    pub(super) requests: usize,
    /// The time from one request to the next; without one, all start together.
    pub(super) every: Duration,
    pub(super) max: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Call(usize),
    Turn,
    Send(usize, u64),
    Reach(usize, u64),
    Finish(usize, u64),
    Answer(usize, u64),
    Refusal(usize, u64),
    Retry(usize),
}

/// What became of it all.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) total: Duration,
    /// How often each request was refused.
    pub(super) refusals: Vec<usize>,
    /// When each refusal was heard.
    pub(super) refused_at: Vec<Duration>,
    /// When each answer was heard.
    pub(super) answered_at: Vec<Duration>,
    /// Each change of the limit.
    pub(super) limits: Vec<(Duration, usize)>,
    pub(super) most_under_way: usize,
}

struct Simulation<'a> {
    server: &'a Server,
    start: Instant,
    now: Duration,
    events: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    scheduled: u64,
    queue: Queue<usize>,
    max: Option<usize>,
    admissions: Vec<Admission>,
    running: usize,
    rng: Rng,
    report: Report,
}

/// Runs the load to its end.
pub(super) fn simulate(server: &Server, load: &Load, seed: u64) -> Report {
    let start = Instant::now();
    let mut simulation = Simulation {
        server,
        start,
        now: Duration::ZERO,
        events: BinaryHeap::new(),
        scheduled: 0,
        queue: Queue::new(Limit::new(true, load.max), start),
        max: load.max,
        admissions: Vec::new(),
        running: 0,
        rng: Rng::with_seed(seed),
        report: Report { refusals: vec![0; load.requests], ..Report::default() },
    };
    for request in 0..load.requests {
        let after = load.every * u32::try_from(request).expect("a small number");
        simulation.schedule(after, Event::Call(request));
    }
    while let Some(Reverse((time, _, event))) = simulation.events.pop() {
        simulation.now = time;
        simulation.handle(event);
        simulation.let_in();
        simulation.check();
    }
    assert_eq!(simulation.report.answered_at.len(), load.requests, "a request was forgotten");
    assert_eq!(simulation.queue.under_way(), 0, "a place was forgotten");
    simulation.report
}

impl Simulation<'_> {
    fn schedule(&mut self, after: Duration, event: Event) {
        self.scheduled += 1;
        self.events.push(Reverse((self.now + after, self.scheduled, event)));
    }

    fn instant(&self) -> Instant {
        self.start + self.now
    }

    fn one_way(&mut self) -> Duration {
        self.server.latency.mul_f64(0.5 * (0.6 + 0.8 * self.rng.f64()))
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Call(request) | Event::Retry(request) => self.arrive(request),
            Event::Turn => {}
            Event::Send(request, admission) => {
                let way = self.one_way();
                self.schedule(way, Event::Reach(request, admission));
            }
            Event::Reach(request, admission) if self.running < (self.server.cap)(self.now) => {
                self.running += 1;
                let work = self.server.works[request % self.server.works.len()];
                self.schedule(work, Event::Finish(request, admission));
            }
            Event::Reach(request, admission) => {
                let way = self.one_way();
                self.schedule(way, Event::Refusal(request, admission));
            }
            Event::Finish(request, admission) => {
                self.running -= 1;
                let way = self.one_way();
                self.schedule(way, Event::Answer(request, admission));
            }
            Event::Answer(_, admission) => {
                let now = self.instant();
                self.queue.accepted(self.admission(admission), now);
                self.queue.freed(now);
                self.report.answered_at.push(self.now);
                self.report.total = self.now;
            }
            Event::Refusal(request, admission) => {
                let now = self.instant();
                self.queue.refused(self.admission(admission), now);
                self.report.refusals[request] += 1;
                self.report.refused_at.push(self.now);
                let wait = RETRY_AFTER.mul_f64(1.0 + JITTER * self.rng.f64());
                self.schedule(wait, Event::Retry(request));
            }
        }
    }

    fn admission(&self, index: u64) -> Admission {
        self.admissions[usize::try_from(index).expect("a small number")]
    }

    fn arrive(&mut self, request: usize) {
        match self.queue.arrive(self.instant()) {
            Arrival::Admitted(admitted) => self.send(request, admitted),
            Arrival::Waits { turn } => {
                let ticket = Ticket(u64::try_from(request).expect("a small number"));
                self.queue.wait(ticket, turn, request);
                self.schedule(turn - self.instant(), Event::Turn);
            }
        }
    }

    fn let_in(&mut self) {
        while let Some((request, admitted)) = self.queue.next(self.instant()) {
            self.send(request, admitted);
        }
    }

    fn send(&mut self, request: usize, admitted: Admitted) {
        let limit = self.queue.limit().unwrap_or(usize::MAX);
        assert!(self.queue.under_way() <= limit, "{} under way with a limit of {limit}", self.queue.under_way());
        self.report.most_under_way = self.report.most_under_way.max(self.queue.under_way());
        let index = u64::try_from(self.admissions.len()).expect("a small number");
        self.admissions.push(admitted.admission);
        let pause = admitted.not_before.map_or(Duration::ZERO, |then| then.duration_since(self.instant()));
        self.schedule(pause, Event::Send(request, index));
    }

    fn check(&mut self) {
        let Some(limit) = self.queue.limit() else { return };
        assert!(limit >= 1 && limit <= self.max.unwrap_or(usize::MAX), "a limit of {limit}");
        if self.report.limits.last().is_none_or(|last| last.1 != limit) {
            self.report.limits.push((self.now, limit));
        }
    }
}
