//! Ctrl-C, for what ends in good order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

#[derive(Clone, Default)]
pub(crate) struct Interrupts {
    first: Arc<AtomicBool>,
    second: Arc<Notify>,
}

impl Interrupts {
    /// Listens from now on, in place of the system, which would end the program.
    pub(crate) fn listen(on_first: impl FnOnce() + Send + 'static) -> Self {
        let interrupts = Self::default();
        let heard = interrupts.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                heard.first.store(true, Ordering::Relaxed);
                on_first();
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                heard.second.notify_one();
            }
        });
        interrupts
    }

    pub(crate) fn asked_to_stop(&self) -> bool {
        self.first.load(Ordering::Relaxed)
    }

    pub(crate) async fn asked_twice(&self) {
        self.second.notified().await;
    }
}
