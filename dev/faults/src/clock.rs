//! A paused clock that moves while something waits for a socket.

use std::time::Duration;

use tokio::time::Instant;

/// Awaits a future while the paused clock moves by `step` in each real millisecond. Says how long it took by that clock.
/// The clock must not move on its own: it would jump over a timeout while an answer is on its way.
pub async fn on_paused_time<F: IntoFuture>(step: Duration, future: F) -> (F::Output, Duration) {
    let start = Instant::now();
    let mut future = std::pin::pin!(future.into_future());
    loop {
        // While a blocking task runs, tokio does not move a paused clock.
        let real_pause = tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(1)));
        tokio::select! {
            biased;
            output = &mut future => return (output, start.elapsed()),
            _ = real_pause => tokio::time::advance(step).await,
        }
    }
}
