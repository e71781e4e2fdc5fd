//! The program with a folder and an environment of its own.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use lumetra_engram_local::LocalServer;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Long enough that a search for it in any output means something.
pub(crate) const KEY: &str = "eng_live_0123456789abcdef";

pub(crate) struct Home {
    pub(crate) folder: TempDir,
    pub(crate) base_url: String,
    /// `None` where it is another server's.
    pub(crate) server: Option<LocalServer>,
    pub(crate) runtime: Runtime,
}

#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(LocalServer::builder().api_key(KEY).start()).unwrap();
        let base_url = server.base_url().to_owned();
        Self { folder: TempDir::new().unwrap(), base_url, server: Some(server), runtime }
    }

    pub(crate) fn server(&self) -> &LocalServer {
        self.server.as_ref().unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program with neither a key nor a server.
    pub(crate) fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lumetra-engram"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.folder.path()).env("XDG_CONFIG_HOME", self.path("config"));
        command.env("PATH", "").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(windows)]
        command.env("SystemRoot", std::env::var_os("SystemRoot").unwrap()).env("APPDATA", self.path("config"));
        command
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.env("ENGRAM_API_KEY", KEY).env("ENGRAM_BASE_URL", &self.base_url);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments).output().unwrap())
    }

    /// Runs it to success, and returns what it prints.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
        ended.stdout
    }

    pub(crate) fn data(&self, arguments: &[&str]) -> Value {
        let envelope = json(&self.ok(&[arguments, &["--json"]].concat()));
        assert_eq!(envelope["ok"], true, "{envelope}");
        envelope["data"].clone()
    }

    /// All facts of a bucket, sorted.
    pub(crate) fn facts(&self, bucket: &str) -> Vec<String> {
        let data = self.data(&["list", "--all", "--bucket", bucket]);
        let contents = data["memories"].as_array().unwrap().iter();
        let mut contents: Vec<String> = contents.map(|fact| fact["content"].as_str().unwrap().to_owned()).collect();
        contents.sort();
        contents
    }
}

/// One line of JSON and nothing else.
pub(crate) fn json(text: &str) -> Value {
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(text).unwrap()
}

pub(crate) fn ended(output: Output) -> Ended {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let ended =
        Ended { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) };
    assert!(!ended.stdout.contains(KEY) && !ended.stderr.contains(KEY), "it shows the key: {ended:?}");
    ended
}

/// Runs a command with this on its standard input stream.
pub(crate) fn with_input(mut command: Command, input: &str) -> Ended {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    ended(child.wait_with_output().unwrap())
}
