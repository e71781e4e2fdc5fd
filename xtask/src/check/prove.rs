//! `cargo xtask check --prove`: every fixture has one fault, which the rule that the fixture names finds where it says.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::rules::problems;
use super::{openapi_spec_validator, redocly};
use crate::project::root;

/// The fixture without a fault.
pub(crate) const SOUND: &str = "base";
/// In the line of the fault, before the rule that finds it; for a rule of this project with the pointer that it finds.
const MARK: &str = "# <- ";

/// A spec with one fault.
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Fixture {
    fn path(&self) -> PathBuf {
        folder().join(&self.name).with_extension("yaml")
    }

    /// The line of the fault, counted from 1, and what the mark says. The sound fixture has none.
    pub(crate) fn mark(&self) -> Option<(u64, &str)> {
        (1..).zip(self.text.lines()).find_map(|(number, line)| Some((number, line.split_once(MARK)?.1)))
    }

    /// The rule that finds the fault.
    pub(crate) fn rule(&self) -> Option<&str> {
        self.mark()?.1.split(' ').next()
    }
}

fn folder() -> PathBuf {
    root().join("xtask/check/fixtures")
}

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
    let complaints = redocly::validate(&fixtures.iter().map(Fixture::path).collect::<Vec<_>>())?;
    let mut missed = Vec::new();
    for fixture in &fixtures {
        let file = format!("{}.yaml", fixture.name);
        let mut found: Vec<_> =
            problems(&fixture.text)?.iter().map(|it| format!("{} {}", it.rule, it.pointer)).collect();
        let theirs = complaints.iter().filter(|complaint| complaint.file == file);
        found.extend(theirs.map(|complaint| format!("{} in line {}", complaint.rule, complaint.line)));
        // It takes long for each file.
        let is_for_validator = fixture.rule().is_none_or(|rule| rule == openapi_spec_validator::NAME);
        if is_for_validator && openapi_spec_validator::validate(&fixture.path()).is_err() {
            found.push(openapi_spec_validator::NAME.to_owned());
        }
        let is_right = match fixture.mark() {
            Some((line, mark)) => found.iter().any(|it| it == mark || *it == format!("{mark} in line {line}")),
            None => fixture.name == SOUND && found.is_empty(),
        };
        println!("{}  {file}: {}", if is_right { "right" } else { "WRONG" }, found.join(", "));
        missed.extend((!is_right).then_some(file));
    }
    ensure!(missed.is_empty(), "their fault is not found where they say: {}", missed.join(", "));
    println!("the faults of {} fixtures are found", fixtures.len() - 1);
    Ok(())
}
