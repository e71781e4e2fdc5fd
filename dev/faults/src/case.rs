//! A case: what a server does, and what a client must make of it.

use std::ops::Range;
use std::time::Duration;

use serde_json::Value;

use crate::answer::Answer;
use crate::call::Call;
use crate::stage::Scene;

/// The time that a case may take which waits for nothing. Far more than it needs: it bounds a client that hangs.
const LONGEST: Duration = Duration::from_secs(20);
const A_MINUTE: Duration = Duration::from_secs(60);
/// What a busy machine may add to a wait.
const SLACK: Duration = Duration::from_secs(5);

/// The settings of the client.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// For connecting.
    pub connect_timeout: Duration,
    /// For an answer, and for the silence of a stream.
    pub timeout: Duration,
    /// How often a request that got 429 is sent again.
    pub max_retries_on_429: u32,
    /// The longest wait before that; the default where it is `None`.
    pub max_retry_delay: Option<Duration>,
    /// The largest answer; the default where it is `None`.
    pub max_response_bytes: Option<usize>,
    /// Speaks TLS, which the server does not.
    pub https: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: LONGEST,
            timeout: LONGEST,
            max_retries_on_429: 3,
            max_retry_delay: None,
            max_response_bytes: None,
            https: false,
        }
    }
}

/// What must come of a case.
#[derive(Clone, Debug)]
pub enum Expected {
    /// The call succeeds, with at least these fields.
    Returns(Value),
    /// The call fails.
    Fails(Failure),
    /// A stream has these deltas and then the whole answer.
    Streams {
        /// The deltas.
        deltas: Vec<String>,
        /// The answer of the last event.
        answer: String,
    },
    /// A stream has these deltas and then fails.
    BreaksOff {
        /// The deltas.
        deltas: Vec<String>,
        /// How it fails.
        failure: Failure,
    },
    /// A stream neither ends nor fails for as long as it is read. The connection is closed once it is dropped.
    StaysOpen,
}

/// How a call fails.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The variant of `EngramError`.
    pub variant: &'static str,
    /// The status of the answer, where there was one.
    pub status: Option<u16>,
    /// The code in its body; `None` where it is not looked at.
    pub code: Option<&'static str>,
    /// How often the request was sent; `None` where it is not looked at.
    pub attempts: Option<u32>,
    /// What the one line of the error must hold.
    pub says: &'static str,
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is about.
    pub group: &'static str,
    /// What the server does.
    pub name: &'static str,
    /// What the client is asked to do.
    pub call: Call,
    /// A call before that, which must succeed.
    pub first: Option<Call>,
    /// What is at the other end.
    pub scene: Scene,
    /// The settings of the client.
    pub settings: Settings,
    /// What must come of it.
    pub expected: Expected,
    /// How many requests the server must see; `None` where the server cannot count them.
    pub requests: Option<usize>,
    /// How long the call must and may take.
    pub takes: Range<Duration>,
    /// Why no client but ours is asked: it has no such setting or call.
    pub only_ours: Option<&'static str>,
}

impl Case {
    pub(crate) fn new(name: &'static str, call: Call, scene: Scene, expected: impl Into<Expected>) -> Self {
        let requests = matches!(scene, Scene::Played { greeting: None, .. }).then_some(1);
        let settings = Settings::default();
        let takes = Duration::ZERO..LONGEST;
        let (group, first, expected, only_ours) = ("", None, expected.into(), None);
        Self { group, name, call, first, scene, settings, expected, requests, takes, only_ours }
    }

    /// Whether it spends its time with waiting.
    pub(crate) fn waits(&self) -> bool {
        self.takes.start > Duration::ZERO || self.settings.timeout < LONGEST
    }

    pub(crate) fn then(mut self, answer: Answer) -> Self {
        if let Scene::Played { answers, .. } = &mut self.scene {
            answers.push(answer);
        }
        self
    }

    pub(crate) fn first(self, call: Call) -> Self {
        Self { first: Some(call), ..self }.requests(2)
    }

    pub(crate) fn requests(self, number: usize) -> Self {
        Self { requests: Some(number), ..self }
    }

    /// The client's timeout of an answer, and that the call takes so long.
    pub(crate) fn times_out_after(self, timeout: Duration) -> Self {
        self.timeout(timeout).takes(timeout..timeout)
    }

    /// The client's timeout of connecting, and that the call takes so long.
    pub(crate) fn does_not_connect_for(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self.takes(timeout..timeout)
    }

    /// The client's timeout of an answer.
    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How long the call takes on a machine that does nothing else.
    pub(crate) fn takes(self, time: Range<Duration>) -> Self {
        Self { takes: time.start..time.end + SLACK, ..self }
    }

    /// Much to do for a client that is not optimised.
    pub(crate) fn large(self) -> Self {
        self.timeout(A_MINUTE).takes(Duration::ZERO..A_MINUTE)
    }

    pub(crate) fn retries(mut self, number: u32) -> Self {
        self.settings.max_retries_on_429 = number;
        self
    }

    pub(crate) fn longest_wait(mut self, delay: Duration) -> Self {
        self.settings.max_retry_delay = Some(delay);
        self.only_ours("its longest wait, 30 s, cannot be set")
    }

    pub(crate) fn only_ours(self, reason: &'static str) -> Self {
        Self { only_ours: Some(reason), ..self }
    }

    pub(crate) fn limit(mut self, bytes: usize) -> Self {
        self.settings.max_response_bytes = Some(bytes);
        self
    }

    pub(crate) fn https(mut self) -> Self {
        self.settings.https = true;
        Self { requests: None, ..self }
    }
}

impl Failure {
    pub(crate) fn new(variant: &'static str, says: &'static str) -> Self {
        Self { variant, status: None, code: None, attempts: None, says }
    }

    pub(crate) fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    pub(crate) fn code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(crate) fn attempts(self, attempts: u32) -> Self {
        Self { attempts: Some(attempts), ..self }
    }
}

impl From<Failure> for Expected {
    fn from(failure: Failure) -> Self {
        Self::Fails(failure)
    }
}

/// A case of one answer.
pub(crate) fn case(name: &'static str, call: Call, answer: Answer, expected: impl Into<Expected>) -> Case {
    Case::new(name, call, Scene::Played { greeting: None, answers: vec![answer] }, expected)
}

/// The server accepted the call, and its answer cannot be used.
pub(crate) fn decode(says: &'static str) -> Failure {
    Failure::new("Decode", says).status(200)
}

pub(crate) fn api(status: u16, says: &'static str) -> Failure {
    Failure::new("Api", says).status(status).attempts(1)
}

pub(crate) fn transport(says: &'static str) -> Failure {
    Failure::new("Transport", says)
}

pub(crate) fn timeout(says: &'static str) -> Failure {
    Failure::new("Timeout", says)
}

pub(crate) fn returns(value: Value) -> Expected {
    Expected::Returns(value)
}

pub(crate) fn streams(deltas: &[&str], answer: &str) -> Expected {
    Expected::Streams { deltas: owned(deltas), answer: answer.to_owned() }
}

pub(crate) fn breaks_off(deltas: &[&str], failure: Failure) -> Expected {
    Expected::BreaksOff { deltas: owned(deltas), failure }
}

fn owned(deltas: &[&str]) -> Vec<String> {
    deltas.iter().map(|&delta| delta.to_owned()).collect()
}
