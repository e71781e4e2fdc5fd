//! From the bytes of a large answer to its type. Run by `cargo xtask bench answers`, which compares the medians.

use anyhow::Result;
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use lumetra_engram_side_by_side::answers;
use lumetra_engram_side_by_side::from_memory::{Reader, answer, in_pieces};
use lumetra_engram_side_by_side::large::{MEMORIES, RESULTS, bare_batch, bare_query, engram_batch, engram_query};
use reqwest::Response;
use serde_json::Value;

/// About what a connection gives at once.
const PIECE: usize = 16_000;

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let reader = Reader::new()?;
    let client = &reader.client;

    let mut query = Answer::new(criterion.benchmark_group("answers-query"), &answers::query(MEMORIES), MEMORIES);
    query.measure("lumetra-engram", |answer| reader.read(answer, engram_query(client)));
    query.measure("serde_json", |answer| reader.run(bare_query(answer)));
    drop(query);

    let mut batch = Answer::new(criterion.benchmark_group("answers-batch"), &answers::batch(RESULTS), RESULTS);
    batch.measure("lumetra-engram", |answer| reader.read(answer, engram_batch(client)));
    batch.measure("serde_json", |answer| reader.run(bare_batch(answer)));
    drop(batch);
    criterion.final_summary();
    Ok(())
}

struct Answer<'a> {
    group: BenchmarkGroup<'a, WallTime>,
    pieces: Vec<bytes::Bytes>,
    elements: usize,
}

impl<'a> Answer<'a> {
    fn new(mut group: BenchmarkGroup<'a, WallTime>, answer: &Value, elements: usize) -> Self {
        let bytes = answer.to_string();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        Self { group, pieces: in_pieces(bytes.as_bytes(), PIECE), elements }
    }

    fn measure(&mut self, name: &str, read: impl Fn(Response) -> Result<usize>) {
        let whole = |answer| {
            let elements = read(answer)?;
            anyhow::ensure!(elements == self.elements, "{elements} of {} came", self.elements);
            anyhow::Ok(elements)
        };
        self.group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || answer("application/json", &self.pieces).expect("an answer"),
                |answer| whole(answer).expect("the whole answer"),
                criterion::BatchSize::PerIteration,
            );
        });
    }
}
