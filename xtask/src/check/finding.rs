//! What a rule finds.

/// A fault, and how it is mended.
#[derive(Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) line: u64,
    pub(crate) wrong: String,
    pub(crate) cure: String,
}

/// What the rules have found so far.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) all: Vec<Finding>,
}

impl Findings {
    pub(crate) fn add(&mut self, line: u64, wrong: impl Into<String>, cure: impl Into<String>) {
        self.all.push(Finding { line, wrong: wrong.into(), cure: cure.into() });
    }
}
