//! One thread for each run of the model.

use std::sync::Arc;

use parking_lot::Mutex;
use rten::ThreadPool;

/// Pools of a thread each. There are as many of them as runs there were at a time, so that no run waits for another, and none takes
/// more than a core.
#[derive(Default)]
pub(crate) struct Threads {
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

impl Threads {
    pub(crate) fn run<T>(&self, run: impl FnOnce(Arc<ThreadPool>) -> T) -> T {
        let idle = self.idle.lock().pop();
        let pool = idle.unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)));
        let outcome = run(Arc::clone(&pool));
        self.idle.lock().push(pool);
        outcome
    }
}
