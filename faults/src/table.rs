//! The table of the cases, as Markdown.

use std::fmt::Write as _;
use std::time::Duration;

use crate::case::{Case, Expected, Failure};
use crate::judge::{Standard, complaints, shortened};
use crate::observation::{Observation, Outcome};

/// A case and what was seen of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The case.
    pub case: Case,
    /// What our client made of it.
    pub ours: Observation,
    /// What the official client made of it, unless it was not asked.
    pub official: Option<Observation>,
}

impl Row {
    /// What is wrong with our client.
    pub fn complaints(&self) -> Vec<String> {
        complaints(&self.case, &self.ours, Standard::Ours)
    }

    fn official_complaints(&self) -> Option<Vec<String>> {
        Some(complaints(&self.case, self.official.as_ref()?, Standard::AnyClients))
    }
}

/// What is the same of every case in every run: the case, the call and what is expected. Times differ, words of the operating system
/// may, and so may what a client that is not ours makes of a race.
pub fn lasting(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().filter(|line| line.starts_with("| ")).map(|line| line.split(" | ").take(3).collect())
}

/// The table.
pub fn render(rows: &[Row]) -> String {
    let right = rows.iter().filter(|row| row.complaints().is_empty()).count();
    let official: Vec<_> = rows.iter().filter_map(Row::official_complaints).collect();
    let wrong = official.iter().filter(|complaints| !complaints.is_empty()).count();
    let mut text = format!(
        "# Faults\n\n\
         What the client makes of a server that misbehaves, over a real connection. `cargo xtask faults` writes this file, and\n\
         `cargo xtask faults --check` plays the cases to this client and compares which there are and what is expected of them. The\n\
         cases are in [`src/cases`](src/cases).\n\n\
         - This client: {} cases, {right} right.\n\
         - The official Python client 0.5.1, asked {} of them: {wrong} wrong. It is held to less: an error must be its `EngramError`\n  \
         and tell the status of a refusal; what it says is not looked at.\n\n\
         Times are seconds from the call to its end. Where none is expected, a case may take 20 s (of 32 MiB, 60 s); a wait may take\n\
         5 s longer than it should on a busy machine. The timeouts of cases that wait for one are 1.5 s.\n",
        rows.len(),
        official.len(),
    );
    let mut group = "";
    for row in rows {
        if row.case.group != group {
            group = row.case.group;
            let title = group[..1].to_uppercase() + &group[1..];
            let _ = write!(
                text,
                "\n## {title}\n\n| case | call | expected | observed | time | Python 0.5.1 |\n|---|---|---|---|---|---|\n"
            );
        }
        let _ = writeln!(text, "{}", line(row));
    }
    text
}

fn line(row: &Row) -> String {
    let time = format!("{:.1}", row.ours.time.as_secs_f64());
    let complaints = row.complaints();
    let observed = match complaints.is_empty() {
        true => observed(&row.case, &row.ours),
        false => format!("**wrong**: {}", complaints.join("; ")),
    };
    let official = match (row.official_complaints(), row.case.only_ours) {
        (Some(complaints), _) if complaints.is_empty() => "right".to_owned(),
        (Some(complaints), _) => format!("**wrong**: {}", complaints.join("; ")),
        (None, reason) => format!("not asked: {}", reason.unwrap_or_default()),
    };
    let expected = expected(&row.case);
    let cells = [row.case.name, row.case.call.name(), &expected, &observed, &time, &official].map(escaped);
    format!("| {} |", cells.join(" | "))
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
