//! The table of the cases, as Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::case::{Case, Expected, Failure};
use crate::judge::{complaints, shortened};
use crate::observation::{Observation, Outcome};

/// What another client makes of the cases: the last column of the table, by the names of its part and of the case.
pub type Column = BTreeMap<(String, String), String>;

/// Begins the line that says how many cases the other client was asked, and what came of it.
const OTHER: &str = "- The official Python client 0.5.1, asked ";
const NOT_ASKED: &str = "not asked";

/// The table of what our client makes of the cases. Its last column is empty.
pub fn render<'a>(seen: impl IntoIterator<Item = (&'a Case, &'a Observation)>) -> String {
    let (mut table, mut group, mut cases, mut right) = (String::new(), "", 0, 0);
    for (case, seen) in seen {
        if case.group != group {
            group = case.group;
            let _ = write!(
                table,
                "\n## {}\n\n| case | call | expected | observed | time | Python 0.5.1 |\n|---|---|---|---|---|---|\n",
                part(group)
            );
        }
        let complaints = complaints(case, seen);
        let ours = if complaints.is_empty() { observed(case, seen) } else { wrong(&complaints) };
        let time = format!("{:.1}", seen.time.as_secs_f64());
        let cells = [case.name, case.call.name(), &expected(case), &ours, &time, NOT_ASKED].map(escaped);
        let _ = writeln!(table, "| {} |", cells.join(" | "));
        cases += 1;
        right += usize::from(complaints.is_empty());
    }
    format!(
        "# Faults\n\n\
         How the client handles a misbehaving server, over a real connection. `cargo xtask faults` writes this file, and\n\
         `cargo xtask faults --official` its last column. `cargo test` runs the cases too, and checks that this file lists them with what\n\
         is expected. The cases are in [`src/cases`](src/cases).\n\n\
         - This client: {cases} cases, {right} right.\n\
         {OTHER}0 of them: 0 wrong. Less is required of it: an error must be its `EngramError`\n  \
         and have the status of a refusal; its message is not checked.\n\n\
         Times are seconds from the call to its end. Unless a time is expected, a case may take 20 s (60 s for 32 MiB); a wait may take\n\
         5 s longer than expected on a busy machine. The timeouts of cases that wait for one are 1.5 s.\n{table}"
    )
}

/// The same table with this as its last column.
pub fn with_column(table: &str, column: &Column) -> String {
    let (mut lines, mut asked, mut wrong) = (Vec::new(), 0, 0);
    for (key, line) in keyed(table) {
        let cells = line.rsplit_once(" | ").filter(|_| key.is_some());
        let theirs = key.and_then(|key| column.get(&key)).map_or(NOT_ASKED, String::as_str);
        asked += usize::from(!theirs.starts_with(NOT_ASKED));
        wrong += usize::from(theirs.starts_with("**wrong**"));
        lines.push(cells.map_or_else(|| line.to_owned(), |(ours, _)| format!("{ours} | {theirs} |")));
    }
    for line in lines.iter_mut().filter(|line| line.starts_with(OTHER)) {
        let rest = line.split_once(" wrong.").map_or("", |(_, rest)| rest);
        *line = format!("{OTHER}{asked} of them: {wrong} wrong.{rest}");
    }
    lines.join("\n") + "\n"
}

/// The last column of a table.
pub fn column(table: &str) -> Column {
    let cell = |line: &str| Some(line.strip_suffix(" |")?.rsplit_once(" | ")?.1.to_owned());
    keyed(table).filter_map(|(key, line)| Some((key?, cell(line)?))).collect()
}

/// What is the same of every case in every run: the case, the call and what is expected. Times differ, words of the operating system
/// may, and so may what a client that is not ours makes of a race.
pub fn lasting(table: &str) -> impl Iterator<Item = Vec<&str>> {
    keyed(table).filter(|(key, _)| key.is_some()).map(|(_, line)| line.split(" | ").take(3).collect())
}

/// The lines, those of cases with their key in a column.
fn keyed(table: &str) -> impl Iterator<Item = (Option<(String, String)>, &str)> {
    table.lines().scan("", |part, line| {
        *part = line.strip_prefix("## ").unwrap_or(part);
        let case = line.strip_prefix("| ").and_then(|line| line.split(" | ").next()).filter(|case| *case != "case");
        Some((case.map(|case| ((*part).to_owned(), case.to_owned())), line))
    })
}

