//! Reading a file with facts, one by one.

use std::fs::File;
use std::io::{BufReader, Error};
use std::path::Path;

use super::format::Format;
use super::lines::lines;
use super::problem::Problem;
use super::record::Record;
use super::{csv, jsonl};
use crate::failure::{Failure, Kind};

pub(crate) type Records = Box<dyn Iterator<Item = Result<Record, Failure>> + Send>;

/// The facts of a file, read as they are asked for.
pub(crate) fn read(path: &Path, format: Option<Format>) -> Result<Records, Failure> {
    let unreadable = |error: Error| Failure::file("read", path, &error);
    let format = match format {
        Some(format) => format,
        None => Format::of(path).map_err(unreadable)?,
    };
    let file = BufReader::new(File::open(path).map_err(unreadable)?);
    let path = path.to_owned();
    Ok(match format {
        Format::Csv => {
            let rows = csv::rows(file).map_err(|problem| bad(&path, None, problem))?;
            Box::new(
                rows.map(move |(line, row)| row.and_then(filled).map_err(|problem| bad(&path, Some(line), problem))),
            )
        }
        Format::Text => Box::new(lines(file).map(move |(number, line)| match line {
            Ok(content) => Ok(Record { content, bucket: None }),
            Err(error) => Err(bad(&path, Some(number), error.into())),
        })),
        Format::Jsonl => Box::new(lines(file).flat_map(move |(number, line)| {
            objects(line)
                .into_iter()
                .map(|record| record.map_err(|problem| bad(&path, Some(number), problem)))
                .collect::<Vec<_>>()
        })),
    })
}

fn objects(line: Result<String, Error>) -> Vec<Result<Record, Problem>> {
    match line.map_err(Problem::from).and_then(|line| jsonl::records(&line)) {
        Ok(records) => records.into_iter().map(filled).collect(),
        Err(problem) => vec![Err(problem)],
    }
}

/// No server stores an empty fact.
fn filled(record: Record) -> Result<Record, Problem> {
    match record.content.trim().is_empty() {
        true => Err(Problem::new("its fact is empty", "Fill it in, or remove the line.")),
        false => Ok(record),
    }
}

fn bad(path: &Path, line: Option<u64>, problem: Problem) -> Failure {
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    Failure::new(Kind::File, format!("{}{line}: {}", path.display(), problem.text)).hint(problem.cure)
}
