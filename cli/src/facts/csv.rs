//! Tables.

use std::io::Read;

use csv::{Reader, StringRecord};

use super::record::Record;

pub(super) type Row = Result<Record, (u64, String)>;

/// The rows, or why there can be none. A row that fails comes with its line.
pub(super) fn rows<R: Read>(file: R) -> Result<impl Iterator<Item = Row>, String> {
    let mut reader = Reader::from_reader(file);
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| header.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
    let content = column("content").ok_or("its first line names no column `content`")?;
    let bucket = column("bucket");
    Ok(reader.into_records().map(move |row| {
        let row = row.map_err(|error| (error.position().map_or(0, csv::Position::line), error.to_string()))?;
        let cell = |row: &StringRecord, column| row.get(column).unwrap_or_default().to_owned();
        let bucket = bucket.map(|column| cell(&row, column)).filter(|bucket| !bucket.is_empty());
        Ok(Record { content: cell(&row, content), bucket })
    }))
}