/// What another client makes of a case, for a column.
pub fn cell(case: &Case, complaints: Option<&[String]>) -> ((String, String), String) {
    let text = match complaints {
        Some([]) => "right".to_owned(),
        Some(complaints) => wrong(complaints),
        None => format!("{NOT_ASKED}: {}", case.only_ours.unwrap_or_default()),
    };
    ((part(case.group), escaped(case.name)), escaped(&text))
}

/// The heading of a group.
fn part(group: &str) -> String {
    group[..1].to_uppercase() + &group[1..]
}

fn wrong(complaints: &[String]) -> String {
    format!("**wrong**: {}", complaints.join("; "))
}

fn escaped(cell: &str) -> String {
    cell.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "\\<")
        .replace('*', "\\*")
        .replace("\\*\\*wrong\\*\\*", "**wrong**")
}

fn expected(case: &Case) -> String {
    let mut text = match &case.expected {
        Expected::Returns(value) if value.is_null() => "success".to_owned(),
        Expected::Returns(value) => format!("`{}`", shortened(&value.to_string())),
        Expected::Fails(failure) => failed(failure),
        Expected::Streams { deltas, answer } => format!("{}, `Done` with {answer:?}", listed(deltas)),
        Expected::BreaksOff { deltas, failure } => format!("{}, {}", listed(deltas), failed(failure)),
        Expected::StaysOpen => "no end while bytes come; closed when dropped".to_owned(),
    };
    if let Some(requests) = case.requests.filter(|requests| *requests != 1) {
        let _ = write!(text, "; {requests} requests");
    }
    if case.takes.start > Duration::ZERO {
        let _ = write!(text, "; after {} s", case.takes.start.as_secs_f64());
    }
    text
}

fn failed(failure: &Failure) -> String {
    let mut text = format!("`{}`", failure.variant);
    if let Some(status) = failure.status {
        let _ = write!(text, " {status}");
    }
    if let Some(code) = failure.code {
        let _ = write!(text, ", `{code}`");
    }
    if let Some(attempts) = failure.attempts.filter(|attempts| *attempts > 1) {
        let _ = write!(text, ", {attempts} attempts");
    }
    if !failure.says.is_empty() {
        let _ = write!(text, ", “{}”", failure.says);
    }
    text
}

fn observed(case: &Case, seen: &Observation) -> String {
    let is_stream = matches!(case.expected, Expected::Streams { .. } | Expected::BreaksOff { .. });
    let deltas = if is_stream { format!("{}, ", listed(&seen.deltas)) } else { String::new() };
    match &seen.outcome {
        Outcome::Returned { value } if is_stream => {
            format!("{deltas}`Done` with {}", shortened(&value["answer"].to_string()))
        }
        Outcome::Returned { value } if value.is_null() => "success".to_owned(),
        Outcome::Returned { value } => format!("`{}`", shortened(&value.to_string())),
        Outcome::Raised { kind, text, .. } => format!("{deltas}`{kind}`: {}", without_ports(text)),
        Outcome::StayedOpen => "no end; closed when dropped".to_owned(),
        Outcome::EndedQuietly | Outcome::EndedTwice | Outcome::Hung | Outcome::Panicked => {
            format!("{:?}", seen.outcome)
        }
    }
}

/// The ports of loopback differ from run to run.
fn without_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + "127.0.0.1:PORT" + part.trim_start_matches(|digit: char| digit.is_ascii_digit())
    })
}

fn listed(deltas: &[String]) -> String {
    match deltas {
        [] => "no delta".to_owned(),
        [only] => shortened(&format!("{only:?}")),
        [first, .., last] if deltas.len() > 4 => {
            format!(
                "{} deltas, {} to {}",
                deltas.len(),
                shortened(&format!("{first:?}")),
                shortened(&format!("{last:?}"))
            )
        }
        _ => deltas.iter().map(|delta| format!("{delta:?}")).collect::<Vec<_>>().join(" "),
    }
}
