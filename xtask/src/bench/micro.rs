//! Benchmarks by criterion, run in turns: the ways to do the same, and how long each takes.

use anyhow::Result;

use super::report::figure;
use super::side_by_side::Benchmark;
use super::table::median;

/// How often everything is measured.
const ROUNDS: usize = 3;

/// Ways to do the same, of which the first is this client's and the second is the limit.
pub(super) struct Group<'a, const WAYS: usize> {
    pub(super) name: &'a str,
    pub(super) ways: [&'a str; WAYS],
}

/// The medians of each way in every round, in seconds.
pub(super) struct Measured<const WAYS: usize>([Vec<f64>; WAYS]);

/// Measures the groups of a benchmark.
pub(super) fn measure<const WAYS: usize>(benchmark: &str, groups: &[Group<'_, WAYS>]) -> Result<Vec<Measured<WAYS>>> {
    let program = Benchmark::build(benchmark)?;
    let mut measured: Vec<_> = groups.iter().map(|_| Measured(std::array::from_fn(|_| Vec::new()))).collect();
    for round in 1..=ROUNDS {
        eprintln!("{benchmark}, round {round} of {ROUNDS}");
        program.run()?;
        for (group, measured) in groups.iter().zip(&mut measured) {
            for (way, times) in group.ways.iter().zip(&mut measured.0) {
                times.push(program.median(group.name, way)?);
            }
        }
    }
    Ok(measured)
}

impl<const WAYS: usize> Measured<WAYS> {
    /// The median of the ratios of one way to another, round by round.
    pub(super) fn ratio(&self, way: usize, other: usize) -> f64 {
        let ratios: Vec<_> = self.0[way].iter().zip(&self.0[other]).map(|(one, other)| one / other).collect();
        median(&ratios)
    }

    /// The time of one way in milliseconds, with the ratio to the limit.
    pub(super) fn shown(&self, way: usize) -> String {
        let shown = figure(median(&self.0[way]) * 1e3);
        if way == LIMIT { shown } else { format!("{shown} ({:.2})", self.ratio(way, LIMIT)) }
    }
}

/// This client's way.
pub(super) const OURS: usize = 0;
/// The way that no client can do without.
pub(super) const LIMIT: usize = 1;
