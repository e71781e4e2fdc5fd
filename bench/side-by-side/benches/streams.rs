//! From the bytes of a stream to its events. Run by `cargo xtask bench streams`, which compares the medians.

use anyhow::Result;
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use lumetra_engram_side_by_side::from_memory::{Reader, answer, in_pieces};
use lumetra_engram_side_by_side::streams::{
    Seen, engram, eventsource_stream_and_serde_json, memchr_and_serde_json, stream_of,
};
use reqwest::Response;

const DELTAS: usize = 100_000;
const SIZES: [usize; 3] = [130, 1_400, 16_000];

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let reader = Reader::new()?;
    let bytes = stream_of(DELTAS);
    for size in SIZES {
        let pieces = in_pieces(&bytes, size);
        let answered = || answer("text/event-stream", &pieces);
        let mut group = criterion.benchmark_group(format!("streams-{size}"));
        group.throughput(Throughput::Elements(DELTAS as u64));
        measure(&mut group, "lumetra-engram", answered, |answer| {
            reader.read(answer, async { engram(reader.client.query_stream("q").await?).await })
        });
        measure(&mut group, "memchr", answered, |answer| reader.run(memchr_and_serde_json(answer)));
        measure(&mut group, "eventsource-stream", answered, |answer| {
            reader.run(eventsource_stream_and_serde_json(answer))
        });
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    answer: impl Fn() -> Result<Response>,
    read: impl Fn(Response) -> Result<Seen>,
) {
    let whole = |answer| {
        let seen = read(answer)?;
        anyhow::ensure!(seen.deltas == DELTAS && seen.memories == 10, "not the whole answer: {seen:?}");
        Ok(seen)
    };
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            || answer().expect("an answer"),
            |answer| whole(answer).expect("the whole answer"),
            criterion::BatchSize::PerIteration,
        );
    });
}
