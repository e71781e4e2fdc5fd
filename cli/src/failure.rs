//! Why a command failed, what to do about it, and the exit code for it.

use std::fmt;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use lumetra_engram::{Effect, EngramError};
use serde_json::{Value, json};

/// What a script tells failures apart by. README.md lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The arguments make no sense, or a confirmation is missing.
    Usage,
    /// There is no API key, or the server does not accept it.
    Auth,
    NotFound,
    /// Too many requests, or a server that is overloaded.
    Busy,
    /// No connection, or no response.
    Network,
    /// Some facts are stored, and some are not.
    Partial,
    /// The account has no key of a model provider.
    ModelKey,
    Conflict,
    /// Any other error of the server.
    Server,
    /// A file cannot be read or written.
    File,
    /// `doctor` found a problem.
    Problems,
    /// By Ctrl-C.
    Interrupted,
    /// By SIGTERM.
    Terminated,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Auth => "auth",
            Self::NotFound => "not_found",
            Self::Busy => "busy",
            Self::Network => "network",
            Self::Partial => "partial",
            Self::ModelKey => "model_key",
            Self::Conflict => "conflict",
            Self::Server => "server",
            Self::File => "file",
            Self::Problems => "problems",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Conflict | Self::Server | Self::File | Self::Problems => 1,
            Self::Usage => 2,
            Self::Auth => 3,
            Self::NotFound => 4,
            Self::Busy => 5,
            Self::Network => 6,
            Self::Partial => 7,
            Self::ModelKey => 8,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    fn of(error: &EngramError) -> Self {
        match (error, error.status().map(|status| status.as_u16())) {
            _ if error.is_byok_required() => Self::ModelKey,
            (EngramError::Api(_), Some(401 | 403)) => Self::Auth,
            (EngramError::Api(_), Some(429 | 503)) => Self::Busy,
            _ if error.is_not_found() => Self::NotFound,
            _ if error.is_conflict() => Self::Conflict,
            (EngramError::Config(_) | EngramError::InvalidRequest(_), _) => Self::Usage,
            (EngramError::Timeout(_) | EngramError::Transport(_) | EngramError::Stream(_), _) => Self::Network,
            _ => Self::Server,
        }
    }
}

#[derive(Debug)]
pub(crate) enum Failure {
    Engram(Arc<EngramError>),
    Io(io::Error),
    Told(Box<Told>),
}

/// A failure in words of this program.
#[derive(Debug)]
pub(crate) struct Told {
    kind: Kind,
    message: String,
    hint: Option<String>,
    effect: Option<Effect>,
    status: Option<u16>,
    /// What was done all the same.
    data: Option<Value>,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self::Told(Box::new(Told { kind, message: message.into(), hint: None, effect: None, status: None, data: None }))
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(crate) fn file(doing: &str, path: &std::path::Path, error: &io::Error) -> Self {
        Self::new(Kind::File, format!("cannot {doing} {}: {error}", path.display()))
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        self.with(|told| told.hint = Some(hint.into()))
    }

    /// A failure to print what came of a command that changes something on the server.
    pub(crate) fn after_effect(self) -> Self {
        match self.is_broken_pipe() {
            true => self,
            false => self.and("the output can't be written, but the command took effect").effect(Effect::Done),
        }
    }

    /// Says what it is about.
    pub(crate) fn about(self, what: &str) -> Self {
        self.with(|told| told.message = format!("{what}: {}", told.message))
    }

    /// Says more about it.
    pub(crate) fn and(self, more: &str) -> Self {
        self.with(|told| told.message = format!("{}; {more}", told.message))
    }

    pub(crate) fn effect(self, effect: Effect) -> Self {
        self.with(|told| told.effect = Some(effect))
    }

