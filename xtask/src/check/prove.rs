//! `cargo xtask check --prove`: every fixture has one fault, which the whole check finds where the fixture says.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::validators::VALIDATORS;
use super::{Problem, count, problems};
use crate::project::root;

/// The fixture without a fault.
pub(crate) const SOUND: &str = "base";
/// Marks the line of the fault in a fixture.
const MARK: &str = "# <- here";

/// A description with one fault: the one that its name says.
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Fixture {
    /// The line of the fault; the sound fixture has none.
    pub(crate) fn line(&self) -> Option<u64> {
        let line = self.text.lines().position(|line| line.ends_with(MARK))?;
        Some(line as u64 + 1)
    }

    fn file(&self) -> String {
        format!("{}.yaml", self.name)
    }
}

fn folder() -> PathBuf {
    root().join("xtask/check/fixtures")
}

/// All fixtures, by name.
pub(crate) fn fixtures() -> Result<Vec<Fixture>> {
    let mut fixtures = Vec::new();
    for entry in fs::read_dir(folder()).context("cannot list the fixtures")? {
        let path = entry?.path();
        let name = path.file_stem().context("a fixture has no name")?.to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read the fixture {name}"))?;
        fixtures.push(Fixture { name, text });
    }
    fixtures.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(fixtures)
}

pub(crate) fn run() -> Result<()> {
    let fixtures = fixtures()?;
    let files: Vec<_> = fixtures.iter().map(Fixture::file).collect();
    let mut complaints = Vec::new();
    for validator in VALIDATORS {
        complaints.extend((validator.validate)(&folder(), &files)?);
    }
    let mut missed = 0;
    for fixture in &fixtures {
        let ours = problems(&fixture.text).into_iter().map(|Problem { rule, finding }| (rule.to_owned(), finding.line));
        let theirs = complaints.iter().filter(|complaint| complaint.file == fixture.file());
        let all: Vec<_> = ours.chain(theirs.map(|complaint| (complaint.rule.clone(), complaint.line))).collect();
        let is_right = match fixture.line() {
            Some(line) => all.contains(&(fixture.name.clone(), line)),
            None => fixture.name == SOUND && all.is_empty(),
        };
        missed += usize::from(!is_right);
        let verdict = if is_right { "right" } else { "WRONG" };
        let found: Vec<_> = all.iter().map(|(rule, line)| format!("{rule} in line {line}")).collect();
        println!(
            "{verdict}  {}: {}",
            fixture.file(),
            if found.is_empty() { "nothing".to_owned() } else { found.join(", ") }
        );
    }
    ensure!(missed == 0, "of {}, {missed} did not have the outcome of their name", count(fixtures.len(), "fixture"));
    println!("{} have the outcome of their name", count(fixtures.len(), "fixture"));
    Ok(())
}
