//! What it takes to read a large answer, beside serde_json with structs written by hand.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::micro::{self, Group, LIMIT, OURS};
use super::report::{Section, Target, markdown_table};
use super::side_by_side::{Programs, found};

struct Kind {
    name: &'static str,
    group: &'static str,
    shown: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind { name: "query", group: "answers-query", shown: "a query's answer with 1,000 memories" },
    Kind { name: "batch", group: "answers-batch", shown: "a batch of 10,000 store results" },
];

/// Bytes.
#[derive(Deserialize)]
struct Peaks {
    answer: f64,
    lumetra_engram: f64,
    serde_json: f64,
}

pub(super) fn measure() -> Result<Section> {
    let groups = KINDS.map(|kind| Group { name: kind.group, ways: ["lumetra-engram", "serde_json"] });
    let times = micro::measure("answers", &groups)?;
    let peaks: BTreeMap<String, Peaks> = found(&mut Programs::build()?.command("answers"))?;
    let heading = ["answer", "size, MB", "time, ms", "serde_json, ms", "peak memory, MB", "serde_json, MB"];
    let (mut rows, mut targets) = (vec![heading.map(str::to_owned)], Vec::new());
    for (kind, times) in KINDS.iter().zip(&times) {
        let peaks = peaks.get(kind.name).with_context(|| format!("no peak memory of {}", kind.name))?;
        let megabytes = |bytes: f64| format!("{:.2}", bytes / 1e6);
        rows.push([
            kind.shown.to_owned(),
            megabytes(peaks.answer),
            times.shown(OURS),
            times.shown(LIMIT),
            megabytes(peaks.lumetra_engram),
            megabytes(peaks.serde_json),
        ]);
        targets.push(Target::at_most(format!("{}: time beside serde_json", kind.shown), times.ratio(OURS, LIMIT), 1.3));
    }
    let how = "From the bytes of an answer in memory, in pieces of 16 kB, to the value in the caller's hands, as `reqwest` would hand them \
               over; beside them\n`Response::json` of reqwest with [structs written by hand](bench/side-by-side/src/bare.rs), which drop \
               what they do not name. The allocator is told to\nkeep its memory: whether glibc gives it back to the system after each answer \
               depends on what happens to lie behind it, and made answers of this client\nhalf as slow again at times. Peak memory is what is \
               allocated at once beyond the pieces.\n\n";
    Ok(Section { title: "Large answers", text: format!("{how}{}", markdown_table(&rows)), targets })
}
