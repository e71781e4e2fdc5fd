//! What the server does for one request, step by step.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;

/// Holds an answer back until the test opens it.
#[derive(Clone, Debug)]
pub struct Gate(pub(crate) Arc<Semaphore>);

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets one answer pass.
    pub fn open(&self) {
        self.0.add_permits(1);
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Shared, since some are large.
    Write(Arc<Vec<u8>>),
    /// Each piece in a packet of its own, with a pause after it.
    Drip {
        pieces: Vec<Vec<u8>>,
        pause: Duration,
    },
    Repeat {
        bytes: Arc<Vec<u8>>,
        times: usize,
        pause: Duration,
    },
    Wait(Gate),
    /// What is only known when it is played.
    Now(fn() -> Answer),
    Close,
    Reset,
}

/// What the server does for one request. Without a further step the connection stays open.
#[derive(Clone, Debug)]
pub struct Answer(pub(crate) Vec<Step>);

impl Answer {
    /// These bytes.
    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self(vec![Step::Write(Arc::new(bytes.as_ref().to_vec()))])
    }

    /// Never an answer, but the connection stays open.
    pub fn silence() -> Self {
        Self(Vec::new())
    }

    /// A JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    /// A body with its length.
    pub fn text(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n", body.len());
        Self::raw([head.as_bytes(), body].concat())
    }

    /// No body.
    pub fn empty(status: u16) -> Self {
        let length = if status == 204 { "" } else { "content-length: 0\r\n" };
        Self::raw(format!("HTTP/1.1 {status} X\r\n{length}\r\n"))
    }

    /// The beginning of a chunked answer, for `piece` and `end`. The client sees the pieces apart, whatever TCP makes of
    /// them.
    pub fn open(content_type: &str) -> Self {
        Self::raw(format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n"))
    }

    /// One chunk.
    pub fn piece(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(chunk(bytes.as_ref()))
    }

    /// The last chunk.
    pub fn end(self) -> Self {
        self.then("0\r\n\r\n")
    }

    /// A chunked answer of these pieces.
    pub fn chunked<B: AsRef<[u8]>>(content_type: &str, pieces: impl IntoIterator<Item = B>) -> Self {
        pieces.into_iter().fold(Self::open(content_type), Self::piece).end()
    }

    /// A stream of events, each frame in a piece of its own.
    pub fn sse<F: AsRef<str>>(frames: impl IntoIterator<Item = F>) -> Self {
        Self::chunked("text/event-stream", frames.into_iter().map(|frame| block(frame.as_ref())))
    }

    /// Adds a header to the head, which was written first.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Some(Step::Write(head)) = self.0.first_mut() {
            let head = Arc::make_mut(head);
            let end = head.windows(2).position(|window| window == b"\r\n").expect("a status line") + 2;
            head.splice(end..end, format!("{name}: {value}\r\n").into_bytes());
        }
        self
    }

    /// The same, with another text in place of the placeholder, where that is written.
    pub(crate) fn replacing(&self, placeholder: &str, text: &str) -> Self {
        const LONGEST: usize = 1_000;
        let replace = |step: &Step| match step {
            // Bytes that are no text hold no placeholder, and neither do large bodies.
            Step::Write(bytes) if bytes.len() <= LONGEST => match std::str::from_utf8(bytes) {
                Ok(written) => Step::Write(Arc::new(written.replace(placeholder, text).into_bytes())),
                Err(_) => step.clone(),
            },
            _ => step.clone(),
        };
        Self(self.0.iter().map(replace).collect())
    }

    /// Writes more. What no other step parts is written at once.
    pub fn then(mut self, bytes: impl AsRef<[u8]>) -> Self {
        match self.0.last_mut() {
            Some(Step::Write(before)) => Arc::make_mut(before).extend_from_slice(bytes.as_ref()),
            _ => self.0.push(Step::Write(Arc::new(bytes.as_ref().to_vec()))),
        }
        self
    }

    /// Plays another answer after this one.
    pub fn then_answer(mut self, answer: Self) -> Self {
        self.0.extend(answer.0);
        self
    }

    /// Writes these bytes one by one, each in a packet of its own, with a pause after each.
    pub fn drip(mut self, bytes: impl AsRef<[u8]>, pause: Duration) -> Self {
        self.0.push(Step::Drip { pieces: bytes.as_ref().iter().map(|byte| vec![*byte]).collect(), pause });
        self
    }

    /// The same, each byte in a chunk of its own.
    pub fn drip_chunks(mut self, bytes: impl AsRef<[u8]>, pause: Duration) -> Self {
        self.0.push(Step::Drip { pieces: bytes.as_ref().iter().map(|byte| chunk(&[*byte])).collect(), pause });
        self
    }

    /// Writes the same bytes again and again, with a pause after each time.
    pub fn repeat(mut self, bytes: impl AsRef<[u8]>, times: usize, pause: Duration) -> Self {
        self.0.push(Step::Repeat { bytes: Arc::new(bytes.as_ref().to_vec()), times, pause });
        self
    }

    /// Waits until the gate is opened.
    pub fn wait(mut self, gate: &Gate) -> Self {
        self.0.push(Step::Wait(gate.clone()));
        self
    }

    /// Writes nothing more, and keeps the connection open.
    pub fn stall(self) -> Self {
        self.wait(&Gate::new())
    }

    /// This answer, made when it is given.
    pub(crate) fn made_now(make: fn() -> Self) -> Self {
        Self(vec![Step::Now(make)])
    }

    /// The steps, with all that is made now.
    pub(crate) fn steps(self) -> Vec<Step> {
        let steps = self.0.into_iter().map(|step| match step {
            Step::Now(make) => make().0,
            step => vec![step],
        });
        steps.flatten().collect()
    }

    /// Closes the connection.
    pub fn close(mut self) -> Self {
        self.0.push(Step::Close);
        self
    }

    /// Breaks the connection, with a RST.
    pub fn reset(mut self) -> Self {
        self.0.push(Step::Reset);
        self
    }
}

/// The bytes as one chunk of a chunked body.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// One event of a stream.
pub fn block(data: &str) -> String {
    format!("data: {data}\n\n")
}

/// A delta frame.
pub fn delta(content: &str) -> String {
    serde_json::json!({ "choices": [{ "delta": { "content": content } }] }).to_string()
}
