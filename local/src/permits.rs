//! Permits that the tenants share.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::tenant::Tenant;

/// The same number of permits for each tenant.
#[derive(Debug)]
pub(crate) struct TenantPermits {
    each: usize,
    /// Of the tenants that hold or want one.
    semaphores: Mutex<HashMap<Tenant, Weak<Semaphore>>>,
}

impl TenantPermits {
    pub(crate) fn new(each: usize) -> Self {
        Self { each: each.min(Semaphore::MAX_PERMITS), semaphores: Mutex::default() }
    }

    pub(crate) fn of(&self, tenant: Tenant) -> Arc<Semaphore> {
        let mut semaphores = self.semaphores.lock();
        if let Some(semaphore) = semaphores.get(&tenant).and_then(Weak::upgrade) {
            return semaphore;
        }
        semaphores.retain(|_, semaphore| semaphore.strong_count() > 0);
        let semaphore = Arc::new(Semaphore::new(self.each));
        semaphores.insert(tenant, Arc::downgrade(&semaphore));
        semaphore
    }
}

/// Permits in the order of arrival, but no tenant may hold and wait for more than there are. So one alone can have them all, and the others
/// wait for that many of its requests at most, however many it sends.
#[derive(Debug)]
pub(crate) struct FairPermits {
    all: Arc<Semaphore>,
    tenants: TenantPermits,
}

#[derive(Debug)]
pub(crate) struct Permit {
    _shared: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
}

impl FairPermits {
    pub(crate) fn new(number: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(number)), tenants: TenantPermits::new(number) }
    }

    /// It never fails, since the semaphores are never closed.
    pub(crate) async fn acquire(&self, tenant: Tenant) -> Result<Permit, AcquireError> {
        let own = self.tenants.of(tenant).acquire_owned().await?;
        let shared = Arc::clone(&self.all).acquire_owned().await?;
        Ok(Permit { _shared: shared, _own: own })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_tenant_can_have_all_permits_and_another_waits_for_the_next_one() {
        let (greedy, modest) = (Tenant::of_key("greedy"), Tenant::of_key("modest"));
        let permits = FairPermits::new(2);
        let mut held: Vec<_> = (0..2).map(|_| permits.acquire(greedy).now_or_never().unwrap().unwrap()).collect();
        let mut storm: Vec<_> = (0..100).map(|_| Box::pin(permits.acquire(greedy))).collect();
        assert!(storm.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        let mut one = Box::pin(permits.acquire(modest));
        assert!((&mut one).now_or_never().is_none());
        held.pop();
        let one = (&mut one).now_or_never().expect("the other tenant came first").unwrap();
        assert!(storm.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        drop(one);
        assert!(storm.iter_mut().any(|waiting| waiting.now_or_never().is_some()));
    }

    #[test]
    fn nothing_is_kept_of_tenants_that_are_gone() {
        let permits = TenantPermits::new(1);
        for number in 0..1000 {
            drop(permits.of(Tenant::of_key(&number.to_string())));
        }
        assert_eq!(permits.semaphores.lock().len(), 1);
    }
}
