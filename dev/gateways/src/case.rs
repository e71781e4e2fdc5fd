//! The cases: a gateway, how it is set up, what is called, and what happens meanwhile.

use std::fmt;

use crate::gateway::{Kind, Protocol, Setup};
use crate::load::Calls;

/// What happens during a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Nothing,
    /// The gateway reads its configuration again, three times.
    Reload,
    /// The gateway stops and starts again.
    RestartGateway,
    /// The server stops and starts again.
    RestartServer,
    /// The server is stopped when the burst begins, and starts during it.
    DeadServer,
    /// The server takes longer than the gateway waits, until it starts again during the burst.
    SlowServer,
}

#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) protocol: Protocol,
    pub(crate) name: String,
    pub(crate) setup: Setup,
    pub(crate) calls: Calls,
    pub(crate) number: usize,
    pub(crate) workers: usize,
    pub(crate) event: Event,
    /// The client's `max_retries_on_transient_errors`.
    pub(crate) transient: u32,
    /// The status that every call gets, where none can succeed.
    pub(crate) refusal: Option<u16>,
    pub(crate) server: &'static [&'static str],
}

const ALL_AT_ONCE: usize = 400;

/// All cases, in the order of the table.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in Kind::ALL {
        for protocol in [Protocol::Http2, Protocol::Http1] {
            let case = |name: &str| Case::new(kind, protocol, name);
            cases.extend(retiring(kind, protocol));
            cases.push(case("reloaded in mid-burst").event(Event::Reload).of(1_500));
            cases.push(case("reloaded in mid-stream").event(Event::Reload).streams());
            cases.push(case("restarted in mid-stream").event(Event::RestartGateway).streams().transient(5));
            cases.push(case("restarted in mid-burst").event(Event::RestartGateway).transient(5));
            cases.push(case("server restarted in mid-burst").event(Event::RestartServer).transient(5));
            cases.extend(absent(kind, protocol));
            cases.extend(Limits::of(kind).into_iter().flat_map(|limits| limits.cases(kind, protocol)));
        }
    }
    cases
}

/// Connections that are retired after so many requests, with so many streams each.
fn retiring(kind: Kind, protocol: Protocol) -> Vec<Case> {
    let after: &[Option<usize>] = match (kind, protocol) {
        (Kind::Nginx | Kind::Nghttpx, _) => &[Some(1), Some(10), Some(100), Some(1000)],
        // It counts no requests, and can only close each HTTP/1.1 connection after one.
        (Kind::Haproxy, Protocol::Http1) => &[None, Some(1)],
        (Kind::Haproxy, Protocol::Http2) => &[None],
    };
    let mut cases = Vec::new();
    for requests in after {
        let streams: &[Option<usize>] = match (protocol, requests) {
            (Protocol::Http1, _) => &[None],
            (Protocol::Http2, Some(10)) => &[Some(1), Some(16), Some(128)],
            (Protocol::Http2, Some(1000)) => &[Some(128)],
            (Protocol::Http2, _) => &[Some(1), Some(128)],
        };
        for most in streams {
            let retired =
                requests.map_or("keeps connections".to_owned(), |requests| format!("retires after {requests}"));
            let streams = match most {
                None => String::new(),
                Some(1) => ", 1 stream".to_owned(),
                Some(most) => format!(", {most} streams"),
            };
            let setup = Setup { retire_after: *requests, streams: *most, ..Setup::default() };
            let mut case = Case::new(kind, protocol, &format!("{retired}{streams}")).setup(setup);
            case.number = if *requests == Some(1000) { 2_000 } else { ALL_AT_ONCE };
            case.workers = ALL_AT_ONCE;
            cases.push(case);
        }
    }
    cases
}

/// A server that is dead, or slow, at first.
fn absent(kind: Kind, protocol: Protocol) -> [Case; 2] {
    let case = |name: &str| Case::new(kind, protocol, name);
    let patience = match kind {
        Kind::Nginx => front("proxy_read_timeout 1s;"),
        Kind::Haproxy => Setup { back: "timeout server 1s", ..Setup::default() },
        Kind::Nghttpx => front("backend-read-timeout=1s"),
    };
    [
        case("dead server for a second").event(Event::DeadServer).transient(5),
        case("slow server at first, 504").setup(patience).event(Event::SlowServer).transient(5).queries(),
    ]
}

