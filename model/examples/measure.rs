//! What the built-in model costs: `cargo run --release -p lumetra-engram-model --example measure`.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use lumetra_engram_model::Encoder;

const TEXT: &str = "The spare key of the office hangs behind the blue door on the second floor";
const RUNS: usize = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let encoder = Encoder::built_in()?;
    println!("{} with {} dimensions", encoder.name(), encoder.dimension());
    println!("ready after {:.1} ms", milliseconds(start.elapsed()));

    let mut times = Vec::new();
    for run in 0..RUNS {
        let text = format!("{TEXT} {run}");
        let start = Instant::now();
        black_box(encoder.encode(&text)?);
        times.push(start.elapsed());
    }
    times.sort();
    println!("a text of 16 words: {:.2} ms, at best {:.2}", milliseconds(times[RUNS / 2]), milliseconds(times[0]));

    let long = TEXT.repeat(100_000);
    let start = Instant::now();
    black_box(encoder.encode(&long)?);
    println!("a text of {} MB: {:.1} ms", long.len() / 1_000_000, milliseconds(start.elapsed()));
    print_process();
    Ok(())
}

/// What the system says of this process, where it says that in files.
fn print_process() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("Threads")) {
        println!("{line}");
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
