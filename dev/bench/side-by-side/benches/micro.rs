//! From the bytes of an answer in memory to its value or its events. `cargo xtask bench` compares the medians.

use anyhow::Result;
use criterion::{BatchSize, BenchmarkGroup, Criterion, measurement::WallTime};
use lumetra_engram_side_by_side::answers::{chat_delta, delta, query};
use lumetra_engram_side_by_side::from_memory::{Reader, answer, in_pieces};
use lumetra_engram_side_by_side::large::{self, WAYS};
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
    ("streams-more-members", chat_delta, 1_400),
];

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let reader = Reader::new()?;
    for large in large::all() {
        let mut group = criterion.benchmark_group(format!("answers-{}", large.name));
        for (way, name) in WAYS.into_iter().enumerate() {
            measure(&mut group, name, || large.answer(), |answer| large.read(way, &reader, answer));
        }
    }
    for (name, delta, size) in STREAMS {
        let pieces = in_pieces(&stream_of(DELTAS, delta, &query(10)), size);
        let answered = || answer("text/event-stream", &pieces);
        let whole = |seen: Result<Seen>| {
            let seen = seen?;
            anyhow::ensure!(seen.deltas == DELTAS && seen.memories == 10, "not the whole answer: {seen:?}");
            Ok(())
        };
        let mut group = criterion.benchmark_group(name);
        measure(&mut group, "lumetra-engram", answered, |answer| {
            whole(reader.read(answer, async { engram(reader.client.query_stream("q").await?).await }))
        });
        measure(&mut group, "memchr", answered, |answer| whole(reader.run(memchr_and_serde_json(answer))));
        measure(&mut group, "eventsource-stream", answered, |answer| {
            whole(reader.run(eventsource_stream_and_serde_json(answer)))
        });
    }
    criterion.final_summary();
    Ok(())
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    answer: impl Fn() -> Result<Response>,
    read: impl Fn(Response) -> Result<()>,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            || answer().expect("an answer"),
            |answer| read(answer).expect("the whole answer"),
            BatchSize::PerIteration,
        );
    });
}
