//! Measures what share of questions finds its memories in the local server.

mod locomo;
mod memory;
mod own;
mod way;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser};
use lumetra_engram_local::{Embeddings, LocalServer};

/// Measure what share of questions finds its memories in the local server.
///
/// Without --locomo, with the facts and questions of dev/recall.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask recall")]
struct Arguments {
    /// Measure with the conversations of LoCoMo in this file: locomo10.json of snap-research/locomo on GitHub, which is not for
    /// commercial use (CC BY-NC 4.0)
    #[arg(long, value_name = "FILE")]
    locomo: Option<PathBuf>,
    /// Fail where less is found than must be
    #[arg(long, conflicts_with = "locomo")]
    check: bool,
    /// What part of a memory's match its neighbours gain, as of `engram-local`
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0)]
    neighbours: f64,
    #[command(flatten)]
    endpoint: Endpoint,
}

/// As of `engram-local`.
#[derive(Debug, Args)]
struct Endpoint {
    /// Measure with embeddings of this endpoint too: its base, such as http://127.0.0.1:11434/v1 for Ollama
    #[arg(long, value_name = "URL", requires = "embeddings_model")]
    embeddings_url: Option<String>,
    /// The endpoint's model, such as nomic-embed-text
    #[arg(long, value_name = "NAME", requires = "embeddings_url")]
    embeddings_model: Option<String>,
    /// The environment variable that holds the endpoint's API key
    #[arg(long, value_name = "VARIABLE", requires = "embeddings_url")]
    embeddings_key_env: Option<String>,
    /// What the model wants before a question, such as "search_query: "
    #[arg(long, value_name = "TEXT", requires = "embeddings_url", default_value = "", hide_default_value = true)]
    embeddings_query_prefix: String,
    /// What the model wants before a memory, such as "search_document: "
    #[arg(long, value_name = "TEXT", requires = "embeddings_url", default_value = "", hide_default_value = true)]
    embeddings_passage_prefix: String,
}

impl Endpoint {
    fn embeddings(&self) -> Result<Option<Embeddings>> {
        let (Some(url), Some(model)) = (&self.embeddings_url, &self.embeddings_model) else { return Ok(None) };
        let embeddings = Embeddings::endpoint(url, model)
            .query_prefix(&self.embeddings_query_prefix)
            .passage_prefix(&self.embeddings_passage_prefix);
        let Some(variable) = &self.embeddings_key_env else { return Ok(Some(embeddings)) };
        let key = env::var(variable).with_context(|| format!("put the endpoint's API key into {variable}"))?;
        Ok(Some(embeddings.api_key(key)))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let endpoint = arguments.endpoint.embeddings()?;
    let floors = if endpoint.is_some() { own::OF_ENDPOINT } else { own::OF_BUILT_IN };
    let embeddings = endpoint.unwrap_or_else(Embeddings::built_in);
    let words = LocalServer::builder().neighbours(arguments.neighbours);
    let both = words.clone().embeddings(embeddings);
    match &arguments.locomo {
        Some(file) => locomo::measure(file, &words, &both).await,
        None => own::measure(&words, &both, arguments.check.then_some(&floors)).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_options_fit_together() {
        super::Arguments::command().debug_assert();
    }
}
