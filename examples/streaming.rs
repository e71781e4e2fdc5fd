//! Shows the tokens of an answer as they come, stops another one early, and reads a third to its end in one go.
//!
//! ```text
//! cargo run --example streaming
//! ```

use std::error::Error;
use std::io::Write;

use lumetra_engram::QueryStreamEvent;
use lumetra_engram_examples::connect;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (engram, _server) = connect().await?;
    let engram = engram.with_bucket("lumetra-engram-streaming");
    engram.store_memories(["The user drinks tea, never coffee.", "The user takes tea without sugar or milk."]).await?;

    println!("As it comes:");
    let mut stream = engram.query_stream("How does the user take tea?").await?;
    while let Some(event) = stream.next().await {
        if let QueryStreamEvent::Delta { content } = event? {
            print!("{content}");
            std::io::stdout().flush()?;
        }
    }

    println!("\n\nStopped after three pieces:");
    let mut stream = engram.query_stream("How does the user take tea?").await?;
    let mut pieces = 0;
    while let Some(event) = stream.next().await {
        if let QueryStreamEvent::Delta { content } = event? {
            print!("{content}");
            pieces += 1;
        }
        if pieces == 3 {
            break;
        }
    }
    // Closes the connection, so that the server stops writing.
    drop(stream);

    println!(" …\n\nIn one go:");
    let result = engram.query_stream("Does the user drink coffee?").await?.finish().await?;
    println!("{}", result.answer);
    Ok(())
}
