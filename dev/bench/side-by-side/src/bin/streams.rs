//! Streams over loopback with each client that has them, in turns.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use futures_util::StreamExt;
use lumetra_engram::QueryStreamEvent;
use lumetra_engram_side_by_side::clients::{chat, engram, openai};
use lumetra_engram_side_by_side::measure::{Measures, Way, count, cpu_us, float, in_turns, percentile, shared_clock};
use lumetra_engram_side_by_side::streams::{FIRST, MANY, MANY_DELTAS};

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    base_url: String,
    /// How often each client has its turn
    #[arg(long)]
    rounds: usize,
    /// How many long streams are one turn
    #[arg(long)]
    long: usize,
    /// How many short streams are one turn
    #[arg(long)]
    short: usize,
}

/// What one stream came to.
#[derive(Default)]
struct Streamed {
    deltas: usize,
    /// Nanoseconds from the making of the first delta in the server to the caller's having it.
    first: i64,
}

impl Streamed {
    fn delta(&mut self, text: &str) -> Result<()> {
        if self.deltas == 0 {
            let made: i64 = text.parse().context("the first delta says when it was made")?;
            self.first = shared_clock()? - made;
        }
        self.deltas += 1;
        black_box(text);
        Ok(())
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let Arguments { base_url, rounds, long, short } = Arguments::parse();
    let (ours, theirs) = (engram(&base_url)?, openai(&base_url));
    let ours = move |question| {
        let call = ours.query_stream(question);
        async move {
            let (mut stream, mut streamed) = (call.await?, Streamed::default());
            while let Some(event) = stream.next().await {
                if let QueryStreamEvent::Delta { content } = event? {
                    streamed.delta(&content)?;
                }
            }
            Ok(streamed)
        }
    };
    let theirs = move |question| async move {
        let mut stream = theirs.chat().create_stream(chat(question, true)?).await?;
        let mut streamed = Streamed::default();
        while let Some(chunk) = stream.next().await {
            // This client shows an empty delta, which is none, too.
            for content in chunk?.choices.iter().filter_map(|choice| choice.delta.content.as_deref()) {
                if !content.is_empty() {
                    streamed.delta(content)?;
                }
            }
        }
        Ok(streamed)
    };
    let ways: Vec<Way> = vec![
        ("lumetra-engram", Box::new(move || Box::pin(turn(ours.clone(), long, short)))),
        ("async-openai", Box::new(move || Box::pin(turn(theirs, long, short)))),
    ];
    in_turns(ways, rounds).await
}

async fn turn<F>(ask: impl Fn(&'static str) -> F, long: usize, short: usize) -> Result<Measures>
where
    F: Future<Output = Result<Streamed>>,
{
    let (start, cpu) = (Instant::now(), cpu_us()?);
    for _ in 0..long {
        let deltas = ask(MANY).await?.deltas;
        ensure!(deltas == MANY_DELTAS + 1, "{deltas} deltas came");
    }
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_us()? - cpu);
    let mut first = Vec::with_capacity(short);
    for _ in 0..short {
        first.push(ask(FIRST).await?.first);
    }
    let deltas = count(long * MANY_DELTAS);
    Ok(Measures::from([
        ("deltas_a_second", deltas / seconds),
        ("cpu_us", cpu / deltas),
        ("first_p50_us", float(percentile(&mut first, 50)) / 1e3),
        ("first_p99_us", float(percentile(&mut first, 99)) / 1e3),
    ]))
}