/// Limits and compression.
struct Limits {
    rate: Setup,
    connections: Setup,
    body: Setup,
    plain: Setup,
    packed: Setup,
}

impl Limits {
    /// nghttpx has none.
    fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Nginx => Some(Self::of_nginx()),
            Kind::Haproxy => Some(Self::of_haproxy()),
            Kind::Nghttpx => None,
        }
    }

    fn of_nginx() -> Self {
        Self {
            rate: Setup {
                front: "limit_req zone=rate burst=50 nodelay; limit_req_status 429;",
                back: "limit_req_zone $binary_remote_addr zone=rate:1m rate=200r/s;",
                ..Setup::default()
            },
            connections: Setup {
                front: "limit_conn few 8;",
                back: "limit_conn_zone $binary_remote_addr zone=few:1m;",
                ..Setup::default()
            },
            body: front("client_max_body_size 64k;"),
            plain: front("proxy_buffering off; gzip off;"),
            packed: front("proxy_buffering on; gzip on; gzip_min_length 0; gzip_types *;"),
        }
    }

    fn of_haproxy() -> Self {
        Self {
            rate: front(
                "stick-table type ip size 1k expire 10s store http_req_rate(1s)\nhttp-request track-sc0 src\n\
                 http-request deny deny_status 429 content-type text/html string \"<html><h1>slow down</h1></html>\" \
                 if { sc_http_req_rate(0) gt 250 }",
            ),
            connections: Setup { back: "default-server maxconn 4\ntimeout queue 1ms", ..Setup::default() },
            body: front(
                "http-request deny deny_status 413 content-type text/html string \"<html><h1>too large</h1></html>\" \
                 if { req.hdr_val(content-length) gt 65536 }",
            ),
            plain: Setup::default(),
            packed: front("compression algo gzip\ncompression type application/json text/event-stream"),
        }
    }

    fn cases(self, kind: Kind, protocol: Protocol) -> [Case; 5] {
        let case = |name: &str, setup| Case::new(kind, protocol, name).setup(setup);
        [
            case("rate limit, 429 as HTML", self.rate),
            case("connection limit, 503 as HTML", self.connections).transient(10),
            case("body limit, 413", self.body).refusal(Calls::LargeStores, 413, 20),
            case("buffering and gzip off, streams", self.plain).streams(),
            case("buffering and gzip on, streams", self.packed).streams(),
        ]
    }
}

fn front(front: &'static str) -> Setup {
    Setup { front, ..Setup::default() }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.kind, self.protocol, self.name)
    }
}

impl Case {
    fn new(kind: Kind, protocol: Protocol, name: &str) -> Self {
        Self {
            kind,
            protocol,
            name: name.to_owned(),
            setup: Setup::default(),
            calls: Calls::Stores,
            number: 600,
            workers: 64,
            event: Event::Nothing,
            transient: 0,
            refusal: None,
            server: &[],
        }
    }

    /// With half as many calls, where these are many and still enough for what happens meanwhile.
    pub(crate) fn shorter(mut self) -> Self {
        let is_enough = self.number < 1_000 || self.event != Event::Nothing;
        if self.calls == Calls::Stores && is_enough {
            self.number /= 2;
        }
        self
    }

    fn setup(mut self, setup: Setup) -> Self {
        self.setup = setup;
        self
    }

    fn of(mut self, number: usize) -> Self {
        self.number = number;
        self
    }

    fn event(mut self, event: Event) -> Self {
        self.event = event;
        self
    }

    fn transient(mut self, retries: u32) -> Self {
        self.transient = retries;
        self
    }

    fn streams(mut self) -> Self {
        (self.calls, self.number, self.workers) = (Calls::Streams, 60, 30);
        self.server = &["--delta-latency", "20ms"];
        self
    }

    fn queries(mut self) -> Self {
        (self.calls, self.number, self.workers) = (Calls::Queries, 60, 30);
        self
    }

    fn refusal(mut self, calls: Calls, status: u16, number: usize) -> Self {
        (self.calls, self.refusal, self.number) = (calls, Some(status), number);
        self
    }
}
