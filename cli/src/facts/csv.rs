//! Tables.

use std::io::{self, Read};

use csv::{ErrorKind, Position, Reader, StringRecord};

use super::problem::Problem;
use super::record::Record;

/// A row, and its line.
pub(super) type Row = (u64, Result<Record, Problem>);

/// The rows, or why there can be none.
pub(super) fn rows<R: Read>(file: R) -> Result<impl Iterator<Item = Row>, Problem> {
    let mut reader = Reader::from_reader(file);
    let header = reader.headers().map_err(problem)?.clone();
    let column = |name: &str| header.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
    let content = column("content").ok_or_else(|| {
        let cure = "Start the file with the names of the columns, as in: content,bucket. If each line is a fact, use `--format text`.";
        Problem::new("its first line has no column `content`", cure)
    })?;
    let bucket = column("bucket");
    Ok(reader.into_records().map(move |row| {
        let cell = |row: &StringRecord, column| row.get(column).unwrap_or_default().to_owned();
        match row {
            Ok(row) => {
                let bucket = bucket.map(|column| cell(&row, column)).filter(|bucket| !bucket.is_empty());
                (line(row.position()), Ok(Record { content: cell(&row, content), bucket }))
            }
            Err(error) => (line(error.position()), Err(problem(error))),
        }
    }))
}

fn line(position: Option<&Position>) -> u64 {
    position.map_or(0, Position::line)
}

fn problem(error: csv::Error) -> Problem {
    match error.into_kind() {
        ErrorKind::Utf8 { .. } => Problem::not_utf8(),
        ErrorKind::UnequalLengths { expected_len, len, .. } => Problem::new(
            format!("it has {len} columns, but the first line has {expected_len}"),
            "Put text with a comma or a line break in double quotes.",
        ),
        ErrorKind::Io(error) => error.into(),
        other => io::Error::other(format!("{other:?}")).into(),
    }
}
