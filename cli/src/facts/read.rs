//! Reading a file with facts, one by one.

use std::fs::File;
use std::io::{BufReader, Error};
use std::path::Path;

use super::format::Format;
use super::lines::lines;
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
            let rows = csv::rows(file).map_err(|problem| bad(&path, &problem))?;
            Box::new(rows.map(move |row| match row {
                Ok(record) => filled(record, || path.display().to_string()),
                Err((line, problem)) => Err(bad_line(&path, line, &problem)),
            }))
        }
        Format::Text => Box::new(lines(file).map(move |(number, line)| {
            let content = line.map_err(|error| bad_line(&path, number, &error))?;
            Ok(Record { content, bucket: None })
        })),
        Format::Jsonl => Box::new(lines(file).flat_map(move |(number, line)| objects(&path, number, line))),
    })
}

fn objects(path: &Path, number: usize, line: Result<String, Error>) -> Vec<Result<Record, Failure>> {
    let records = match line {
        Ok(line) => jsonl::records(&line),
        Err(error) => Err(error.to_string()),
    };
    match records {
        Ok(records) => {
            let place = || format!("{}, line {number}", path.display());
            records.into_iter().map(|record| filled(record, place)).collect()
        }
        Err(problem) => vec![Err(bad_line(path, number, &problem))],
    }
}

/// No server stores an empty fact.
fn filled(record: Record, place: impl Fn() -> String) -> Result<Record, Failure> {
    match record.content.trim().is_empty() {
        true => Err(Failure::new(Kind::File, format!("{}: a fact is empty", place()))),
        false => Ok(record),
    }
}

fn bad(path: &Path, problem: &str) -> Failure {
    Failure::new(Kind::File, format!("{}: {problem}", path.display()))
        .hint("`--format` says what a file is: jsonl, csv or text.")
}

fn bad_line(path: &Path, line: impl std::fmt::Display, problem: &impl ToString) -> Failure {
    Failure::new(Kind::File, format!("{}, line {line}: {}", path.display(), problem.to_string()))
        .hint("`--format` says what a file is: jsonl, csv or text.")
}
