//! How many requests may be in flight: what the refusals and the acceptances of the server teach. No clock, input or output is here.

use std::time::Duration;

use tokio::time::Instant;

/// A full round grows the limit by this share of itself, and by one at least.
const GROWTH: usize = 8;
/// How long a refused level is left alone, at first and at most. The wait doubles each time the same level is refused.
const FIRST_QUIET: Duration = Duration::from_secs(2);
const LONGEST_QUIET: Duration = Duration::from_secs(60);
/// How long the next request waits where the server refused one that was alone, at first and at most. The wait doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The number of an admission. It tells whether a request was sent before or after the limit changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Admission(u64);

/// The limit of a client: none until the first refusal, then additive increase and multiplicative decrease.
#[derive(Debug)]
pub(super) struct Limit {
    adaptive: bool,
    max: usize,
    admitted: u64,
    learned: Option<Learned>,
}

/// What is known since the first refusal.
#[derive(Debug)]
struct Learned {
    limit: usize,
    /// The lowest level that is known to be refused.
    ceiling: Option<usize>,
    /// By how much the next full round grows the limit.
    step: usize,
    quiet: Duration,
    refused_at: Instant,
    /// The first admission since the last decrease. Refusals of older ones say nothing new.
    era: u64,
    /// A whole round was accepted since the last decrease.
    held: bool,
    /// How many requests of the era were refused.
    refused: usize,
    round: Round,
    pause: Option<Pause>,
}

/// As many acceptances as the limit, of requests that were sent since it has its value.
#[derive(Debug)]
struct Round {
    from: u64,
    accepted: usize,
    /// The limit was reached. Growth of a limit that is not used would rest on nothing.
    reached: bool,
}

/// Keeps back the next request, because the server has no permit for even one.
#[derive(Clone, Copy, Debug)]
struct Pause {
    until: Instant,
    length: Duration,
}

impl Limit {
    pub(super) fn new(adaptive: bool, max: Option<usize>) -> Self {
        Self { adaptive, max: max.unwrap_or(usize::MAX).max(1), admitted: 0, learned: None }
    }

    /// The limit, or `None` where there is none.
    pub(super) fn get(&self) -> Option<usize> {
        let learned = self.learned.as_ref().map(|learned| learned.limit);
        learned.or((self.max < usize::MAX).then_some(self.max))
    }

    /// Whether the limit is the caller's maximum.
    pub(super) fn is_own(&self) -> bool {
        self.get() == Some(self.max)
    }

    /// No refusal came yet, though one would teach something.
    pub(super) fn is_unknown(&self) -> bool {
        self.adaptive && self.learned.is_none()
    }

    pub(super) fn has_room(&self, in_flight: usize) -> bool {
        in_flight < self.get().unwrap_or(usize::MAX)
    }

    /// Counts a request that makes so many in flight. It may be sent after the instant, if there is one.
    pub(super) fn admit(&mut self, in_flight: usize) -> (Admission, Option<Instant>) {
        let admission = Admission(self.admitted);
        self.admitted += 1;
        let Some(learned) = &mut self.learned else { return (admission, None) };
        learned.round.reached |= in_flight >= learned.limit;
        (admission, learned.pause.map(|pause| pause.until))
    }

    /// The server took the request.
    pub(super) fn accepted(&mut self, Admission(number): Admission, now: Instant) {
        let Some(learned) = self.learned.as_mut().filter(|learned| number >= learned.round.from) else { return };
        learned.pause = None;
        learned.round.accepted += 1;
        if learned.round.accepted < learned.limit {
            return;
        }
        learned.held = true;
        if learned.round.reached {
            learned.grow(self.max, now);
        }
        learned.round = Round::new(self.admitted);
    }

    /// The server refused the request while so many others were in flight.
    pub(super) fn refused(&mut self, Admission(number): Admission, others: usize, now: Instant) {
        if !self.adaptive {
            return;
        }
        let level = others.max(1);
        match &mut self.learned {
            None => self.learned = Some(Learned::new(level, self.admitted, now)),
            Some(learned) if number < learned.era => learned.follow(level, now),
            Some(learned) => learned.decrease(level, self.admitted, now),
        }
    }
}

impl Learned {
    fn new(limit: usize, era: u64, now: Instant) -> Self {
        let round = Round::new(era);
        Self {
            limit,
            ceiling: None,
            step: 1,
            quiet: FIRST_QUIET,
            refused_at: now,
            era,
            held: false,
            refused: 0,
            round,
            pause: None,
        }
    }

    /// So many were too many, as well as those that were refused before. A ceiling right above the limit moves down with it.
    fn follow(&mut self, level: usize, now: Instant) {
        let adjoining = self.ceiling == Some(self.limit + 1);
        self.refused_at = now;
        self.limit = self.limit.min(level);
        if adjoining {
            self.ceiling = Some(self.limit + 1);
        }
    }

