//! The log, on the standard error stream. The server never waits for it: a thread writes the lines, and what cannot be written, or finds
//! no room while the reader is slow, is dropped.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

const DEFAULT_FILTER: &str = "info";
const MOST_LINES_WAITING: usize = 4096;
/// How long the end of the program waits for the last lines.
const LONGEST_FINISH: Duration = Duration::from_secs(1);

enum Entry {
    Line(Vec<u8>),
    /// Tells that all lines before it are written.
    Finish(Sender<()>),
}

/// Takes the lines of the log.
#[derive(Clone)]
pub(super) struct Log(SyncSender<Entry>);

impl Log {
    /// Sets up the log. What RUST_LOG has that cannot be read is an error; the log then says as much as it does by default.
    pub(super) fn start() -> (Self, Result<(), String>) {
        let (entries, waiting) = sync_channel(MOST_LINES_WAITING);
        // Without the thread every line is dropped.
        let _ = thread::Builder::new().name("engram-log".to_owned()).spawn(move || write(&waiting));
        let log = Self(entries);
        let (filter, outcome) = match std::env::var(EnvFilter::DEFAULT_ENV) {
            Ok(text) => match EnvFilter::try_new(&text) {
                Ok(filter) => (filter, Ok(())),
                Err(error) => (EnvFilter::new(DEFAULT_FILTER), Err(format!("RUST_LOG cannot be read: {error}"))),
            },
            Err(_) => (EnvFilter::new(DEFAULT_FILTER), Ok(())),
        };
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(move || writer.clone())
            .with_ansi(io::stderr().is_terminal())
            .log_internal_errors(false)
            .init();
        (log, outcome)
    }

    /// Waits for the last lines, but not for a reader that does not read.
    pub(super) fn finish(self) {
        let (done, finished) = channel();
        if self.0.try_send(Entry::Finish(done)).is_ok() {
            let _ = finished.recv_timeout(LONGEST_FINISH);
        }
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.0.try_send(Entry::Line(line.to_vec()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(waiting: &Receiver<Entry>) {
    for entry in waiting {
        match entry {
            Entry::Line(line) => drop(io::stderr().write_all(&line)),
            Entry::Finish(done) => drop(done.send(())),
        }
    }
}
