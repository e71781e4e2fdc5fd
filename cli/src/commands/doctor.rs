//! `doctor`: what is wrong, and the cure.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use crate::connection::server_from;
use crate::context::Context;
use crate::credentials;
use crate::failure::{Failure, Kind};
use crate::layout::columns;
use crate::output::{BAD, GOOD, STRONG, styled};
use crate::project::{self, Project, Source};
use crate::text::{count, one_line};

const EXAMPLES: &str = "\
Examples:
  lumetra-engram doctor
  lumetra-engram doctor --json | jq '.data.checks[] | select(.status == \"problem\")'";

const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// A clock that is off by more makes certificates fail, and dates of memories misleading.
const LARGEST_SKEW: Duration = Duration::from_secs(120);
/// More than any server says of its health. What has more is not looked at.
const MOST_BYTES: usize = 64 * 1024;
const PROXY_VARIABLES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    /// Worth knowing.
    Note,
    Problem,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    status: Status,
    message: String,
    cure: Option<String>,
}

impl Check {
    fn new(name: &'static str, status: Status, message: impl Into<String>) -> Self {
        Self { name, status, message: message.into(), cure: None }
    }

    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, message)
    }

    fn failed(name: &'static str, failure: &Failure) -> Self {
        Self { cure: failure.advice(), ..Self::new(name, Status::Problem, failure.to_string()) }
    }

    fn cure(self, cure: impl Into<String>) -> Self {
        Self { cure: Some(cure.into()), ..self }
    }

    fn print(&self, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
        let mark = match self.status {
            Status::Ok => styled(GOOD, "ok     "),
            Status::Note => styled(STRONG, "note   "),
            Status::Problem => styled(BAD, "problem"),
        };
        let left = format!("{mark}  {}", self.name);
        writeln!(out, "{}", columns(&left, &one_line(&self.message), 19, width))?;
        self.cure.iter().try_for_each(|cure| writeln!(out, "{}", columns("", cure, 19, width)))
    }
}

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let mut checks = vec![file(), key(context), server(context)];
    let health = context.read(async { Ok(health(context).await) })?;
    let responds = health.iter().all(|check| check.status != Status::Problem);
    checks.extend(health);
    checks.extend(access(context, responds));
    checks.push(bucket());
    checks.push(proxy());
    checks.extend(namesake());
    let data = json!({"checks": checks});
    let problems = checks.iter().filter(|check| check.status == Status::Problem).count();
    let width = context.terminal.width();
    let print = |out: &mut dyn Write| checks.iter().try_for_each(|check| check.print(width, out));
    if problems == 0 {
        return context.output.print(&data, print);
    }
    context.output.before_failure(print);
    Err(Failure::new(Kind::Problems, format!("{} found", count(problems, "problem", "problems"))).data(data))
}

fn file() -> Check {
    let path = match credentials::path() {
        Ok(path) => path,
        Err(failure) => return Check::failed("file", &failure),
    };
    match credentials::read() {
        Err(failure) => Check::failed("file", &failure),
        Ok(None) => Check::ok("file", format!("no API key is saved in {}", path.display())),
        Ok(Some(_)) if credentials::is_open_to_others(&path) => Check::new(
            "file",
            Status::Problem,
            format!("other users can read {}, which contains the key", path.display()),
        )
        .cure(format!("chmod 600 {}", path.display())),
        Ok(Some(saved)) => match server_from(saved.base_url, "the credentials file") {
            Ok(server) => Check::ok("file", format!("{} has a key for {}", path.display(), server.value)),
            Err(failure) => Check::failed("file", &failure),
        },
    }
}

fn key(context: &Context) -> Check {
    match context.connection.key() {
        Ok(key) => Check::ok("key", format!("there is one, from {}", key.from)),
        Err(failure) => Check::failed("key", &failure),
    }
}

fn server(context: &Context) -> Check {
    match context.connection.server() {
        Ok(server) => Check::ok("server", format!("{} from {}", server.value, server.from)),
        Err(failure) => Check::failed("server", &failure),
    }
}

