//! The most memory that is held at once to read a large answer, as JSON: bytes beyond those of the answer's pieces.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use lumetra_engram_side_by_side::answers;
use lumetra_engram_side_by_side::from_memory::{Reader, answer, in_pieces};
use lumetra_engram_side_by_side::large::{MEMORIES, RESULTS, bare_batch, bare_query, engram_batch, engram_query};
use peak_alloc::PeakAlloc;
use serde::Serialize;
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

#[derive(Serialize)]
struct Peaks {
    answer: usize,
    lumetra_engram: usize,
    serde_json: usize,
}

fn main() -> Result<()> {
    let reader = Reader::new()?;
    let client = &reader.client;
    let peaks = |answer_to: Value, elements, ours: &dyn Fn(_) -> Result<usize>, bare: &dyn Fn(_) -> Result<usize>| {
        let bytes = answer_to.to_string();
        let pieces = in_pieces(bytes.as_bytes(), 16_000);
        let peak = |read: &dyn Fn(_) -> Result<usize>| {
            let answer = answer("application/json", &pieces)?;
            let before = ALLOCATOR.current_usage();
            ALLOCATOR.reset_peak_usage();
            ensure!(read(answer)? == elements, "not the whole answer");
            Ok(ALLOCATOR.peak_usage().saturating_sub(before))
        };
        anyhow::Ok(Peaks { answer: bytes.len(), lumetra_engram: peak(ours)?, serde_json: peak(bare)? })
    };
    let query =
        peaks(answers::query(MEMORIES), MEMORIES, &|answer| reader.read(answer, engram_query(client)), &|answer| {
            reader.run(bare_query(answer))
        })?;
    let batch =
        peaks(answers::batch(RESULTS), RESULTS, &|answer| reader.read(answer, engram_batch(client)), &|answer| {
            reader.run(bare_batch(answer))
        })?;
    println!("{}", serde_json::to_string(&BTreeMap::from([("query", query), ("batch", batch)]))?);
    Ok(())
}
