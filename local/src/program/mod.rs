//! The server on the command line: the program `engram-local`, for programs that have it as a command of theirs.

mod answers;
mod care;
mod embeddings;
mod health;
mod key;
mod log;

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, FromArgMatches};

use crate::builder::LocalServerBuilder;
use crate::error::LocalServerError;
use crate::server::LocalServer;
use log::Log;

/// An Engram-compatible memory server on this machine, to develop and test against.
///
/// It speaks the HTTP API of the hosted service. Without a language model it answers by quoting the memories that match best.
#[derive(Debug, Args, PartialEq)]
#[command(after_help = AFTER_HELP, subcommand_help_heading = "Commands on a database or a running server")]
pub struct Options {
    #[command(subcommand)]
    command: Option<care::Command>,

    /// Where to listen: ADDRESS:PORT, or only a port on this machine. Port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7878")]
    listen: String,

    /// The file for the memories; the server creates it if it does not exist
    #[arg(long, global = true, value_name = "FILE", default_value = "engram.db")]
    database: PathBuf,

    /// Keep the memories in memory only; they are gone when the server stops
    #[arg(long, conflicts_with = "database")]
    in_memory: bool,

    #[command(flatten)]
    embeddings: embeddings::Options,

    /// Add this share, from 0 to 1, of the score of the memories stored right before and after a memory. For transcripts, whose turns explain
    /// each other; 0.3 is a good value there [default: 0]
    #[arg(long, value_name = "WEIGHT")]
    neighbours: Option<f64>,

    #[command(flatten)]
    answers: answers::Options,

    /// Accept only this API key; may be repeated. Each key sees only its own memories [default: every key is accepted]
    #[arg(long = "api-key", value_name = "KEY")]
    api_keys: Vec<String>,

    /// Accept requests for this host, such as box.lan; may be repeated [default: localhost, loopback addresses, and the address that a
    /// request arrives at]
    #[arg(long = "allow-host", value_name = "NAME")]
    allowed_hosts: Vec<String>,

    /// Let web pages of this origin use the server, such as http://localhost:3000; may be repeated [default: its own pages only]
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,

    /// The largest request body, in bytes; a larger one gets 413 [default: 4 MiB]
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    max_body_bytes: Option<usize>,

    /// The largest memory, in bytes; a larger one gets 422 [default: 256 KiB]
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    max_memory_bytes: Option<usize>,

    /// The most open connections; new ones wait [default: 512]
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    max_connections: Option<usize>,

    /// The time limit for the head of a request, and for idle connections [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    header_timeout: Option<Duration>,

    /// The time limit for the body of a request [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    body_timeout: Option<Duration>,

    /// The time limit for a client that reads nothing of its response [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    write_timeout: Option<Duration>,

    /// The most requests of one API key at the same time; more get 429 [default: no limit]
    #[arg(long, value_name = "NUMBER", value_parser = number, help_heading = BAD_DAYS)]
    max_concurrent_requests: Option<usize>,

    /// The Retry-After of a 429 response, rounded up to whole seconds
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "1s", help_heading = BAD_DAYS)]
    retry_after: Duration,

    /// Behave like an account without a model provider's key: storing and asking get 412 with the code BYOK_REQUIRED
    #[arg(long, help_heading = BAD_DAYS)]
    missing_model_key: bool,

    /// The delay before an answer
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s", help_heading = BAD_DAYS)]
    synthesis_latency: Duration,

    /// The delay before each piece of a streamed answer
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s", help_heading = BAD_DAYS)]
    delta_latency: Duration,
}

const EXAMPLES: &str = "\
Examples:
  engram-local --database ~/memories.db
  engram-local --in-memory --listen 127.0.0.1:0
  engram-local backup --database ~/memories.db ~/memories-backup.db
  engram-local stats --database ~/memories.db
  engram-local health 127.0.0.1:7878";

const BAD_DAYS: &str = "Simulated failures, for tests";

const AFTER_HELP: &str = "\
A TIME has a unit, as in 250ms, 2s or 1m. The log goes to standard error; RUST_LOG=debug logs more, RUST_LOG=off \
nothing. Ctrl-C stops the server.";

fn duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|_| "write a time with its unit, as in 250ms or 2s")?;
    Duration::try_from(duration).map_err(|_| "a time must not be negative".to_owned())
}

