//! The benchmarks by criterion, run in turns, and what belongs to them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::figures::{Figures, Turn, Turns};
use super::runner::{self, Programs};
use crate::project::{json, output, work_directory};

/// How often everything is measured.
const ROUNDS: usize = 3;
const OPTIONS: [&str; 6] = ["--warm-up-time", "0.5", "--measurement-time", "1", "--sample-size", "10"];
/// glibc gives memory back to the system in every iteration or in none, depending on what happens to lie behind it: half of the time of
/// a large answer. Told how much to keep, in bytes, it gives none back.
const KEEPS_MEMORY: [(&str, &str); 2] =
    [("MALLOC_TRIM_THRESHOLD_", "33554432"), ("MALLOC_MMAP_THRESHOLD_", "33554432")];

/// The medians in milliseconds of the groups whose names begin with this and a hyphen, by the rest of their names.
pub(super) fn measure(groups: &str) -> Result<BTreeMap<String, Turns>> {
    let found = work_directory("bench/criterion")?;
    let mut measured = BTreeMap::<String, Turns>::new();
    for round in 1..=ROUNDS {
        eprintln!("{groups} from memory, round {round} of {ROUNDS}");
        if found.exists() {
            fs::remove_dir_all(&found)?;
        }
        let mut bench = runner::cargo(&["bench", "--quiet", "--bench", "micro"])?;
        bench.args(["--", &format!("^{groups}-")]).args(OPTIONS).env("CRITERION_HOME", &found).envs(KEEPS_MEMORY);
        output(&mut bench)?;
        for (group, directory) in folders(&found)? {
            if let Some(name) = group.strip_prefix(&format!("{groups}-")) {
                measured.entry(name.to_owned()).or_default().add(turn(&directory)?);
            }
        }
    }
    Ok(measured)
}

/// What was found of each way in a group.
fn turn(group: &Path) -> Result<Turn> {
    let ways = folders(group)?.into_iter();
    ways.map(|(way, found)| Ok((way, [("ms".to_owned(), median(&found)?)].into()))).collect()
}

/// The folders in a folder of criterion's, by name, but for those of its reports.
fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "report" {
            folders.push((name, path));
        }
    }
    Ok(folders)
}

fn median(found: &Path) -> Result<f64> {
    let file = found.join("new/estimates.json");
    let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let nanoseconds = json::<Value>(&text)?["median"]["point_estimate"].as_f64();
    Ok(nanoseconds.with_context(|| format!("{} has no median", file.display()))? / 1e6)
}

/// What it takes to read a large answer, beside serde_json with structs written by hand.
pub(super) fn answers() -> Result<Figures> {
    let mut figures = Figures::new();
    for (group, turns) in measure("answers")? {
        figures.extend(turns.figures(&format!("answers.{group}"), Some("serde_json")));
    }
    let peaks = runner::turns(&mut Programs::build()?.command("answers"))?;
    for (group, peaks) in ["query", "batch"].into_iter().zip(peaks) {
        let mut turns = Turns::default();
        turns.add(peaks);
        figures.extend(turns.figures(&format!("answers.{group}"), None));
    }
    Ok(figures)
}
