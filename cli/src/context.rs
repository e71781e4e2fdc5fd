//! What every command is given, and how it waits.

use std::future::Future;

use lumetra_engram::{Effect, EngramClient};
use tokio::runtime::{Builder, Runtime};

use crate::connection::Connection;
use crate::failure::Failure;
use crate::interrupts::{self, Signal, Signals};
use crate::output::Output;
use crate::terminal::Terminal;

#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) connection: Connection,
    pub(crate) output: Output,
    pub(crate) terminal: Terminal,
}

impl Context {
    pub(crate) fn client(&self) -> Result<EngramClient, Failure> {
        self.connection.client()
    }

    /// Waits for what changes nothing on the server, or for Ctrl-C or SIGTERM.
    pub(crate) fn read<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        until_stopped(work, |failure| failure.effect(Effect::None)).map_err(Failure::of_read)
    }

    /// Waits for what changes something on the server, or for Ctrl-C or SIGTERM.
    pub(crate) fn write<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        until_stopped(work, |failure| failure.and("it may have taken effect").effect(Effect::Unknown))
    }

    /// Waits for what looks after signals itself.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let runtime = runtime()?;
        let outcome = runtime.block_on(work);
        shut_down(runtime);
        Ok(outcome)
    }
}

fn until_stopped<T>(
    work: impl Future<Output = Result<T, Failure>>,
    stopped: impl FnOnce(Failure) -> Failure,
) -> Result<T, Failure> {
    let runtime = runtime()?;
    interrupts::end_at_second()?;
    let outcome = runtime.block_on(async {
        let mut signals = Signals::listen()?;
        tokio::select! {
            biased;
            signal = signals.next() => Err(stopped(by(signal))),
            outcome = work => outcome,
        }
    });
    shut_down(runtime);
    outcome
}

/// At once. To drop it would be to wait for the look-up of a host's name, or for standard input.
fn shut_down(runtime: Runtime) {
    runtime.shutdown_background();
}

fn by(signal: Signal) -> Failure {
    Failure::new(signal.kind(), signal.kind().name())
}

fn runtime() -> Result<Runtime, Failure> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}