fn bytes(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "write a number of bytes without a unit, as in 1048576 for 1 MiB".to_owned())
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "write a whole number, as in 8".to_owned())
}

/// The command line of `engram-local`, for its completions and its manual.
pub fn command() -> clap::Command {
    let command = clap::Command::new("engram-local").version(env!("CARGO_PKG_VERSION")).before_help(EXAMPLES);
    Options::augment_args(command)
}

impl Options {
    /// Whether the command prints JSON where `--json` says so, as `stats` does. A server prints none.
    pub fn has_json(&self) -> bool {
        matches!(self.command, Some(care::Command::Stats { .. }))
    }

    fn defaults() -> Result<Self, clap::Error> {
        let program = Self::augment_args(clap::Command::new("engram-local").no_binary_name(true));
        Self::from_arg_matches(&program.try_get_matches_from([] as [&str; 0])?)
    }
}

/// Runs a server until the program is asked to stop, with a log on the standard error stream; or a command on the database, as the
/// options say. What it has to say of itself, it says there and on the standard output stream. Call it once, in a runtime of tokio, and
/// end the program with the code.
pub async fn run(mut options: Options) -> ExitCode {
    let outcome = match options.command.take() {
        Some(command) => take_care(command, options).await,
        None => serve_with_log(options).await,
    };
    outcome.unwrap_or_else(|error| {
        complain(&with_sources(&*error));
        ExitCode::FAILURE
    })
}

async fn take_care(command: care::Command, mut options: Options) -> Result<ExitCode, Box<dyn Error>> {
    let defaults = Options::defaults()?;
    let database = std::mem::replace(&mut options.database, defaults.database.clone());
    if options != defaults {
        return Err("commands on a database accept no server options except --database; leave the others out".into());
    }
    let outcome = care::run(command, database, stop_asked()?).await?;
    print(&outcome.text)?;
    if let Some(problem) = outcome.problem {
        complain(&format!("engram-local: {problem}"));
    }
    Ok(outcome.code)
}

/// A reader that stops reading is no error.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let printed = if text.is_empty() { Ok(()) } else { writeln!(out, "{text}").and_then(|()| out.flush()) };
    match printed {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

async fn serve_with_log(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    let (log, filter) = Log::start();
    if let Err(problem) = filter {
        complain(&format!("engram-local: {problem}; it is ignored. Write, for example, RUST_LOG=debug"));
    }
    let outcome = serve(options).await;
    log.finish();
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    let stop_asked = stop_asked()?;
    let server = builder(&options)?.start().await?;
    if !server.address().ip().is_loopback() {
        complain(&warning(&server, &options));
    }
    // Where the standard output stream is closed there is no one to greet.
    let _ = greet(&server, &options);
    stop_asked.await;
    tracing::info!("stopping");
    server.shutdown().await;
    Ok(())
}

fn builder(options: &Options) -> Result<LocalServerBuilder, LocalServerError> {
    let builder = LocalServer::builder()
        .listen(&options.listen)
        .retry_after(options.retry_after)
        .missing_model_key(options.missing_model_key)
        .synthesis_latency(options.synthesis_latency)
        .delta_latency(options.delta_latency);
    let builder = if options.in_memory { builder.in_memory() } else { builder.database(&options.database) };
    let builder = set(builder, options.max_concurrent_requests, LocalServerBuilder::max_concurrent_requests);
    let builder = set(builder, options.max_body_bytes, LocalServerBuilder::max_body_bytes);
    let builder = set(builder, options.max_memory_bytes, LocalServerBuilder::max_memory_bytes);
    let builder = set(builder, options.max_connections, LocalServerBuilder::max_connections);
    let builder = set(builder, options.header_timeout, LocalServerBuilder::header_timeout);
    let builder = set(builder, options.body_timeout, LocalServerBuilder::body_timeout);
    let builder = set(builder, options.write_timeout, LocalServerBuilder::write_timeout);
    let builder = set(builder, options.neighbours, LocalServerBuilder::neighbours);
    let builder = options.allowed_hosts.iter().fold(builder, LocalServerBuilder::allow_host);
    let builder = options.allowed_origins.iter().fold(builder, LocalServerBuilder::allow_origin);
    let builder = options.api_keys.iter().fold(builder, LocalServerBuilder::api_key);
    let builder = set(builder, options.embeddings.embeddings()?, LocalServerBuilder::embeddings);
    let builder = set(builder, options.answers.chat_model()?, LocalServerBuilder::chat_model);
    let builder = set(builder, options.answers.profile_after, LocalServerBuilder::profile_after);
    let builder = builder.extract(options.answers.extract);
    Ok(set(builder, options.answers.extract_per_minute, LocalServerBuilder::extract_per_minute))
}

type Setter<T> = fn(LocalServerBuilder, T) -> LocalServerBuilder;

/// What is not given keeps its default.
fn set<T>(builder: LocalServerBuilder, value: Option<T>, setter: Setter<T>) -> LocalServerBuilder {
    match value {
        Some(value) => setter(builder, value),
        None => builder,
    }
}

/// Says where the server is and how to use it.
fn greet(server: &LocalServer, options: &Options) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "engram-local listens at {}", server.base_url())?;
    if options.in_memory {
        writeln!(out, "Memories are kept in memory, and are gone when the server stops.")?;
    } else {
        let path = std::path::absolute(&options.database).unwrap_or_else(|_| options.database.clone());
        writeln!(out, "Memories are kept in {}", path.display())?;
    }
    if cfg!(feature = "page") {
        writeln!(out, "See what is stored at {}/", server.base_url())?;
    }
    if cfg!(feature = "docs") {
        writeln!(out, "The API reference is at {}/docs", server.base_url())?;
    }
    // A key that was set is a secret, and known to who set it.
    let (key, comment) = match options.api_keys.as_slice() {
        [] => (server.api_key(), "any key will do; each has its own memories"),
        _ => ("<your key>", "a key that you gave with --api-key"),
    };
    writeln!(out, "\nTo use it from your programs:\n")?;
    writeln!(out, "  export ENGRAM_BASE_URL={}", server.base_url())?;
    writeln!(out, "  export ENGRAM_API_KEY='{key}'  # {comment}\n")?;
    writeln!(out, "Ctrl-C stops it.")?;
    out.flush()
}

