//! What every command is given, and how it waits.

use std::future::Future;

use lumetra_engram::{Effect, EngramClient};
use tokio::runtime::{Builder, Runtime};

use crate::connection::Connection;
use crate::failure::{Failure, Kind};
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

    /// Waits for what changes nothing on the server, or for Ctrl-C.
    pub(crate) fn read<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let interrupted = || Failure::new(Kind::Interrupted, "interrupted").effect(Effect::None);
        until_interrupted(work, interrupted)
    }

    /// Waits for what changes something on the server, or for Ctrl-C.
    pub(crate) fn write<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let interrupted = || {
            Failure::new(Kind::Interrupted, "interrupted; it may have happened all the same").effect(Effect::Unknown)
        };
        until_interrupted(work, interrupted)
    }

    /// Waits for what looks after Ctrl-C itself.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        Ok(runtime()?.block_on(work))
    }
}

fn until_interrupted<T>(
    work: impl Future<Output = Result<T, Failure>>,
    interrupted: impl FnOnce() -> Failure,
) -> Result<T, Failure> {
    runtime()?.block_on(async {
        tokio::select! {
            biased;
            outcome = tokio::signal::ctrl_c() => match outcome {
                Ok(()) => Err(interrupted()),
                Err(error) => Err(error.into()),
            },
            outcome = work => outcome,
        }
    })
}

fn runtime() -> Result<Runtime, Failure> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}
