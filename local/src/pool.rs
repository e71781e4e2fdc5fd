//! Things that are lent to one request at a time. Where all are lent out, the tenants take turns.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::tenant::Tenant;
use crate::turns::Turns;

#[derive(Debug)]
pub(crate) struct Pool<T>(Arc<Mutex<State<T>>>);

#[derive(Debug)]
struct State<T> {
    idle: Vec<T>,
    /// Nobody waits while something is idle.
    waiting: Turns<oneshot::Sender<Lent<T>>>,
}

/// One of the things, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Lent<T> {
    item: Option<T>,
    pool: Arc<Mutex<State<T>>>,
}

impl<T> Pool<T> {
    pub(crate) fn new(items: Vec<T>) -> Self {
        Self(Arc::new(Mutex::new(State { idle: items, waiting: Turns::default() })))
    }

    /// Waits for the tenant's turn. `None` where there is nothing to lend.
    pub(crate) async fn take(&self, tenant: Tenant) -> Option<Lent<T>> {
        let turn = {
            let mut state = lock(&self.0);
            if let Some(item) = state.idle.pop() {
                return Some(Lent { item: Some(item), pool: Arc::clone(&self.0) });
            }
            let (turn, waiting) = oneshot::channel();
            state.waiting.push(tenant, turn);
            waiting
        };
        turn.await.ok()
    }
}

impl<T> Lent<T> {
    pub(crate) fn get(&self) -> Option<&T> {
        self.item.as_ref()
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        let mut item = self.item.take();
        while let Some(lent) = item {
            let mut state = lock(&self.pool);
            let Some(next) = state.waiting.next() else {
                state.idle.push(lent);
                return;
            };
            drop(state);
            // Who waited may have gone; then it is the next one's turn.
            let refused = next.send(Self { item: Some(lent), pool: Arc::clone(&self.pool) }).err();
            item = refused.and_then(|mut refused| refused.item.take());
        }
    }
}

/// The state is whole at all times, whatever else failed.
fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// What the future has, if it is done.
    fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Option<F::Output> {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_tenant_waits_for_one_turn_of_a_busier_one() {
        let (greedy, modest) = (Tenant::of_key("greedy"), Tenant::of_key("modest"));
        let pool = Pool::new(vec![()]);
        let lent = poll(&mut Box::pin(pool.take(greedy))).unwrap();
        let mut storm: Vec<_> = (0..100).map(|_| Box::pin(pool.take(greedy))).collect();
        assert!(storm.iter_mut().all(|take| poll(take).is_none()));
        let mut one = Box::pin(pool.take(modest));
        assert!(poll(&mut one).is_none());
        drop(lent);
        let lent = poll(&mut storm[0]).unwrap();
        assert!(poll(&mut one).is_none());
        drop(lent);
        let lent = poll(&mut one).expect("it was not its turn");
        assert!(storm[1..].iter_mut().all(|take| poll(take).is_none()));
        drop(lent);
        assert!(poll(&mut storm[1]).is_some());
    }

    #[test]
    fn nothing_is_lost_when_those_who_wait_go_away() {
        let tenant = Tenant::of_key("key");
        let pool = Pool::new(vec![()]);
        let lent = poll(&mut Box::pin(pool.take(tenant))).unwrap();
        for _ in 0..10_000 {
            assert!(poll(&mut Box::pin(pool.take(tenant))).is_none());
        }
        let mut last = Box::pin(pool.take(tenant));
        assert!(poll(&mut last).is_none());
        drop(lent);
        // Given to the last one, which goes away without a look at it.
        assert!(lock(&pool.0).idle.is_empty());
        drop(last);
        assert_eq!(lock(&pool.0).idle.len(), 1);
    }
}
