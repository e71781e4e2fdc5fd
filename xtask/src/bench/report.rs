//! BENCHMARKS.md from its template. In the template,
//!
//! - `{name}` is the place of a figure, with its ratio in brackets if it has one; behind a colon may stand what to show of it: `value`,
//!   `ratio`, or a number of decimals such as `.0`, `+.1` or `ratio.3`;
//! - `| what | {name} | at most 2 | {verdict reason} |` is a target, which is met or missed, and `{targets}` all of them;
//! - `{missed reason}` begins a line that is there where a target with this reason is missed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::figures::{Figure, Figures};
use super::runner::PYTHON_VERSION;
use super::{curve, local};
use crate::project::{metadata, output, root};

/// The packages whose versions are stated.
const COMPARED: [&str; 8] =
    ["reqwest", "hyper", "tokio", "serde_json", "async-openai", "eventsource-stream", "progenitor-client", "rusqlite"];

fn file() -> PathBuf {
    root().join("BENCHMARKS.md")
}

fn template() -> Result<String> {
    let file = root().join("dev/bench/BENCHMARKS.template.md");
    fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// Writes BENCHMARKS.md, and the plot that it shows.
pub(super) fn write(figures: &Figures) -> Result<()> {
    let (text, missed) = whole(&template()?, figures)?;
    fs::write(file(), text).context("BENCHMARKS.md cannot be written")?;
    curve::draw(&root().join("dev/bench/growth.svg"), figures, &local::SIZES)?;
    println!("BENCHMARKS.md is written, with {missed} targets missed.");
    Ok(())
}

/// Fails where BENCHMARKS.md is not what its template and the figures make.
pub(super) fn check(figures: &Figures) -> Result<()> {
    let (text, _) = whole(&template()?, figures)?;
    ensure!(fs::read_to_string(file())? == text, "BENCHMARKS.md is stale; run `cargo xtask bench render`");
    Ok(())
}

/// What was measured alone: of the part of the template below this heading, all but the lines whose figures were not.
pub(super) fn part(heading: &str, figures: &Figures) -> Result<String> {
    let template = template()?;
    let level = heading.split(' ').next().unwrap_or_default();
    let is_end = |line: &str| line.starts_with("## ") || line.starts_with(&format!("{level} "));
    let mut lines = template.lines().skip_while(|line| *line != heading);
    let heading = lines.next().with_context(|| format!("the template has no heading {heading}"))?;
    let mut report = Report::new(figures);
    let of_part = lines.take_while(|line| !is_end(line)).filter(|line| report.has_figures_of(line));
    let lines: Vec<_> = std::iter::once(heading).chain(of_part).collect();
    report.fill_in(&lines)
}

/// The whole, and how many targets are missed.
fn whole(template: &str, figures: &Figures) -> Result<(String, usize)> {
    let mut report = Report::new(figures);
    let text = report.fill_in(&template.lines().collect::<Vec<_>>())?;
    let unused: Vec<_> = figures.keys().filter(|name| !report.used.contains(name.as_str())).collect();
    ensure!(unused.is_empty(), "the template has no place for {unused:?}");
    ensure!(report.missed.is_empty(), "the template has no line for the reason of {:?}", report.missed);
    let (targets, met) = (report.targets.len().to_string(), report.met.to_string());
    let text = text.replace("{targets}\n", &report.targets.concat());
    Ok((text.replace("{met}", &met).replace("{all}", &targets), report.targets.len() - report.met))
}

/// What was filled in so far.
struct Report<'a> {
    figures: &'a Figures,
    used: BTreeSet<&'a str>,
    /// The targets, as rows of a table.
    targets: Vec<String>,
    met: usize,
    /// The targets that are missed, by their reasons, as far as no line has named them.
    missed: BTreeMap<String, Vec<String>>,
}

impl<'a> Report<'a> {
    fn new(figures: &'a Figures) -> Self {
        Self { figures, used: BTreeSet::new(), targets: Vec::new(), met: 0, missed: BTreeMap::new() }
    }

    fn fill_in(&mut self, lines: &[&str]) -> Result<String> {
        let mut text = String::new();
        for line in lines {
            if let Some((reason, why)) = line.strip_prefix("{missed ").and_then(|rest| rest.split_once('}')) {
                match self.missed.remove(reason) {
                    Some(missed) => text += &format!("Missed: {}. {why}\n", missed.join("; ")),
                    // With the empty line above it.
                    None => drop(text.pop()),
                }
            } else if let Some((target, reason)) = line.split_once("{verdict ") {
                text += &self.target(target, reason.trim_end_matches("} |"))?;
            } else {
                text += &(self.line(line)? + "\n");
            }
        }
        Ok(text)
    }

    /// Not a number where it was not measured: such a target is missed.
    fn target(&mut self, row: &str, reason: &str) -> Result<String> {
        let cells: Vec<_> = row.trim_matches(['|', ' ']).split(" | ").collect();
        let [what, place, bound] = cells.as_slice() else { bail!("not a target: {row}") };
        let (name, show) = split(place.trim_matches(['{', '}']));
        let measured = match (self.figure(name)?, show) {
            (Figure::Beside(_, ratio), "ratio") => *ratio,
            (Figure::Number(number) | Figure::Beside(number, _), _) => *number,
            (Figure::Text(_), _) => f64::NAN,
        };
        let is_met = match bound.rsplit_once(' ') {
            Some(("at most", bound)) => measured <= bound.parse()?,
            Some(("at least", bound)) => measured >= bound.parse()?,
            _ => bail!("not a bound: {bound}"),
        };
        self.met += usize::from(is_met);
        if !is_met {
            self.missed.entry(reason.to_owned()).or_default().push((*what).to_owned());
        }
        let row = format!("{}{} |\n", self.line(row)?, if is_met { "met" } else { "**missed**" });
        self.targets.push(row.clone());
        Ok(row)
    }

