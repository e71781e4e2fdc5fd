//! How often the model may be asked.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

const MINUTE: Duration = Duration::from_secs(60);

/// In no minute are there more requests than these.
#[derive(Debug)]
pub(super) struct Budget {
    per_minute: usize,
    /// When the last requests were sent, no more of them than one minute takes.
    sent: VecDeque<Instant>,
}

impl Budget {
    pub(super) fn new(per_minute: usize) -> Self {
        Self { per_minute, sent: VecDeque::new() }
    }

    /// Waits until a request may be sent, and counts it.
    pub(super) async fn spend(&mut self) {
        if self.sent.len() >= self.per_minute
            && let Some(first) = self.sent.pop_front()
        {
            sleep_until(first + MINUTE).await;
        }
        self.sent.push_back(Instant::now());
    }
}