    /// A failure of what changes nothing on the server, whatever became of it there.
    pub(crate) fn of_read(self) -> Self {
        let Self::Engram(error) = &self else { return self };
        let hint = advice(error, Effect::None);
        self.with(|told| {
            told.effect = Some(Effect::None);
            told.hint = hint;
        })
    }

    pub(crate) fn data(self, data: Value) -> Self {
        self.with(|told| told.data = Some(data))
    }

    /// This failure in words of this program, with a change.
    fn with(self, change: impl FnOnce(&mut Told)) -> Self {
        let mut told = match self {
            Self::Told(told) => told,
            other => Box::new(Told {
                kind: other.kind(),
                message: other.to_string(),
                hint: other.advice(),
                effect: other.what_happened(),
                status: other.status(),
                data: None,
            }),
        };
        change(&mut told);
        Self::Told(told)
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Engram(error) => Kind::of(error),
            Self::Io(_) => Kind::File,
            Self::Told(told) => told.kind,
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind().exit_code())
    }

    /// Whether the program was asked to end.
    pub(crate) fn was_asked_for(&self) -> bool {
        matches!(self.kind(), Kind::Interrupted | Kind::Terminated)
    }

    /// Whether it is only that nobody reads the output any more.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What the user can do.
    pub(crate) fn advice(&self) -> Option<String> {
        match self {
            Self::Engram(error) => advice(error, error.effect()),
            Self::Io(_) => None,
            Self::Told(told) => told.hint.clone(),
        }
    }

    fn what_happened(&self) -> Option<Effect> {
        match self {
            Self::Engram(error) => Some(error.effect()),
            Self::Io(_) => None,
            Self::Told(told) => told.effect,
        }
    }

    fn status(&self) -> Option<u16> {
        match self {
            Self::Engram(error) => error.status().map(|status| status.as_u16()),
            Self::Io(_) => None,
            Self::Told(told) => told.status,
        }
    }

    /// The envelope of `--json`.
    pub(crate) fn envelope(&self) -> Value {
        let effect = self.what_happened().map(|effect| match effect {
            Effect::None => "none",
            Effect::Unknown => "unknown",
            Effect::Done => "done",
        });
        let error = json!({
            "kind": self.kind().name(),
            "message": self.to_string(),
            "status": self.status(),
            "effect": effect,
            "hint": self.advice(),
        });
        match self {
            Self::Told(told) if told.data.is_some() => json!({"ok": false, "error": error, "data": told.data}),
            _ => json!({"ok": false, "error": error}),
        }
    }
}

fn advice(error: &EngramError, effect: Effect) -> Option<String> {
    let advice = match Kind::of(error) {
        Kind::Auth => "`lumetra-engram whoami` shows which key is used, and `lumetra-engram login` saves another one.",
        Kind::NotFound => {
            "`lumetra-engram bucket list` shows the buckets, and `lumetra-engram list` the ids of the memories in one."
        }
        Kind::ModelKey => {
            "With Engram, add a model provider's key at https://lumetra.io/models; a server of your own says above what it needs. \
             `lumetra-engram recall` finds memories without a model."
        }
        Kind::Busy => {
            let wait = error.retry_after().map_or(5, |wait| wait.as_secs().max(1));
            return Some(format!("Try again in {wait} s."));
        }
        _ if effect == Effect::Unknown => {
            "It may have taken effect: check with `lumetra-engram list`. `lumetra-engram doctor` looks for the cause."
        }
        Kind::Network => "`lumetra-engram doctor` looks for the cause.",
        _ => return None,
    };
    Some(advice.to_owned())
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engram(error) => error.fmt(formatter),
            Self::Io(error) => error.fmt(formatter),
            Self::Told(told) => formatter.write_str(&told.message),
        }
    }
}

impl From<EngramError> for Failure {
    fn from(error: EngramError) -> Self {
        Self::Engram(Arc::new(error))
    }
}

impl From<Arc<EngramError>> for Failure {
    fn from(error: Arc<EngramError>) -> Self {
        Self::Engram(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
