//! Does without async: stores facts, asks a question, prints an answer as it comes, and lists what is stored.
//!
//! ```text
//! cargo run --example blocking
//! ```

use std::error::Error;
use std::io::Write;
use std::thread;

use lumetra_engram::{ENV_API_KEY, EngramClient, QueryStreamEvent, blocking};
use lumetra_engram_local::LocalServer;

fn main() -> Result<(), Box<dyn Error>> {
    let engram = connect()?.with_bucket("lumetra-engram-blocking");

    let stored = engram.store_memories(["The user drinks tea, never coffee.", "The user lives in Lisbon."]).send()?;
    println!("Stored {} facts.", stored.len());

    let result = engram.query("Where does the user live?").top_k(3).send()?;
    println!("\nWhole:\n  {}", result.answer);

    println!("\nAs it comes:");
    print!("  ");
    for event in engram.query_stream("What does the user drink?").send()? {
        if let QueryStreamEvent::Delta { content } = event? {
            print!("{content}");
            std::io::stdout().flush()?;
        }
    }

    println!("\n\nAll that is stored:");
    for memory in engram.list_memories().stream() {
        println!("  {}", memory?.content);
    }
    Ok(())
}

/// A client of the hosted service where `ENGRAM_API_KEY` is set, else of a local server.
fn connect() -> Result<blocking::EngramClient, Box<dyn Error>> {
    if std::env::var_os(ENV_API_KEY).is_some_and(|key| !key.is_empty()) {
        return Ok(EngramClient::builder().build_blocking()?);
    }
    println!("{ENV_API_KEY} is not set: using a local server in this process.\n");
    let (base_url, api_key) = start_server()?;
    Ok(EngramClient::builder().api_key(api_key).base_url(base_url).build_blocking()?)
}

/// Starts a server on a thread of its own, where it runs as long as the process, and returns its URL and key.
fn start_server() -> Result<(String, String), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let server = runtime.block_on(LocalServer::builder().in_memory().start())?;
    let access = (server.base_url().to_owned(), server.api_key().to_owned());
    thread::spawn(move || {
        runtime.block_on(std::future::pending::<()>());
        drop(server);
    });
    Ok(access)
}
