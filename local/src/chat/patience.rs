//! How long an endpoint may be silent.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::ChatError;
use crate::endpoint::{Endpoint, Failure};

/// From a moment on.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    time: Duration,
    end: Instant,
}

impl Patience {
    /// From now on.
    pub(super) fn of(time: Duration) -> Self {
        Self { time, end: Instant::now() + time }
    }

    pub(super) async fn wait<T>(
        self,
        endpoint: &Endpoint,
        answer: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, ChatError> {
        let silent = |_| ChatError::Timeout(endpoint.problem(format_args!("sent nothing for {:?}", self.time)));
        Ok(timeout_at(self.end, answer).await.map_err(silent)??)
    }
}
