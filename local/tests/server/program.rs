use std::path::Path;
use std::process::{ExitStatus, Stdio};

use lumetra_engram::EngramClient;
use lumetra_engram_local::LocalServer;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::wire::{client, database, http};

pub(crate) struct Program {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it said on starting.
    greeting: String,
    pub(crate) base_url: String,
}

pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_engram-local"));
    command.args(arguments);
    set_up(&mut command);
    command
}

fn set_up(command: &mut Command) {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).env_remove("RUST_LOG");
}

/// Starts the program without the model, which few tests need, and waits until it says where it listens.
pub(crate) async fn start(arguments: &[&str]) -> Program {
    start_command(program(&[arguments, WITHOUT_MODEL].concat())).await
}

/// Starts a command that ends up as the program.
pub(crate) async fn start_command(mut command: Command) -> Program {
    set_up(&mut command);
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut greeting = String::new();
    while !greeting.contains("Ctrl-C") {
        let line = lines.next_line().await.unwrap().expect("the program ended");
        greeting.push_str(&line);
        greeting.push('\n');
    }
    let base_url = greeting.lines().find_map(|line| line.trim().strip_prefix("export ENGRAM_BASE_URL=")).unwrap();
    Program { child, lines, base_url: base_url.to_owned(), greeting }
}

pub(crate) async fn start_on(path: &Path) -> Program {
    start(&["--listen", "127.0.0.1:0", "--database", path.to_str().unwrap()]).await
}

pub(crate) const WITHOUT_MODEL: &[&str] = if cfg!(feature = "model") { &["--no-model"] } else { &[] };

pub(crate) async fn send(child: &Child, signal: &str) {
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
}

impl Program {
    pub(crate) fn client(&self) -> EngramClient {
        client(&self.base_url, "local")
    }

    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        send(&self.child, "-TERM").await;
        self.child.wait().await.unwrap()
    }

    async fn errors(mut self) -> String {
        self.terminate().await;
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).await.unwrap();
        errors
    }
}

#[tokio::test]
async fn it_says_where_it_is_and_how_to_use_it() {
    let (_directory, path) = database();
    let program = start_on(&path).await;
    assert!(program.base_url.starts_with("http://127.0.0.1:"));
    assert!(program.greeting.contains(path.to_str().unwrap()), "{}", program.greeting);
    assert!(program.greeting.contains("export ENGRAM_API_KEY='local'"), "{}", program.greeting);
    #[cfg(feature = "page")]
    assert!(program.greeting.contains(&format!("stored at {}/\n", program.base_url)), "{}", program.greeting);
    #[cfg(feature = "docs")]
    assert!(program.greeting.contains(&format!("{}/docs\n", program.base_url)), "{}", program.greeting);
    program.client().list_buckets().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_stops_it_in_an_orderly_way() {
    for signal in ["-TERM", "-INT"] {
        let directory = tempfile::tempdir().unwrap();
        let mut program = start_on(&directory.path().join("engram.db")).await;
        program.client().store_memory("tea").await.unwrap();
        send(&program.child, signal).await;
        assert!(program.child.wait().await.unwrap().success());
        assert_eq!(program.lines.next_line().await.unwrap(), None);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "the database was not closed");
    }
}

/// The program, run by a shell that sets up its streams, with a database in this directory.
fn redirected(directory: &Path, streams: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!(r#"exec "$0" "$@" {streams}"#), env!("CARGO_BIN_EXE_engram-local")]);
    command.args(["--listen", "127.0.0.1:0", "--database"]).arg(directory.join("engram.db")).args(WITHOUT_MODEL);
    command
}

/// The program works, whatever it logs, and ends as it should.
async fn works_and_ends(mut child: Child, base_url: &str, directory: &Path, streams: &str, requests: usize) {
    let engram = client(base_url, "local");
    for number in 0..requests {
        engram.list_buckets().await.unwrap_or_else(|error| panic!("{streams}, request {number}: {error}"));
    }
    engram.store_memory("tea").await.unwrap();
    send(&child, "-TERM").await;
    assert_eq!(child.wait().await.unwrap().code(), Some(0), "{streams}");
    assert_eq!(std::fs::read_dir(directory).unwrap().count(), 1, "{streams}: the database was not closed");
}

#[tokio::test]
async fn a_log_that_cannot_be_written_stops_nothing() {
    // The last one's log is more than a pipe holds.
    for (streams, reader_goes, requests) in
        [("2>&-", false, 10), ("2>/dev/full", false, 10), ("", true, 10), ("", false, 700)]
    {
        let directory = tempfile::tempdir().unwrap();
        let Program { mut child, base_url, .. } = start_command(redirected(directory.path(), streams)).await;
        if reader_goes {
            drop(child.stderr.take());
        }
        works_and_ends(child, &base_url, directory.path(), streams, requests).await;
    }
}

#[tokio::test]
async fn a_greeting_that_cannot_be_written_stops_nothing() {
    for streams in [">&-", ">/dev/full", "", "<&- >&-"] {
        let directory = tempfile::tempdir().unwrap();
        let mut command = redirected(directory.path(), streams);
        set_up(&mut command);
        let mut child = command.spawn().unwrap();
        // Where the shell leaves it alone it is a pipe without a reader.
        drop(child.stdout.take());
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = log.next_line().await.unwrap().expect("the program ended");
            if let Some((_, address)) = line.split_once("listening address=") {
                break address.trim().to_owned();
            }
        };
        drop(log);
        works_and_ends(child, &format!("http://{address}"), directory.path(), streams, 10).await;
    }
}

#[tokio::test]
async fn it_listens_on_loopback_unless_told_otherwise() {
    let output = program(&["--help"]).output().await.unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("[default: 127.0.0.1:7878]"));
    let server = LocalServer::builder().start().await.unwrap();
    assert!(server.address().ip().is_loopback());
}

