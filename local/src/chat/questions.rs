//! Who comes first where a model does one thing after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// Work in the background is begun anew so often, and then let finish: else it would never be done where there are always questions.
const MOST_INTERRUPTIONS: usize = 3;
/// It waits so long for the end of the questions.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// How many questions a model is asked.
#[derive(Default)]
pub(super) struct Questions(Arc<watch::Sender<usize>>);

/// A question, until it is dropped.
pub(super) struct Asked(Arc<watch::Sender<usize>>);

impl Questions {
    pub(super) fn ask(&self) -> Asked {
        self.0.send_modify(|count| *count += 1);
        Asked(Arc::clone(&self.0))
    }

    /// Does the work while there is no question. One that comes breaks it off, and it is begun anew.
    pub(super) async fn after<F>(&self, work: impl Fn() -> F + Send + Sync) -> F::Output
    where
        F: Future<Output: Send> + Send,
    {
        let mut count = self.0.subscribe();
        for _ in 0..MOST_INTERRUPTIONS {
            if timeout(LONGEST_WAIT, until(&mut count, |count| count == 0)).await.is_err() {
                break;
            }
            tokio::select! {
                done = work() => return done,
                () = until(&mut count, |count| count > 0) => {}
            }
        }
        work().await
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

async fn until(count: &mut watch::Receiver<usize>, is_so: fn(usize) -> bool) {
    // The sender is there as long as its questions are.
    drop(count.wait_for(|count| is_so(*count)).await);
}
