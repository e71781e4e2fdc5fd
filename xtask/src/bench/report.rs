//! What the benchmarks found, as a part of BENCHMARKS.md.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::calls::PYTHON;
use crate::project::{metadata, output, root};

/// One part of the report.
pub(super) struct Section {
    pub(super) title: &'static str,
    /// Markdown: what was measured and how, and tables of what came out.
    pub(super) text: String,
    pub(super) targets: Vec<Target>,
}

/// A figure that was set before anything was measured, and what came out.
pub(super) struct Target {
    what: String,
    measured: f64,
    bound: Bound,
    /// Why it is missed, as far as it is known: shown where it is.
    reason: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    pub(super) fn at_most(what: impl Into<String>, measured: f64, bound: f64) -> Self {
        Self { what: what.into(), measured, bound: Bound::AtMost(bound), reason: None }
    }

    pub(super) fn at_least(what: impl Into<String>, measured: f64, bound: f64) -> Self {
        Self { what: what.into(), measured, bound: Bound::AtLeast(bound), reason: None }
    }

    /// Where it is missed, says why.
    pub(super) fn or_since(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// What was not measured is not met.
    pub(super) fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.measured <= bound,
            Bound::AtLeast(bound) => self.measured >= bound,
        }
    }

    fn row(&self) -> [String; 4] {
        let bound = match self.bound {
            Bound::AtMost(bound) => format!("at most {bound}"),
            Bound::AtLeast(bound) => format!("at least {bound}"),
        };
        let verdict = if self.is_met() { "met" } else { "**missed**" };
        [self.what.clone(), figure(self.measured), bound, verdict.to_owned()]
    }
}

impl Section {
    pub(super) fn markdown(&self) -> String {
        let mut text = format!("## {}\n\n{}\n", self.title, self.text.trim_end());
        if !self.targets.is_empty() {
            let _ = write!(text, "\n{}", targets(self.targets.iter()));
        }
        for (reason, missed) in self.missed() {
            let _ = write!(text, "\nMissed: {}. Why: {reason}\n", missed.join("; "));
        }
        text
    }

    /// What is missed, by the reason.
    fn missed(&self) -> Vec<(&'static str, Vec<&str>)> {
        let mut reasons: Vec<(_, Vec<_>)> = Vec::new();
        for target in self.targets.iter().filter(|target| !target.is_met()) {
            let reason = target.reason.unwrap_or("not known yet.");
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, missed)) => missed.push(target.what.as_str()),
                None => reasons.push((reason, vec![target.what.as_str()])),
            }
        }
        reasons
    }
}

/// What the figures were measured on.
pub(super) struct Machine {
    processor: String,
    cores: usize,
    memory: String,
    system: String,
    compiler: String,
    /// What is compared, with the versions.
    versions: String,
}

/// The packages whose versions are stated.
const COMPARED: [&str; 8] =
    ["reqwest", "hyper", "tokio", "serde_json", "async-openai", "eventsource-stream", "progenitor-client", "rusqlite"];

impl Machine {
    pub(super) fn this() -> Result<Self> {
        let read = |file| std::fs::read_to_string(file).unwrap_or_default();
        let value = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let unknown = || "unknown".to_owned();
        let printed = |program: &str, argument: &str| -> Result<String> {
            Ok(String::from_utf8(output(Command::new(program).arg(argument))?.stdout)?.trim().to_owned())
        };
        Ok(Self {
            processor: value(&read("/proc/cpuinfo"), "model name").unwrap_or_else(unknown),
            cores: std::thread::available_parallelism().context("how many cores are there?")?.get(),
            memory: value(&read("/proc/meminfo"), "MemTotal").unwrap_or_else(unknown),
            system: printed("uname", "-sr")?,
            compiler: printed("rustc", "--version")?,
            versions: versions()?,
        })
    }
}

fn versions() -> Result<String> {
    let metadata = metadata(&root().join("bench/side-by-side"), &["--locked"])?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let of = |name: &&str| {
        let package = packages.iter().find(|package| package["name"] == **name);
        let version = package.and_then(|package| package["version"].as_str());
        Ok(format!("{name} {}", version.with_context(|| format!("{name} is not compared"))?))
    };
    Ok(COMPARED.iter().map(of).collect::<Result<Vec<_>>>()?.join(", "))
}

/// BENCHMARKS.md.
pub(super) fn whole(sections: &[Section], machine: &Machine, took: Duration) -> String {
    let Machine { processor, cores, memory, system, compiler, versions } = machine;
    let minutes = took.as_secs_f64() / 60.0;
    let all: Vec<_> = sections.iter().flat_map(|section| &section.targets).collect();
    let met = all.iter().filter(|target| target.is_met()).count();
    let mut text = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench` in {minutes:.0} minutes; `cargo xtask bench --help` names the parts that can be measured alone. \
         What is compared was\nmeasured in one run on one machine, in turns, so ratios can be compared with another machine's; seconds cannot. \
         [bench/PROFILES.md](bench/PROFILES.md) says what was made faster, and by which profile.\n\n\
         Machine: {processor}, {cores} cores, {memory} of memory; {system}; {compiler}. Versions: {versions}; {PYTHON}.\n\n\
         {met} of {} targets are met.\n\n{}",
        all.len(),
        targets(all.iter().copied())
    );
    for section in sections {
        let _ = write!(text, "\n{}", section.markdown());
    }
    text
}

/// Targets as a table.
fn targets<'a>(targets: impl Iterator<Item = &'a Target>) -> String {
    let heading = ["target", "measured", "to reach", ""].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(heading).chain(targets.map(Target::row)).collect();
    markdown_table(&rows)
}

/// Rows, of which the first is the heading, as a table of Markdown: the first column to the left, the others to the right.
pub(super) fn markdown_table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let line = |row: &[String; COLUMNS]| format!("| {} |\n", row.join(" | "));
    let rule = format!("|---|{}\n", "---:|".repeat(COLUMNS - 1));
    let (heading, body) = rows.split_at(rows.len().min(1));
    heading.iter().map(line).chain([rule]).chain(body.iter().map(line)).collect()
}

/// A number with three or four digits that count.
pub(super) fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_up_to_its_bound() {
        assert!(Target::at_most("time", 1.05, 1.05).is_met() && !Target::at_most("time", 1.051, 1.05).is_met());
        assert!(Target::at_least("rate", 0.97, 0.97).is_met() && !Target::at_least("rate", 0.96, 0.97).is_met());
        assert!(
            !Target::at_most("nothing", f64::NAN, 1.0).is_met() && !Target::at_least("nothing", f64::NAN, 1.0).is_met()
        );
    }

    #[test]
    fn a_missed_target_is_shown_with_its_reason_which_others_may_share() {
        let targets = vec![
            Target::at_most("time", 2.0, 1.5).or_since("it is checked twice."),
            Target::at_most("memory", 2.0, 1.5).or_since("it is checked twice."),
            Target::at_least("rate", 12.34, 10.0).or_since("never shown."),
        ];
        let section = Section { title: "Calls", text: "How.\n".to_owned(), targets };
        let expected = "## Calls\n\nHow.\n\n| target | measured | to reach |  |\n|---|---:|---:|---:|\n\
            | time | 2.00 | at most 1.5 | **missed** |\n| memory | 2.00 | at most 1.5 | **missed** |\n| rate | 12.3 | at least 10 | met |\n\
            \nMissed: time; memory. Why: it is checked twice.\n";
        assert_eq!(section.markdown(), expected);
    }
}
