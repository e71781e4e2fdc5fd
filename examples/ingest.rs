//! Stores many facts in batches, shows how far it is, and says what failed and why.
//!
//! ```text
//! cargo run --example ingest
//! ```

use std::error::Error;
use std::io::Write;

use lumetra_engram_examples::connect;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (engram, _server) = connect().await?;
    // Made as they are sent, so that there may be more of them than memory holds. One is empty, which the server refuses.
    let facts = (1..=1000).map(|number| match number {
        300 => " ".to_owned(),
        _ => format!("The user likes the number {number}."),
    });

    let report = engram
        .ingest(facts)
        .bucket("lumetra-engram-ingest")
        .on_progress(|progress| {
            print!("\r{} done, {} failed", progress.done(), progress.failed);
            // Only for show, and a closed terminal is no reason to stop.
            let _ = std::io::stdout().flush();
        })
        .await?;

    let totals = report.totals;
    println!("\n{} stored, {} merged into others, {} failed", totals.stored, totals.merged, totals.failed);
    for failure in &report.failures {
        println!("  fact {}: {}", failure.index + 1, failure.error);
    }
    // Set where an error would have met every fact, such as a wrong key. `report.not_attempted` has the facts that are left.
    if let Some(error) = &report.stopped {
        println!("Stopped early: {error}");
    }
    Ok(())
}
