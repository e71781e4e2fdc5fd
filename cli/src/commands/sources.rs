//! The memories that were found for a question.

use std::io::{self, Write};

use lumetra_engram::{QueryResult, RetrievedMemory};
use serde::Serialize;

use crate::layout::wrapped;
use crate::output::{FAINT, styled};
use crate::text::one_line;

#[derive(Serialize)]
pub(super) struct Source {
    id: String,
    bucket: String,
    content: String,
    score: Option<f64>,
}

impl From<RetrievedMemory> for Source {
    fn from(memory: RetrievedMemory) -> Self {
        let RetrievedMemory { memory_id, bucket_name, content, score, .. } = memory;
        Self { id: memory_id, bucket: bucket_name, content, score }
    }
}

pub(super) fn sources(result: QueryResult) -> Vec<Source> {
    let explanation = result.explanation.unwrap_or_default();
    explanation.retrieved_memories.into_iter().map(Source::from).collect()
}

pub(super) fn print(sources: &[Source], width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    for source in sources {
        let score = source.score.map(|score| format!(" · {score:.2}")).unwrap_or_default();
        let from = format!("{} · {}{score}", one_line(&source.bucket), one_line(&source.id));
        writeln!(out, "{}", wrapped(&one_line(&source.content), "", "", width))?;
        writeln!(out, "{}", styled(FAINT, wrapped(&from, "  ", "  ", width)))?;
    }
    Ok(())
}
