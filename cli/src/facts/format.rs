//! The formats of files with facts.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use clap::ValueEnum;
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A JSON object a line, with `content` and perhaps `bucket`; also the file of the MCP server "memory", with entities and relations
    Jsonl,
    /// A table with a column `content`, and perhaps one `bucket`
    Csv,
    /// A fact a line
    Text,
}

impl Format {
    /// By the name of the file, or else by its first line that is not empty.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" | "json" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            "txt" | "text" | "md" => Ok(Self::Text),
            _ => Self::of_lines(BufReader::new(File::open(path)?)),
        }
    }

    fn of_lines(lines: impl BufRead) -> io::Result<Self> {
        for line in lines.lines() {
            let line = line?;
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() {
                continue;
            }
            return Ok(match serde_json::from_str(line) {
                Ok(Value::Object(_)) => Self::Jsonl,
                _ => Self::Text,
            });
        }
        Ok(Self::Text)
    }
}
