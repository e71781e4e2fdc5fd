//! Reading a file with facts, one by one.

use std::fs::File;
use std::io::{BufRead, BufReader, Error};
use std::path::{Path, PathBuf};

use super::format::Format;
use super::lines::lines;
use super::problem::Problem;
use super::record::Record;
use super::{csv, jsonl};
use crate::bucket_name::bucket_name;
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
                rows.map(move |(line, row)| row.and_then(storable).map_err(|problem| bad(&path, Some(line), problem))),
            )
        }
        Format::Text => Box::new(text(path, file)),
        Format::Jsonl => Box::new(lines(file).flat_map(move |(number, line)| {
            objects(line)
                .into_iter()
                .map(|record| record.map_err(|problem| bad(&path, Some(number), problem)))
                .collect::<Vec<_>>()
        })),
    })
}

/// The lines of a text, each of which is a fact.
pub(crate) fn text(path: PathBuf, text: impl BufRead) -> impl Iterator<Item = Result<Record, Failure>> {
    lines(text).map(move |(number, line)| match line {
        Ok(content) => Ok(Record { content, bucket: None }),
        Err(error) => Err(bad(&path, Some(number), error.into())),
    })
}

fn objects(line: Result<String, Error>) -> Vec<Result<Record, Problem>> {
    match line.map_err(Problem::from).and_then(|line| jsonl::records(&line)) {
        Ok(records) => records.into_iter().map(storable).collect(),
        Err(problem) => vec![Err(problem)],
    }
}

/// No server stores an empty fact, or one in a bucket that there can't be.
fn storable(record: Record) -> Result<Record, Problem> {
    if record.content.trim().is_empty() {
        return Err(Problem::new("its fact is empty", "Fill it in, or remove the line."));
    }
    match record.bucket.as_deref().map(bucket_name) {
        Some(Err(problem)) => Err(Problem::new(problem, "Name another bucket, or leave it out.")),
        _ => Ok(record),
    }
}

fn bad(path: &Path, line: Option<u64>, problem: Problem) -> Failure {
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    Failure::new(Kind::File, format!("{}{line}: {}", path.display(), problem.text)).hint(problem.cure)
}
