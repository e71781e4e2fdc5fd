//! The table of what was found.

use std::collections::BTreeMap;
use std::fmt;

use crate::way::Way;

/// How many of the memories that were found are looked at.
pub(super) const CUTS: [usize; 4] = [1, 5, 10, 20];

#[derive(Debug, Default)]
pub(super) struct Table(BTreeMap<(Rows, Way), Sums>);

/// Which questions a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rows {
    Category(u8),
    All,
}

#[derive(Debug, Default)]
struct Sums {
    questions: u32,
    shares: [f64; CUTS.len()],
}

impl Table {
    /// Adds what was found of one question's evidence.
    pub(super) fn add(&mut self, category: u8, way: Way, shares: [f64; CUTS.len()]) {
        for rows in [Rows::Category(category), Rows::All] {
            let sums = self.0.entry((rows, way)).or_default();
            sums.questions += 1;
            sums.shares.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:<12}  questions  {:<8}", "category", "found by")?;
        CUTS.iter().try_for_each(|count| write!(formatter, "  {:>5}", format!("@{count}")))?;
        writeln!(formatter)?;
        for ((rows, way), sums) in &self.0 {
            write!(formatter, "{rows:<12}  {:>9}  {way:<8}", sums.questions)?;
            let means = sums.shares.iter().map(|sum| sum / f64::from(sums.questions));
            means.into_iter().try_for_each(|mean| write!(formatter, "  {mean:.3}"))?;
            writeln!(formatter)?;
        }
        Ok(())
    }
}

/// As LoCoMo's authors name their categories.
impl fmt::Display for Rows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Category(1) => formatter.pad("multi-hop"),
            Self::Category(2) => formatter.pad("temporal"),
            Self::Category(3) => formatter.pad("open-domain"),
            Self::Category(4) => formatter.pad("single-hop"),
            Self::Category(5) => formatter.pad("adversarial"),
            Self::Category(other) => formatter.pad(&other.to_string()),
            Self::All => formatter.pad("all"),
        }
    }
}
