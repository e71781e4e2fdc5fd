//! What was measured, by name: `calls.store.8.lumetra-engram.p50_us`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::project::{json, root};

/// A number; a number with its ratio to what it is compared with; or words.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Figure {
    Number(f64),
    Beside(f64, f64),
    Text(String),
}

pub(super) type Figures = BTreeMap<String, Figure>;

fn file() -> PathBuf {
    root().join("dev/bench/figures.json")
}

pub(super) fn read() -> Result<Figures> {
    json(&fs::read(file()).with_context(|| format!("cannot read {}", file().display()))?)
}

/// Replaces the figures of the parts that were measured anew, and returns all.
pub(super) fn keep(measured: Figures) -> Result<Figures> {
    let part = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let mut figures = read()?;
    figures.retain(|name, _| !measured.keys().any(|new| part(new) == part(name)));
    figures.extend(measured.into_iter().map(|(name, figure)| (name, rounded(figure))));
    let lines = figures.iter().map(|(name, figure)| Ok(format!("  {name:?}: {}", serde_json::to_string(figure)?)));
    let lines = lines.collect::<Result<Vec<_>>>()?;
    fs::write(file(), format!("{{\n{}\n}}\n", lines.join(",\n"))).context("the figures cannot be written")?;
    read()
}

/// Five digits: no measurement here is better.
fn rounded(figure: Figure) -> Figure {
    let round = |number: f64| format!("{number:.4e}").parse().unwrap_or(number);
    match figure {
        Figure::Number(number) => Figure::Number(round(number)),
        Figure::Beside(number, ratio) => Figure::Beside(round(number), round(ratio)),
        text @ Figure::Text(_) => text,
    }
}

/// What one turn of each way to do the same took, by way and measure. The programs print it as a line of JSON.
pub(super) type Turn = BTreeMap<String, BTreeMap<String, f64>>;

/// The turns of several ways to do the same.
#[derive(Debug, Default)]
pub(super) struct Turns(BTreeMap<String, BTreeMap<String, Vec<f64>>>);

impl Turns {
    pub(super) fn add(&mut self, turn: Turn) {
        for (way, measures) in turn {
            for (measure, value) in measures {
                self.0.entry(way.clone()).or_default().entry(measure).or_default().push(value);
            }
        }
    }

    pub(super) fn values(&self, way: &str, measure: &str) -> &[f64] {
        self.0.get(way).and_then(|measures| measures.get(measure)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn median(&self, way: &str, measure: &str) -> f64 {
        median(self.values(way, measure))
    }

    /// The median of the ratios turn by turn; of ways with another number of turns, the ratio of the medians.
    pub(super) fn ratio(&self, way: &str, base: &str, measure: &str) -> f64 {
        let (values, bases) = (self.values(way, measure), self.values(base, measure));
        if values.len() != bases.len() {
            return median(values) / median(bases);
        }
        median(&values.iter().zip(bases).map(|(value, base)| value / base).collect::<Vec<_>>())
    }

    /// The medians, named below the prefix; those of other ways than the base with their ratio to it.
    pub(super) fn figures(&self, prefix: &str, base: Option<&str>) -> Figures {
        let ways = self.0.iter().flat_map(|(way, measures)| measures.keys().map(move |measure| (way, measure)));
        let figures = ways.map(|(way, measure)| {
            let median = self.median(way, measure);
            let base = base.filter(|base| base != way && !self.values(base, measure).is_empty());
            let figure = match base {
                Some(base) => Figure::Beside(median, self.ratio(way, base, measure)),
                None => Figure::Number(median),
            };
            (format!("{prefix}.{way}.{measure}"), figure)
        });
        figures.collect()
    }
}

/// The middle one; of an even number, the upper of the two.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_the_median_of_the_turns_ratios() -> Result<()> {
        let mut turns = Turns::default();
        for turn in [
            r#"{"ours":{"ms":2},"base":{"ms":1}}"#,
            r#"{"ours":{"ms":30},"base":{"ms":10}}"#,
            r#"{"ours":{"ms":9},"base":{"ms":9}}"#,
            r#"{"slow":{"ms":90}}"#,
        ] {
            turns.add(json(turn.as_bytes())?);
        }
        let expected = r#"{"x.base.ms":9.0,"x.ours.ms":[9.0,2.0],"x.slow.ms":[90.0,10.0]}"#;
        assert_eq!(turns.figures("x", Some("base")), json::<Figures>(expected.as_bytes())?);
        Ok(())
    }
}
