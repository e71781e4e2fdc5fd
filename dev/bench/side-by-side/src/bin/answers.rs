//! The most memory that is held at once to read a large answer, beyond that of the answer's pieces.

use std::collections::BTreeMap;

use anyhow::Result;
use lumetra_engram_side_by_side::from_memory::Reader;
use lumetra_engram_side_by_side::large::{self, WAYS};
use lumetra_engram_side_by_side::measure::{Measures, count, print};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn main() -> Result<()> {
    let reader = Reader::new()?;
    for large in large::all() {
        let mut measures = BTreeMap::from([("answer", Measures::from([("mb", count(large.bytes) / 1e6)]))]);
        for (way, name) in WAYS.into_iter().enumerate() {
            let answer = large.answer()?;
            let before = ALLOCATOR.current_usage();
            ALLOCATOR.reset_peak_usage();
            large.read(way, &reader, answer)?;
            let peak = ALLOCATOR.peak_usage().saturating_sub(before);
            measures.insert(name, Measures::from([("peak_mb", count(peak) / 1e6)]));
        }
        print(&measures)?;
    }
    Ok(())
}
