//! Provokes the three failures that every application meets, and handles each: a wrong key (401), a missing precondition (412),
//! too many calls at once (429).
//!
//! ```text
//! cargo run --example errors
//! ```

use std::error::Error;
use std::time::Duration;

use futures_util::future::join_all;
use lumetra_engram::{ENV_BASE_URL, EngramClient, EngramError};
use lumetra_engram_local::LocalServer;

const BUCKET: &str = "lumetra-engram-errors";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A local server on a bad day: it takes two calls at a time and is slow to answer.
    let (base_url, api_key, _server) = match std::env::var("ENGRAM_API_KEY") {
        Ok(api_key) if !api_key.is_empty() => (std::env::var(ENV_BASE_URL).ok(), api_key, None),
        _ => {
            let server = LocalServer::builder()
                .in_memory()
                .api_key("eng_local_example")
                .max_concurrent_requests(2)
                .synthesis_latency(Duration::from_millis(200))
                .start()
                .await?;
            (Some(server.base_url().to_string()), server.api_key().to_string(), Some(server))
        }
    };
    let client = |api_key: &str, retries: u32| {
        let builder = EngramClient::builder().api_key(api_key).default_bucket(BUCKET).max_retries_on_429(retries);
        base_url.iter().fold(builder, |builder, base_url| builder.base_url(base_url)).build()
    };

    println!("With a wrong key:");
    report(client("eng_live_wrong", 3)?.list_buckets().await.map(|_| ()));

    let engram = client(&api_key, 3)?;
    engram.store_memory("The user prefers dark mode.").await?;
    println!("\nWithout a profiler:");
    report(engram.regenerate_profile().await.map(|_| ()));

    println!("\nTen queries at once, never retried:");
    let impatient = client(&api_key, 0)?;
    let answers = join_all((0..10).map(|_| impatient.query("Which mode?").send())).await;
    let refused = answers.iter().filter(|answer| answer.as_ref().is_err_and(EngramError::is_rate_limited)).count();
    println!("  {refused} of 10 were refused");
    if let Some(refusal) = answers.into_iter().find(Result::is_err) {
        report(refusal.map(|_| ()));
    }

    println!("\nThree queries at once, retried:");
    let answers = join_all((0..3).map(|_| engram.query("Which mode?").send())).await;
    println!("  {} of 3 were answered", answers.iter().filter(|answer| answer.is_ok()).count());
    Ok(())
}

/// What an application might say to its user.
fn report(outcome: Result<(), EngramError>) {
    let Err(error) = outcome else {
        println!("  no error");
        return;
    };
    let advice = match &error {
        EngramError::Api(_) if error.is_unauthorized() => "Check the API key.",
        EngramError::Api(_) if error.is_byok_required() => "Add a model provider's key at https://lumetra.io/models.",
        EngramError::Api(_) if error.is_profiler_not_installed() => "Install a Bucket Profiler on this bucket.",
        EngramError::Api(_) if error.is_rate_limited() => "Make fewer calls at once, or let the client retry.",
        EngramError::Timeout(_) | EngramError::Transport(_) => "Check the network, then try again.",
        _ => "See the error.",
    };
    println!("  {error}\n  {advice}");
    let mut source = error.source();
    while let Some(cause) = source {
        println!("    because: {cause}");
        source = cause.source();
    }
}
