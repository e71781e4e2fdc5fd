//! What is logged, in a process of its own where every thread has somebody who listens: where a span is first met by a thread that nobody
//! listens to, `tracing` may take it that nobody ever does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[macro_use]
#[path = "../it/support/mod.rs"]
mod support;

// Some of its cases speak TLS.
#[cfg(feature = "rustls")]
mod faults;
mod trace;

use std::io::Write;
use std::sync::{Mutex, Once};

use tracing_subscriber::filter::LevelFilter;

/// What is logged in this process, by every crate, at the most verbose level.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Has everything logged from now on. Every test begins with it.
fn listen() {
    static EVERYWHERE: Once = Once::new();
    let verbose = || tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
    EVERYWHERE.call_once(|| verbose().with_writer(|| LogWriter).init());
}