    /// A request that was sent since the last decrease was refused.
    fn decrease(&mut self, level: usize, admitted: u64, now: Instant) {
        if self.limit == 1 {
            self.pause = Some(Pause::after(self.pause, now));
        }
        let level = level.min(self.limit);
        self.refused += 1;
        if self.held {
            self.refuse_level(level + 1);
            self.limit = level;
        } else if self.refused < largest_step(self.limit) {
            return self.follow(level, now);
        } else {
            self.limit = (level / 2).max(1);
        }
        (self.refused_at, self.era, self.held, self.refused, self.step) = (now, admitted, false, 0, 1);
        self.round = Round::new(admitted);
    }

    fn refuse_level(&mut self, level: usize) {
        let again = self.ceiling == Some(level);
        self.quiet = if again { (self.quiet * 2).min(LONGEST_QUIET) } else { FIRST_QUIET };
        self.ceiling = Some(level);
    }

    fn grow(&mut self, max: usize, now: Instant) {
        let grown = self.limit + self.step;
        self.step = (self.step * 2).min(largest_step(self.limit));
        self.limit = match self.ceiling {
            Some(ceiling) if self.limit + 1 < ceiling => grown.min(ceiling - 1),
            Some(ceiling) if self.limit < ceiling && now.duration_since(self.refused_at) < self.quiet => self.limit,
            Some(ceiling) if self.limit < ceiling => ceiling,
            // The level that was refused has held for a round, or there is none.
            _ => {
                self.ceiling = None;
                grown
            }
        }
        .min(max);
    }
}

fn largest_step(limit: usize) -> usize {
    (limit / GROWTH).max(1)
}

impl Round {
    fn new(from: u64) -> Self {
        Self { from, accepted: 0, reached: false }
    }
}

