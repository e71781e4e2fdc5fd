//! Why a command failed, and the exit code for it.

use std::fmt;
use std::io;
use std::process::ExitCode;

use lumetra_engram::EngramError;

#[derive(Debug)]
pub(crate) enum Failure {
    Engram(EngramError),
    Io(io::Error),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::FAILURE
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engram(error) => error.fmt(formatter),
            Self::Io(error) => error.fmt(formatter),
        }
    }
}

impl From<EngramError> for Failure {
    fn from(error: EngramError) -> Self {
        Self::Engram(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