/// Whether the server responds, which it is, and whether its clock and this one agree.
async fn health(context: &Context) -> Vec<Check> {
    let Ok(server) = context.connection.server() else { return Vec::new() };
    let mut response = match respond(&server.value).await {
        Ok(response) => response,
        Err(error) => {
            let problem = format!("{} does not respond: {}", server.value, cause(&error));
            return vec![Check::new("network", Status::Problem, problem).cure(
                "Check the URL, your connection and the proxy. To start a local server, run `lumetra-engram serve`.",
            )];
        }
    };
    let date = response.headers().get("date").and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let clock = date.map(clock);
    let (is_success, status) = (response.status().is_success(), response.status());
    let mut body = Vec::new();
    while body.len() < MOST_BYTES
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let version = body.get("version").and_then(Value::as_str).map(|version| format!(", version {version}"));
    let network = match body.get("error").and_then(Value::as_str) {
        Some(error) if !is_success && body.get("version").is_some() => {
            Check::new("network", Status::Problem, format!("the server reports a problem: {error}"))
                .cure("See its log.")
        }
        _ if status.is_server_error() => {
            Check::new("network", Status::Problem, format!("the server responds with {status}"))
                .cure("Try again later.")
        }
        _ => Check::ok("network", format!("the server responds{}", version.unwrap_or_default())),
    };
    [Some(network), clock].into_iter().flatten().collect()
}

async fn respond(server: &str) -> reqwest::Result<reqwest::Response> {
    let client = reqwest::Client::builder().timeout(LONGEST_WAIT).redirect(reqwest::redirect::Policy::none());
    let is_loopback = ["://127.", "://localhost", "://[::1]"].iter().any(|host| server.contains(host));
    let client = if is_loopback { client.no_proxy() } else { client };
    client.build()?.get(format!("{server}/health")).send().await
}

fn clock(date: SystemTime) -> Check {
    let now = SystemTime::now();
    let (skew, direction) = match now.duration_since(date) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(error) => (error.duration(), "behind"),
    };
    if skew <= LARGEST_SKEW {
        return Check::ok("clock", "in step with the server's");
    }
    Check::new("clock", Status::Problem, format!("your clock is {} s {direction} the server's", skew.as_secs()))
        .cure("Set your clock, for example with NTP.")
}

/// What is at the bottom of an error: what is above it only says that the request failed.
fn cause(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), cause)
}

/// Whether the server takes the key. What was said of either before is not said again.
fn access(context: &Context, responds: bool) -> Option<Check> {
    context.connection.key().and(context.connection.server().map(drop)).ok()?;
    let buckets = context.client().and_then(|engram| context.read(async { Ok(engram.list_buckets().await?) }));
    match buckets {
        Ok(buckets) => {
            Some(Check::ok("access", format!("the key works: {}", count(buckets.len(), "bucket", "buckets"))))
        }
        Err(failure) if !responds && failure.kind() == Kind::Network => None,
        Err(failure) => Some(Check::failed("access", &failure)),
    }
}

/// The bucket of this folder. `mcp` and `hook` go further to find one.
fn bucket() -> Check {
    let bucket = match project::bucket_of_commands() {
        Ok(bucket) => bucket,
        Err(failure) => return Check::failed("bucket", &failure),
    };
    let message = format!("{:?}, {}", bucket.name, bucket.source);
    match Project::default().bucket() {
        Ok(other) if bucket.source == Source::Default && other.name != bucket.name => Check::ok(
            "bucket",
            format!("{message}; `lumetra-engram mcp` uses {:?} in this folder, {}", other.name, other.source),
        ),
        _ => Check::ok("bucket", message),
    }
}

fn proxy() -> Check {
    let set: Vec<&str> =
        PROXY_VARIABLES.into_iter().filter(|name| env::var_os(name).is_some_and(|value| !value.is_empty())).collect();
    if set.is_empty() {
        return Check::ok("proxy", "none is set");
    }
    Check::new("proxy", Status::Note, format!("set by {}; not used for servers on this machine", set.join(", ")))
        .cure("If the server does not respond, add it to NO_PROXY, or unset these variables.")
}

/// Another project has a program of a similar name.
fn namesake() -> Option<Check> {
    let name = format!("engram{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    let found: PathBuf = env::split_paths(&path).map(|folder| folder.join(&name)).find(|program| program.is_file())?;
    Some(Check::new("program", Status::Note, format!("{} is another project's program", found.display())).cure(
        "This program is called `lumetra-engram`: use that name in scripts and in the configuration of MCP clients.",
    ))
}
