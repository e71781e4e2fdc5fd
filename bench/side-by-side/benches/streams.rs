//! From the bytes of a stream to its events. Run by `cargo xtask bench streams`, which compares the medians.

use anyhow::Result;
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use lumetra_engram_side_by_side::answers::{chat_delta, delta, query};
use lumetra_engram_side_by_side::from_memory::{Reader, answer, in_pieces};
use lumetra_engram_side_by_side::streams::{
    Seen, engram, eventsource_stream_and_serde_json, memchr_and_serde_json, stream_of,
};
use reqwest::Response;
use serde_json::Value;

const DELTAS: usize = 100_000;
/// Makes the frame of a piece of text.
type Delta = fn(&str) -> Value;

/// What comes in pieces of a size: deltas as the API's documentation shows them, and such with members beside the text.
const STREAMS: [(&str, Delta, usize); 4] = [
    ("streams-130", delta, 130),
    ("streams-1400", delta, 1_400),
    ("streams-16000", delta, 16_000),
    ("streams-1400-more-members", chat_delta, 1_400),
];

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let reader = Reader::new()?;
    for (name, delta, size) in STREAMS {
        let pieces = in_pieces(&stream_of(DELTAS, delta, &query(10)), size);
        let answered = || answer("text/event-stream", &pieces);
        let mut group = criterion.benchmark_group(name);
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
