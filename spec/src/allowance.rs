//! [`Allowances`]: mismatches that are known, and right.

use crate::mismatch::Mismatch;

/// A mismatch that is known, and right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The operation's id.
    pub operation: &'static str,
    /// As [`Mismatch::place`] says it; `*` stands for any segment of the path: `request /body/memories/*/tags`.
    pub place: &'static str,
    /// Why it is right.
    pub reason: &'static str,
}

impl Allowance {
    fn covers(&self, mismatch: &Mismatch) -> bool {
        let place = mismatch.place();
        let (mut wanted, mut segments) = (self.place.split('/'), place.split('/'));
        let fits =
            wanted.by_ref().all(|wanted| segments.next().is_some_and(|segment| wanted == "*" || wanted == segment));
        self.operation == mismatch.operation && fits && segments.next().is_none()
    }
}

/// A list of what is allowed, which must stay true: what it lets pass, and that it needs all of it.
#[derive(Debug)]
pub struct Allowances<'a> {
    list: &'a [Allowance],
    used: Vec<bool>,
}

impl<'a> Allowances<'a> {
    /// Of which nothing was needed so far.
    #[must_use]
    pub fn new(list: &'a [Allowance]) -> Self {
        Self { list, used: vec![false; list.len()] }
    }

    /// Whether the mismatch is allowed.
    pub fn allow(&mut self, mismatch: &Mismatch) -> bool {
        let covering = self.list.iter().position(|allowance| allowance.covers(mismatch));
        covering.inspect(|at| self.used[*at] = true).is_some()
    }

    /// What was never needed.
    pub fn unused(&self) -> impl Iterator<Item = &'a Allowance> {
        self.list.iter().zip(&self.used).filter(|(_, used)| !**used).map(|(allowance, _)| allowance)
    }
}
