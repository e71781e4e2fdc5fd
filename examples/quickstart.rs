//! Stores facts, asks a question, shows what the answer was made from, and streams an answer.
//!
//! ```text
//! cargo run --example quickstart
//! ```

use std::error::Error;
use std::io::Write;

use lumetra_engram::{EngramClient, QueryResult, QueryStreamEvent};
use lumetra_engram_examples::connect;

const FACTS: [&str; 3] = [
    "The user prefers dark mode in every UI.",
    "The user lives in Lisbon and works from home on Fridays.",
    "The user's favourite programming language is Rust.",
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (engram, _server) = connect().await?;
    let engram = engram.with_bucket("lumetra-engram-quickstart");

    println!("Storing {} facts:", FACTS.len());
    for fact in FACTS {
        let stored = engram.store_memory(fact).await?;
        let status = stored.status.map(|status| status.to_string()).unwrap_or_default();
        println!("  {} {status}: {fact}", stored.id);
    }

    let question = "What are this user's UI preferences?";
    println!("\nAsking: {question}");
    show(&engram.query(question).top_k(3).await?);

    println!("\nStreaming: Where does the user live?");
    stream(&engram, "Where does the user live?").await
}

fn show(result: &QueryResult) {
    println!("  {}", result.answer);
    println!("It was answered from:");
    for memory in result.explanation.iter().flat_map(|explanation| &explanation.retrieved_memories) {
        println!("  {:.3}  {}  {}", memory.weighted_score.unwrap_or_default(), memory.memory_id, memory.content);
    }
}

async fn stream(engram: &EngramClient, question: &str) -> Result<(), Box<dyn Error>> {
    let mut stream = engram.query_stream(question).await?;
    print!("  ");
    while let Some(event) = stream.next().await {
        match event? {
            QueryStreamEvent::Delta { content } => print!("{content}"),
            QueryStreamEvent::Done(result) => {
                println!("\n  ({} memories found)", result.memories_found.unwrap_or_default());
            }
            _ => {}
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}