impl Pause {
    fn after(last: Option<Self>, now: Instant) -> Self {
        let length = last.map_or(FIRST_PAUSE, |last| (last.length * 2).min(LONGEST_PAUSE));
        Self { until: now + length, length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A limit together with those in flight, who come and go as the server says.
    struct Client {
        limit: Limit,
        in_flight: usize,
        now: Instant,
    }

    impl Client {
        fn new(max: Option<usize>) -> Self {
            Self { limit: Limit::new(true, max), in_flight: 0, now: Instant::now() }
        }

        /// Sends as many as the limit lets through, at most so many.
        fn send(&mut self, most: usize) -> Vec<Admission> {
            let mut sent = Vec::new();
            while sent.len() < most && self.limit.has_room(self.in_flight) {
                self.in_flight += 1;
                sent.push(self.limit.admit(self.in_flight).0);
            }
            sent
        }

        fn accept(&mut self, admissions: impl IntoIterator<Item = Admission>) {
            for admission in admissions {
                self.limit.accepted(admission, self.now);
                self.in_flight -= 1;
            }
        }

        fn refuse(&mut self, admissions: impl IntoIterator<Item = Admission>) {
            for admission in admissions {
                self.in_flight -= 1;
                self.limit.refused(admission, self.in_flight, self.now);
            }
        }

        /// A burst that teaches this limit.
        fn learn(&mut self, limit: usize) {
            let mut taken = self.send(limit + 20);
            let refused = taken.split_off(limit);
            self.refuse(refused);
            self.accept(taken);
            assert_eq!(self.limit.get(), Some(limit));
        }

        /// As many rounds, each of which uses the whole limit and is accepted.
        fn rounds(&mut self, count: usize) {
            for _ in 0..count {
                let round = self.send(usize::MAX);
                self.accept(round);
            }
        }

        /// A round of which the last request is refused.
        fn round_too_large(&mut self) {
            let mut round = self.send(usize::MAX);
            let refused = round.pop();
            self.refuse(refused);
            self.accept(round);
        }
    }

    #[test]
    fn there_is_no_limit_before_the_first_refusal() {
        let mut client = Client::new(None);
        let sent = client.send(10_000);
        assert_eq!((sent.len(), client.limit.get()), (10_000, None));
        client.accept(sent);
        assert!(client.limit.is_unknown());
    }

    #[test]
    fn the_last_refusal_of_the_first_burst_leaves_those_that_the_server_took() {
        let mut client = Client::new(None);
        let mut taken = client.send(1000);
        let refused = taken.split_off(8);
        for (heard, admission) in refused.into_iter().enumerate() {
            client.refuse([admission]);
            assert_eq!(client.limit.get(), Some(999 - heard));
        }
        assert_eq!(client.limit.get(), Some(8));
    }

    #[test]
    fn growth_begins_at_once_with_one_and_doubles_up_to_an_eighth() {
        let mut client = Client::new(None);
        client.learn(32);
        let grown: Vec<_> = (0..5)
            .map(|_| {
                client.rounds(1);
                client.limit.get().expect("a limit")
            })
            .collect();
        assert_eq!(grown, [33, 35, 39, 43, 47]);
    }

    #[test]
    fn a_probe_that_goes_one_too_far_is_taken_back_alone() {
        let mut client = Client::new(None);
        client.learn(8);
        client.rounds(1);
        assert_eq!(client.limit.get(), Some(9));
        client.round_too_large();
        assert_eq!(client.limit.get(), Some(8));
    }

    #[test]
    fn growth_that_goes_several_too_far_comes_back_to_the_level_that_was_taken_and_stays() {
        let mut client = Client::new(None);
        client.learn(64);
        client.rounds(4);
        assert_eq!(client.limit.get(), Some(64 + 1 + 2 + 4 + 8));
        let mut taken = client.send(usize::MAX);
        let refused = taken.split_off(70);
        client.refuse(refused);
        client.accept(taken);
        client.rounds(10);
        assert_eq!(client.limit.get(), Some(70));
    }

    #[test]
    fn a_refused_level_is_left_alone_for_a_while_that_doubles() {
        let mut client = Client::new(None);
        client.learn(8);
        client.rounds(1);
        client.round_too_large();
        for quiet in [2, 4, 8, 16, 32, 60, 60] {
            client.now += SECOND * quiet - Duration::from_millis(1);
            client.rounds(3);
            assert_eq!(client.limit.get(), Some(8), "before {quiet} s");
            client.now += Duration::from_millis(1);
            client.rounds(1);
            assert_eq!(client.limit.get(), Some(9), "after {quiet} s");
            client.round_too_large();
            assert_eq!(client.limit.get(), Some(8));
        }
    }

    #[test]
    fn a_probe_that_holds_for_a_round_ends_the_quiet() {
        let mut client = Client::new(None);
        client.learn(8);
        client.rounds(1);
        client.round_too_large();
        client.rounds(1);
        client.now += SECOND * 2;
        client.rounds(3);
        assert_eq!(client.limit.get(), Some(11));
    }

    #[test]
    fn a_new_limit_that_is_refused_too_is_halved() {
        let mut client = Client::new(None);
        client.learn(8);
        client.rounds(1);
        client.round_too_large();
        let first = client.send(1);
        client.refuse(first);
        assert_eq!(client.limit.get(), Some(1));
    }

    #[test]
    fn a_limit_that_is_not_reached_does_not_grow() {
        let mut client = Client::new(None);
        client.learn(8);
        for _ in 0..100 {
            let some = client.send(7);
            client.accept(some);
        }
        assert_eq!(client.limit.get(), Some(8));
        client.rounds(2);
        assert!(client.limit.get() > Some(8));
    }

    #[test]
    fn acceptances_of_requests_that_were_sent_before_do_not_count() {
        let mut client = Client::new(None);
        let mut taken = client.send(100);
        let refused = taken.split_off(50);
        client.refuse(refused);
        client.accept(taken);
        assert_eq!(client.limit.get(), Some(50));
        assert!(client.limit.learned.as_ref().is_some_and(|learned| learned.round.accepted == 0 && !learned.held));
    }

    #[test]
    fn a_request_that_was_alone_and_refused_keeps_the_next_back_for_longer_each_time() {
        let mut client = Client::new(None);
        let alone = client.send(1);
        client.refuse(alone);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            let alone = client.send(1);
            client.refuse(alone);
            let (admission, not_before) = client.limit.admit(1);
            client.in_flight = 1;
            pauses.push(not_before.expect("a pause").duration_since(client.now).as_millis());
            client.now = not_before.expect("a pause");
            // This one tells nothing: its connection broke.
            let _ = admission;
            client.in_flight = 0;
        }
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1000, 1000]);
        let alone = client.send(1);
        client.accept(alone);
        assert_eq!(client.limit.admit(1).1, None);
    }

    #[test]
    fn the_limit_stays_from_one_to_the_maximum_whatever_comes() {
        for seed in 0..200 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let max = rng.bool().then(|| rng.usize(1..100));
            let mut client = Client::new(max);
            let mut sent = Vec::new();
            for _ in 0..1000 {
                sent.extend(client.send(rng.usize(0..20)));
                let bound = client.limit.get().unwrap_or(usize::MAX);
                assert!(1 <= bound && bound <= max.unwrap_or(usize::MAX), "a limit of {bound} with {max:?}");
                client.now += Duration::from_millis(rng.u64(0..500));
                let chosen = (!sent.is_empty()).then(|| sent.swap_remove(rng.usize(..sent.len())));
                if rng.u8(0..8) == 0 {
                    client.refuse(chosen);
                } else {
                    client.accept(chosen);
                }
            }
        }
    }

    #[test]
    fn without_adaptation_there_is_only_the_maximum() {
        for max in [None, Some(4)] {
            let mut limit = Limit::new(false, max);
            let (admission, _) = limit.admit(1);
            limit.refused(admission, 0, Instant::now());
            assert_eq!(limit.get(), max);
            assert!(!limit.is_unknown());
        }
    }
}
