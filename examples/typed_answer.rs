//! Asks for an answer of a type of the application's, and shows what becomes of one that does not fit.
//!
//! ```text
//! cargo run --example typed_answer
//! ```

use std::error::Error;

use lumetra_engram::{EngramClient, EngramError};
use lumetra_engram_examples::connect;
use schemars::JsonSchema;
use serde::Deserialize;

/// What the model is asked for. It reads the names and the comments of the fields.
#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "an example prints its answer whole")]
struct Drinks {
    /// The user's favourite drink, in one sentence.
    favourite: String,
    /// Every sentence that says something about it.
    evidence: Vec<String>,
}

/// The local server quotes memories, and a quote is no number, so that it cannot answer this one.
#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "an example prints its answer whole")]
struct Cups {
    /// How many cups the user drinks in a day.
    cups_a_day: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (engram, _server) = connect().await?;
    let engram = engram.with_bucket("lumetra-engram-typed-answer");
    engram.store_memories(["The user drinks tea, never coffee.", "The user takes tea without sugar."]).await?;

    let answer = engram.query("What does the user drink?").json::<Drinks>().await?;
    println!("As a value:\n{:#?}", answer.value);
    println!("Read from:\n  {}", answer.result.answer);

    println!("\nOne that may not fit:");
    ask_for_cups(&engram).await
}

async fn ask_for_cups(engram: &EngramClient) -> Result<(), Box<dyn Error>> {
    match engram.query("How much tea does the user drink?").json::<Cups>().await {
        Ok(answer) => println!("  {:?}", answer.value),
        // The answer is not lost: show it, ask again, or read what there is.
        Err(EngramError::Answer(misfit)) => {
            println!("  does not fit: {misfit}");
            println!("  where: {}", misfit.path);
            println!("  the answer: {}", misfit.result.answer);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
