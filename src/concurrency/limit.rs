//! How many requests may be under way: what the refusals and the acceptances of the server teach. No clock, input or output is here.

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

/// Keeps back the next request, because the server has no place for even one.
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

    /// No refusal came yet, though one would teach something.
    pub(super) fn is_unknown(&self) -> bool {
        self.adaptive && self.learned.is_none()
    }

    pub(super) fn has_room(&self, under_way: usize) -> bool {
        under_way < self.get().unwrap_or(usize::MAX)
    }

    /// Counts a request that makes so many under way. It may be sent after the instant, if there is one.
    pub(super) fn admit(&mut self, under_way: usize) -> (Admission, Option<Instant>) {
        let admission = Admission(self.admitted);
        self.admitted += 1;
        let Some(learned) = &mut self.learned else { return (admission, None) };
        learned.round.reached |= under_way >= learned.limit;
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

    /// The server refused the request while so many others were under way.
    pub(super) fn refused(&mut self, Admission(number): Admission, others: usize, now: Instant) {
        if !self.adaptive {
            return;
        }
        let level = others.max(1);
        match &mut self.learned {
            None => self.learned = Some(Learned::new(level.min(self.max), self.admitted, now)),
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
