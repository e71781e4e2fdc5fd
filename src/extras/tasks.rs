//! Requests as tasks of the runtime. They go on while the caller's code runs, which may wait for the same client: a request that is not polled
//! would keep its permit from it.

use tokio::task::{JoinError, JoinSet};
use tracing::Instrument;

use crate::error::{Effect, EngramError, ErrorDetail};
use crate::transport::check_runtime;

/// Runs the request as a task, which ends with this future.
pub(in crate::extras) async fn as_task<T: Send + 'static>(
    request: impl Future<Output = Result<T, EngramError>> + Send + 'static,
) -> Result<T, EngramError> {
    check_runtime().map_err(EngramError::invalid_request)?;
    let mut task = JoinSet::new();
    task.spawn(request.in_current_span());
    match task.join_next().await {
        Some(Err(error)) => Err(ended_early(&error)),
        Some(Ok(outcome)) => outcome,
        None => Err(EngramError::invalid_request("no task was started")),
    }
}

/// The error of a request whose task panicked, or whose runtime was shut down.
pub(in crate::extras) fn ended_early(error: &JoinError) -> EngramError {
    let message = format!("its task ended early ({error}); the call may have taken effect");
    EngramError::Transport(Box::new(ErrorDetail::new(message, Effect::Unknown)))
}
