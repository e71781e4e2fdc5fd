//! A queue in which tenants take turns: who asks for much waits for their own work, and holds up nobody else's.
//!
//! [Permits](crate::permits) would not do for writes. A commit is cheap for each write in it only where many of one tenant may wait
//! for it, and another tenant would then wait for all of these.

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};

use crate::tenant::Tenant;

/// What waits, for each tenant oldest first. The tenants are served one after the other.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    /// No queue is empty.
    waiting: HashMap<Tenant, VecDeque<T>>,
    /// Each tenant that waits, once; the next one first.
    order: VecDeque<Tenant>,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self { waiting: HashMap::new(), order: VecDeque::new() }
    }
}

impl<T> Turns<T> {
    pub(crate) fn push(&mut self, tenant: Tenant, item: T) {
        match self.waiting.entry(tenant) {
            Entry::Occupied(queue) => queue.into_mut().push_back(item),
            Entry::Vacant(queue) => {
                queue.insert(VecDeque::from([item]));
                self.order.push_back(tenant);
            }
        }
    }

    pub(crate) fn next(&mut self) -> Option<T> {
        let tenant = self.order.pop_front()?;
        let Entry::Occupied(mut queue) = self.waiting.entry(tenant) else { return None };
        let item = queue.get_mut().pop_front();
        if queue.get().is_empty() {
            queue.remove();
        } else {
            self.order.push_back(tenant);
        }
        item
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_with_one_item_waits_for_one_item_of_each_other() {
        let (greedy, modest, late) = (Tenant::of_key("greedy"), Tenant::of_key("modest"), Tenant::of_key("late"));
        let mut turns = Turns::default();
        (0..100).for_each(|number| turns.push(greedy, format!("greedy {number}")));
        turns.push(modest, "modest".to_owned());
        let first: Vec<_> = (0..3).filter_map(|_| turns.next()).collect();
        assert_eq!(first, ["greedy 0", "modest", "greedy 1"]);
        turns.push(late, "late".to_owned());
        let next: Vec<_> = (0..3).filter_map(|_| turns.next()).collect();
        assert_eq!(next, ["greedy 2", "late", "greedy 3"]);
        assert_eq!(std::iter::from_fn(|| turns.next()).count(), 96);
        assert!(turns.is_empty() && turns.waiting.is_empty());
    }
}