fn warning(server: &LocalServer, options: &Options) -> String {
    let who = if options.api_keys.is_empty() {
        "Every API key is accepted: anybody who can reach it can store memories, and read those of a key that they guess. Set --api-key to change that."
    } else {
        "Only the keys given with --api-key are accepted, but anybody who intercepts the traffic can read them."
    };
    format!(
        "WARNING: engram-local listens at {}, which other machines may reach.\n\
         WARNING: They can use it by its IP address, or by the names given with --allow-host.\n\
         WARNING: It uses plain HTTP: keys and memories can be read in transit.\nWARNING: {who}\n\
         WARNING: If you don't want that, use --listen 127.0.0.1:7878.",
        server.address()
    )
}

/// A setting is named as its option is.
fn described(error: &LocalServerError) -> String {
    match error {
        LocalServerError::Setting { setting, message, .. } => format!("--{} {message}", setting.replace('_', "-")),
        _ => error.to_string(),
    }
}

fn with_sources(error: &(dyn Error + 'static)) -> String {
    let described = error.downcast_ref().map_or_else(|| error.to_string(), described);
    let mut message = format!("engram-local: {described}");
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    if let Some(LocalServerError::Listen { source, .. }) = error.downcast_ref() {
        message.push_str(listen_hint(source.kind()));
    }
    message
}

fn listen_hint(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => {
            "; another program listens there: choose another port, as in --listen 127.0.0.1:7879"
        }
        io::ErrorKind::AddrNotAvailable => "; choose an address of this machine, as in --listen 127.0.0.1:7878",
        io::ErrorKind::PermissionDenied => "; choose a port from 1024, as in --listen 127.0.0.1:7878",
        _ => "",
    }
}

fn complain(message: &str) {
    // Where the standard error stream is closed there is no one to tell.
    let _ = writeln!(io::stderr(), "{message}");
}

/// Sent where a file becomes larger than the limit of `ulimit -f`.
#[cfg(any(target_os = "linux", target_os = "macos"))]
const SIGXFSZ: i32 = 25;

/// Completes when the program is asked to stop. It listens from the call on, before the server starts, so that nothing is missed.
fn stop_asked() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        // A file that may not grow then fails a store, and does not end the program.
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        let _ = signal(SignalKind::from_raw(SIGXFSZ))?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            // It cannot be listened for; the program runs until it is ended.
            std::future::pending::<()>().await;
        }
    })
}
