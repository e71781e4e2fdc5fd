//! The queue against a simulated server, in virtual time. Everything follows from the seed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::Instant;

use super::limit::{Admission, Limit};
use super::queue::{Admitted, Arrival, Queue, Ticket};

/// What the server asks of a request that it refuses.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The share of a wait that jitter adds to it, as in the retry.
const JITTER: f64 = 0.1;

/// A server and the way to it.
struct Server {
    /// How many requests it runs at once, of this client, so long after the start.
    cap: Box<dyn Fn(Duration) -> usize>,
    works: &'static [Duration],
    /// There and back together. Jitter makes each way up to two fifths longer or shorter.
    latency: Duration,
}

/// What the client asks of it.
struct Load {
    requests: usize,
    /// The time from one request to the next; without one, all start together.
    every: Duration,
    max: Option<usize>,
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
#[derive(Default)]
struct Report {
    total: Duration,
    /// How often each request was refused.
    refusals: Vec<usize>,
    /// When each refusal was heard.
    refused_at: Vec<Duration>,
    /// When each answer was heard.
    answered_at: Vec<Duration>,
    /// Each change of the limit.
    limits: Vec<(Duration, usize)>,
    most_under_way: usize,
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
fn simulate(server: &Server, load: &Load, seed: u64) -> Report {
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
    assert_eq!(simulation.queue.in_flight(), 0, "a permit was forgotten");
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
        assert!(self.queue.in_flight() <= limit, "{} in flight with a limit of {limit}", self.queue.in_flight());
        self.report.most_under_way = self.report.most_under_way.max(self.queue.in_flight());
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

/// So often is a request sent again by default.
const RETRIES: usize = 3;
const FAST: &[Duration] = &[Duration::from_millis(5)];
const SLOW: &[Duration] = &[Duration::from_millis(250)];
const MIXED: &[Duration] = &[Duration::from_millis(5), Duration::from_millis(250)];
/// To a server in the same house, and to one far away.
const NEAR: Duration = Duration::from_micros(100);
const FAR: Duration = Duration::from_millis(50);
/// When a cap changes.
const CHANGE: Duration = Duration::from_secs(20);

impl Server {
    fn new(works: &'static [Duration], latency: Duration, cap: impl Fn(Duration) -> usize + 'static) -> Self {
        Self { cap: Box::new(cap), works, latency }
    }

    /// How long the requests take if just as many as the cap are in flight all the time.
    fn ideal(&self, requests: usize, cap: f64) -> Duration {
        let works: Duration = (0..requests).map(|request| self.works[request % self.works.len()] + self.latency).sum();
        works.div_f64(cap)
    }
}

impl Load {
    fn burst(requests: usize) -> Self {
        Self { requests, every: Duration::ZERO, max: None }
    }
}

impl Report {
    fn most_refusals_of_one(&self) -> usize {
        self.refusals.iter().copied().max().unwrap_or_default()
    }

    /// The lowest and the highest limit between two times.
    fn limits_between(&self, from: Duration, to: Duration) -> (usize, usize) {
        let before = self.limits.iter().rfind(|(time, _)| *time <= from);
        let within = self.limits.iter().filter(|(time, _)| from < *time && *time <= to);
        let limits: Vec<_> = before.into_iter().chain(within).map(|(_, limit)| *limit).collect();
        (*limits.iter().min().expect("a limit"), *limits.iter().max().expect("a limit"))
    }

    fn longest_time_without_an_answer(&self) -> Duration {
        self.answered_at.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }
}

#[test]
fn a_burst_meets_any_cap_in_hardly_more_than_the_time_that_it_takes() {
    for cap in [1, 2, 3, 5, 8, 13, 32, 64, 100, 256] {
        for (works, latency) in [(FAST, NEAR), (FAST, FAR), (SLOW, NEAR), (SLOW, FAR), (MIXED, NEAR), (MIXED, FAR)] {
            let server = Server::new(works, latency, move |_| cap);
            for seed in 0..2 {
                let report = simulate(&server, &Load::burst(1000), seed);
                let case = format!("cap {cap}, works {works:?}, latency {latency:?}, seed {seed}");
                assert!(report.most_refusals_of_one() <= RETRIES, "{case}");
                let ideal = server.ideal(1000, cap as f64) + RETRY_AFTER;
                // The first refusal is heard late, so all the rest waits once, and the probe of the last rounds once more.
                let late_probe = (cap, works, latency) == (256, SLOW, FAR);
                let bound = if late_probe { ideal.mul_f64(1.2) + RETRY_AFTER } else { ideal.mul_f64(1.2) };
                assert!(report.total <= bound, "{case}: {:?} of {bound:?}", report.total);
                // Far away, all of the burst is sent before the first refusal is heard; near, two of its groups at most.
                let refusals = report.refused_at.len();
                assert!(refusals <= if latency == NEAR { 64 } else { 1050 }, "{case}: {refusals} refusals");
            }
        }
    }
}

#[test]
fn a_steady_load_beyond_the_cap_is_refused_once_in_a_while() {
    for cap in [1, 8, 64] {
        let server = Server::new(SLOW, NEAR, move |_| cap);
        let every = Duration::from_millis(250).div_f64(1.5 * cap as f64);
        let load = Load { every, requests: 400 * cap, max: None };
        let report = simulate(&server, &load, 1);
        assert!(report.total <= server.ideal(load.requests, cap as f64).mul_f64(1.1), "cap {cap}: {:?}", report.total);
        assert!(report.most_refusals_of_one() <= RETRIES, "cap {cap}");
        assert!(report.refused_at.len() <= 20, "cap {cap}: {} refusals", report.refused_at.len());
    }
}

#[test]
fn a_load_below_the_cap_is_never_held_up() {
    let server = Server::new(SLOW, NEAR, |_| 64);
    let every = Duration::from_millis(5);
    let report = simulate(&server, &Load { every, requests: 10_000, max: None }, 1);
    assert_eq!(report.refused_at.len(), 0);
    assert!(report.total <= every * 10_000 + Duration::from_millis(251), "{:?}", report.total);
}

#[test]
fn a_maximum_holds_whatever_the_server_takes() {
    for cap in [4, 100] {
        let server = Server::new(MIXED, FAR, move |_| cap);
        let report = simulate(&server, &Load { max: Some(20), ..Load::burst(1000) }, 1);
        assert!(report.most_under_way <= 20, "{} in flight", report.most_under_way);
        assert!(report.most_refusals_of_one() <= RETRIES);
    }
}

#[test]
fn the_limit_follows_a_cap_that_falls_within_three_seconds() {
    for (before, after, requests) in [(64, 8, 6400), (256, 1, 20_600)] {
        for latency in [NEAR, FAR] {
            let server = Server::new(SLOW, latency, move |time| if time < CHANGE { before } else { after });
            let report = simulate(&server, &Load::burst(requests), 1);
            let case = format!("{before} to {after}, latency {latency:?}");
            let (_, high) = report.limits_between(CHANGE + Duration::from_secs(3), report.total);
            assert!(high <= after + 1, "{case}: {high}");
            assert!(report.most_refusals_of_one() <= RETRIES, "{case}");
            let refusals = report.refused_at.iter().filter(|time| **time >= CHANGE).count();
            assert!(refusals <= before, "{case}: {refusals} refusals");
        }
    }
}

#[test]
fn the_limit_follows_a_cap_that_rises_once_the_quiet_is_over_and_it_has_grown() {
    for (before, after, requests, seconds) in [(8, 64, 14_000, 30), (1, 256, 50_000, 50)] {
        for latency in [NEAR, FAR] {
            let server = Server::new(SLOW, latency, move |time| if time < CHANGE { before } else { after });
            let report = simulate(&server, &Load::burst(requests), 1);
            let case = format!("{before} to {after}, latency {latency:?}");
            let settled = CHANGE + Duration::from_secs(seconds);
            assert!(settled < report.total, "{case}: {:?}", report.total);
            let (low, high) = report.limits_between(settled, report.total);
            // Far away, some of those in flight are in the network, and more than the cap may be.
            assert!(low >= after * 3 / 4 && high <= after * 5 / 4, "{case}: {low} to {high}");
            assert!(report.most_refusals_of_one() <= RETRIES, "{case}");
        }
    }
}

#[test]
fn beside_another_client_nobody_starves_and_half_of_what_is_left_is_used() {
    let left = |time: Duration| [32, 20, 8, 12, 28, 4, 16, 30][usize::try_from(time.as_secs() / 3).unwrap_or(0) % 8];
    for (works, requests) in [(SLOW, 4000), (MIXED, 8000)] {
        for latency in [NEAR, FAR] {
            let server = Server::new(works, latency, left);
            let report = simulate(&server, &Load::burst(requests), 1);
            let case = format!("works {works:?}, latency {latency:?}");
            assert!(report.most_refusals_of_one() <= RETRIES, "{case}");
            // On average 18.75 are left.
            assert!(report.total <= server.ideal(requests, 18.75 / 2.0), "{case}: {:?}", report.total);
            let gap = report.longest_time_without_an_answer();
            assert!(gap <= Duration::from_secs(1), "{case}: no answer for {gap:?}");
        }
    }
}

#[test]
fn while_the_server_takes_nothing_few_requests_are_refused() {
    let gone = CHANGE..CHANGE + Duration::from_secs(2);
    for latency in [NEAR, FAR] {
        let away = gone.clone();
        let server = Server::new(FAST, latency, move |time| if away.contains(&time) { 0 } else { 16 });
        let load = Load { every: Duration::from_millis(8), requests: 5000, max: None };
        let report = simulate(&server, &load, 1);
        let refused = report.refused_at.iter().filter(|time| **time >= gone.start);
        assert!((1..=20).contains(&refused.clone().count()), "{} refusals", refused.count());
        assert!(report.most_refusals_of_one() <= RETRIES);
    }
}