    fn line(&mut self, line: &str) -> Result<String> {
        let mut pieces = line.split('{');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (place, rest) = piece.split_once('}').with_context(|| format!("a place has no end: {line}"))?;
            text += &match place {
                "targets" | "met" | "all" => format!("{{{place}}}"),
                _ => self.shown(place)?,
            };
            text += rest;
        }
        Ok(text)
    }

    fn shown(&mut self, place: &str) -> Result<String> {
        let (name, show) = split(place);
        let (number, show) = match (self.figure(name)?, show) {
            (Figure::Text(text), _) => return Ok(text.clone()),
            (Figure::Beside(number, ratio), "") => return Ok(format!("{} ({ratio:.2})", digits(*number))),
            (Figure::Beside(_, ratio), show) if show.starts_with("ratio") => (*ratio, &show["ratio".len()..]),
            (Figure::Number(number) | Figure::Beside(number, _), show) => (*number, show),
        };
        Ok(match show.split_once('.') {
            None => digits(number),
            Some(("+", decimals)) => format!("{number:+.*}", decimals.parse()?),
            Some((_, decimals)) => format!("{number:.*}", decimals.parse()?),
        })
    }

    fn figure(&mut self, name: &str) -> Result<&'a Figure> {
        let (name, figure) = self.figures.get_key_value(name).with_context(|| format!("there is no figure {name}"))?;
        self.used.insert(name);
        Ok(figure)
    }

    fn has_figures_of(&self, line: &str) -> bool {
        let places = line.split('{').skip(1).filter_map(|piece| piece.split_once('}')).map(|(place, _)| place);
        let mut figures = places.filter(|place| !place.contains(' '));
        figures.all(|place| self.figures.contains_key(split(place).0))
    }
}

/// The name at a place, and what to show.
fn split(place: &str) -> (&str, &str) {
    place.split_once(':').unwrap_or((place, ""))
}

/// A number with three or four digits that count.
fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// What the figures were measured on, and which versions are compared.
pub(super) fn machine() -> Result<Figures> {
    let value = |file: &str, name: &str| -> Result<String> {
        let text = fs::read_to_string(file)?;
        let line = text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(':'));
        Ok(line.with_context(|| format!("{file} has no {name}"))?.1.trim().to_owned())
    };
    let printed = |program: &str, argument: &str| -> Result<String> {
        Ok(String::from_utf8(output(Command::new(program).arg(argument))?.stdout)?.trim().to_owned())
    };
    let machine = format!(
        "{}, {} cores, {} of memory; {}; {}",
        value("/proc/cpuinfo", "model name")?,
        std::thread::available_parallelism()?,
        value("/proc/meminfo", "MemTotal")?,
        printed("uname", "-sr")?,
        printed("rustc", "--version")?,
    );
    let metadata = metadata(&root().join("dev/bench/side-by-side"), &["--locked"])?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let of = |name: &&str| {
        let package = packages.iter().find(|package| package["name"] == **name);
        let version = package.and_then(|package| package["version"].as_str());
        Ok(format!("{name} {}", version.with_context(|| format!("{name} is not compared"))?))
    };
    let versions = COMPARED.iter().map(of).collect::<Result<Vec<_>>>()?.join(", ");
    let versions = format!("{versions}; Python client {PYTHON_VERSION}");
    Ok([("machine.name", machine), ("machine.versions", versions)]
        .map(|(name, text)| (name.to_owned(), Figure::Text(text)))
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "{met} of {all}\n\n| target |\n{targets}\n\
        | time | {t:ratio} | at most 1.5 | {verdict a} |\n| rate | {r} | at least 10 | {verdict b} |\nIt took {t}, {r:+.1}.\n\
        \n{missed a}Why: A.\n\n{missed b}Why: B.\nThe end.\n";

    fn figures(rate: f64) -> Figures {
        [("t".to_owned(), Figure::Beside(3.0, 1.501)), ("r".to_owned(), Figure::Number(rate))].into()
    }

    #[test]
    fn a_missed_target_is_shown_with_its_reason_and_a_met_one_is_not() -> Result<()> {
        let (text, missed) = whole(TEMPLATE, &figures(10.0))?;
        let rows = "| time | 1.50 | at most 1.5 | **missed** |\n| rate | 10.0 | at least 10 | met |\n";
        let expected = format!(
            "1 of 2\n\n| target |\n{rows}{rows}It took 3.00 (1.50), +10.0.\n\nMissed: time. Why: A.\nThe end.\n"
        );
        assert_eq!((text, missed), (expected, 1));
        assert_eq!(whole(TEMPLATE, &figures(f64::NAN))?.1, 2, "what was not measured is not met");
        Ok(())
    }

    #[test]
    fn a_place_without_a_figure_and_a_figure_without_a_place_are_errors() -> Result<()> {
        let mut more = figures(10.0);
        more.insert("x".to_owned(), Figure::Number(1.0));
        let error = whole(TEMPLATE, &more).err().context("a figure has no place")?;
        assert_eq!(error.to_string(), "the template has no place for [\"x\"]");
        let error = whole(&format!("{TEMPLATE}{{y}}\n"), &figures(10.0)).err().context("a place has no figure")?;
        assert_eq!(error.to_string(), "there is no figure y");
        Ok(())
    }
}