#[tokio::test]
async fn it_warns_when_other_machines_may_reach_it() {
    let open = start(&["--listen", "0.0.0.0:0", "--in-memory"]).await;
    assert!(open.base_url.starts_with("http://127.0.0.1:"), "{}", open.base_url);
    open.client().list_buckets().await.unwrap();
    let errors = open.errors().await;
    let warnings =
        ["WARNING: engram-local listens at 0.0.0.0:", "plain HTTP", "Every API key is accepted", "--api-key"];
    for warning in warnings.into_iter().chain(["--allow-host"]) {
        assert!(errors.contains(warning), "{errors}");
    }
    // The library says so too, to the log of a program that it is part of.
    assert!(errors.contains("WARN lumetra_engram_local::server: other machines may reach this server"), "{errors}");

    let with_key =
        start(&["--listen", "0.0.0.0:0", "--in-memory", "--api-key", "eng_live_secret"]).await.errors().await;
    assert!(with_key.contains("WARNING") && !with_key.contains("Every API key"), "{with_key}");
    let closed = start(&["--listen", "127.0.0.1:0", "--in-memory"]).await.errors().await;
    assert!(!closed.contains("WARN"), "{closed}");
}

#[tokio::test]
async fn neither_the_greeting_nor_the_log_holds_a_key_or_a_content() {
    let arguments = ["--listen", "127.0.0.1:0", "--in-memory", "--api-key", "eng_live_secret"];
    let program = start(&arguments).await;
    let engram = client(&program.base_url, "eng_live_secret");
    engram.store_memory("secret content").bucket("secret bucket").await.unwrap();
    engram.query("secret question").bucket("secret bucket").await.unwrap();
    assert!(program.client().list_buckets().await.unwrap_err().is_unauthorized());
    assert!(!program.greeting.contains("secret"), "{}", program.greeting);
    let errors = program.errors().await;
    assert!(errors.contains("/v1/query") && !errors.contains("secret"), "{errors}");
}

#[tokio::test]
async fn a_bad_day_can_be_had_from_the_command_line() {
    let program = start(&["--listen", "127.0.0.1:0", "--in-memory", "--missing-model-key"]).await;
    assert!(program.client().store_memory("tea").await.unwrap_err().is_byok_required());
}

#[tokio::test]
async fn it_says_in_one_line_why_it_does_not_start_with_the_option_and_what_to_write() {
    let other = LocalServer::builder().start().await.unwrap();
    let taken = other.address().to_string();
    let nowhere = "/no/such/place/engram.db";
    for (arguments, status, beginning, end) in [
        (&["--database", nowhere][..], 1, "cannot use the database /no/such/place/engram.db: ", "\n"),
        (&["--max-body-bytes", "0"], 1, "--max-body-bytes must be at least 15", "\n"),
        (&["--header-timeout", "9999999h"], 1, "--header-timeout must be at most 365 days", "\n"),
        (&["--listen", "127.0.0.1"], 1, "--listen must be", "; write 127.0.0.1:7878\n"),
        (&["--listen", &taken], 1, "cannot listen at ", "choose another port, as in --listen 127.0.0.1:7879\n"),
        (
            &["--listen", "192.0.2.1:7878"],
            1,
            "cannot listen at ",
            "choose an address of this machine, as in --listen 127.0.0.1:7878\n",
        ),
        (&["--max-body-bytes", "32MiB"], 2, "as in 1048576 for 1 MiB", ""),
        (&["--max-connections", "many"], 2, "write a whole number, as in 8", ""),
        (&["--body-timeout", "60"], 2, "as in 250ms or 2s", ""),
    ] {
        let listen: &[&str] = if arguments[0] == "--listen" { &[] } else { &["--listen", "127.0.0.1:0"] };
        let memory: &[&str] = if arguments[0] == "--database" { &[] } else { &["--in-memory"] };
        let output = program(&[listen, memory, arguments].concat()).output().await.unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {errors}");
        // Of status 2, the words are clap's.
        let begins = status == 2 || errors.starts_with("engram-local: ") && errors.lines().count() == 1;
        assert!(begins && errors.contains(beginning) && errors.ends_with(end), "{arguments:?}: {errors}");
    }
}

#[tokio::test]
async fn hosts_and_origins_can_be_named_on_the_command_line() {
    let arguments = ["--allow-host", "box.lan", "--allow-host", "memory.lan", "--allow-origin", "http://box.lan:3000"];
    let program = start(&[&["--listen", "127.0.0.1:0", "--in-memory"], &arguments[..]].concat()).await;
    for (host, origin, status) in [
        ("box.lan", "http://box.lan:3000", 200),
        ("memory.lan", "http://box.lan:3000", 200),
        ("other.lan", "http://box.lan:3000", 403),
        ("box.lan", "http://box.lan:3001", 403),
    ] {
        let request = http().get(format!("{}/health", program.base_url)).header("host", host).header("origin", origin);
        assert_eq!(request.send().await.unwrap().status(), status, "{host} {origin}");
    }
}

#[tokio::test]
async fn a_filter_of_the_log_that_cannot_be_read_is_told_and_ignored() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_engram-local"));
    command.args(["--listen", "127.0.0.1:0", "--in-memory"]).args(WITHOUT_MODEL);
    set_up(&mut command);
    let mut child = command.env("RUST_LOG", "[nonsense").spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    assert!(line.starts_with("engram-local: RUST_LOG cannot be read") && line.contains("RUST_LOG=debug"), "{line}");
    assert!(lines.next_line().await.unwrap().unwrap().contains("listening"));
}
