//! How often the model may be asked.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

const MINUTE: Duration = Duration::from_secs(60);

/// In no minute are there more requests than these. It begins with none, and gains them evenly within its first minute: a server that fails and is
/// started again and again spends no more than another.
#[derive(Debug)]
pub(super) struct Budget {
    per_minute: u32,
    begin: Instant,
    /// When the last requests were sent, no more of them than one minute takes.
    sent: VecDeque<Instant>,
}

impl Budget {
    pub(super) fn new(per_minute: usize) -> Self {
        let per_minute = u32::try_from(per_minute).unwrap_or(u32::MAX);
        Self { per_minute, begin: Instant::now(), sent: VecDeque::new() }
    }

    /// Waits until a request may be sent, and counts it.
    pub(super) async fn spend(&mut self) {
        sleep_until(self.next()).await;
        self.sent.push_back(Instant::now());
    }

    fn next(&mut self) -> Instant {
        match u32::try_from(self.sent.len()) {
            Ok(sent) if sent < self.per_minute => self.begin + MINUTE * (sent + 1) / self.per_minute,
            _ => self.sent.pop_front().map_or(self.begin, |first| first + MINUTE),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, timeout};

    use super::*;

    /// When requests are sent by servers that each live so long.
    async fn sent(per_minute: usize, life: Duration) -> Vec<Instant> {
        let begin = Instant::now();
        let mut sent = Vec::new();
        while begin.elapsed() < MINUTE * 5 {
            let mut budget = Budget::new(per_minute);
            let spending = async {
                loop {
                    budget.spend().await;
                    sent.push(Instant::now());
                }
            };
            let _: Result<(), _> = timeout(life, spending).await;
            advance(Duration::from_millis(1)).await;
        }
        sent
    }

    #[tokio::test(start_paused = true)]
    async fn in_no_minute_are_there_more_requests_however_often_the_server_is_started() {
        for per_minute in [1, 2, 10, 60] {
            for seconds in [1, 5, 7, 29, 61, 100, 300] {
                let sent = sent(per_minute, Duration::from_secs(seconds)).await;
                let is_minute = |some: &&[Instant]| some[per_minute] - some[0] < MINUTE - Duration::from_secs(1);
                let too_near = sent.windows(per_minute + 1).find(is_minute);
                assert_eq!(too_near, None, "{per_minute} a minute, started every {seconds} s");
            }
            let steady = sent(per_minute, MINUTE * 5).await;
            assert!(steady.len() >= per_minute * 4, "{}", steady.len());
        }
    }
}
