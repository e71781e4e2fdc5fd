//! The head of the answer.

use super::common::*;

pub(super) fn cases() -> Vec<Case> {
    let garbage = |name, head: &str| store(name, Answer::raw(head).close(), transport(UNKNOWN));
    let length = STORED.len();
    let chunked = format!("{length:x}\r\n{STORED}\r\n0\r\n\r\n");
    vec![
        store("stalls in the status line", Answer::raw("HTTP/1.1 20").stall(), timeout(UNKNOWN)).times_out_after(SHORT),
        store("stalls in the headers", Answer::raw("HTTP/1.1 200 OK\r\ncontent-").stall(), timeout(UNKNOWN))
            .times_out_after(SHORT),
        store(
            "drips headers for ever",
            Answer::raw("HTTP/1.1 200 OK\r\n").repeat("x: y\r\n", 90, SHORT / 20).stall(),
            timeout(UNKNOWN),
        )
        .times_out_after(SHORT),
        garbage("closes in the status line", "HTTP/1.1 20").requests(SENT_AGAIN),
        garbage("closes in the headers", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n").requests(SENT_AGAIN),
        garbage("sends garbage", "\0\u{1}\u{2} this is no HTTP \u{fffd}\r\n\r\n"),
        garbage("sends a body without a head", "{\"id\":\"m1\"}\n\r\n\r\n"),
        garbage("speaks an unknown version", "HTTP/3.7 200 OK\r\ncontent-length: 0\r\n\r\n"),
        garbage("has a status that is no number", "HTTP/1.1 2x0 OK\r\ncontent-length: 0\r\n\r\n"),
        garbage("has a status of four digits", "HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n"),
        garbage("has a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\ncontent-length: 0\r\n\r\n"),
        store(
            "has a header of 1 MiB",
            Answer::raw(format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 2\r\n\r\n{{}}", "y".repeat(1 << 20))),
            transport(UNKNOWN),
        ),
        store(
            "has 10,000 headers",
            Answer::raw(format!("HTTP/1.1 200 OK\r\n{}content-length: 2\r\n\r\n{{}}", "x: y\r\n".repeat(10_000))),
            transport(UNKNOWN),
        ),
        store("has a negative Content-Length", with_head("content-length: -5\r\n", STORED), transport(UNKNOWN)),
        store(
            "has two Content-Lengths that differ",
            with_head(&format!("content-length: 3\r\ncontent-length: {length}\r\n"), STORED),
            transport(UNKNOWN),
        ),
        store(
            // RFC 9112, section 6.3: the chunks count.
            "is chunked and has a Content-Length",
            with_head("content-length: 3\r\ntransfer-encoding: chunked\r\n", &chunked),
            stored(),
        ),
        store("sends 100 first", Answer::raw("HTTP/1.1 100 Continue\r\n\r\n").then_answer(stored_answer()), stored()),
        store(
            "sends 103 first",
            Answer::raw("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n").then_answer(stored_answer()),
            stored(),
        ),
        store(
            "sends 102 for ever",
            Answer::silence().repeat("HTTP/1.1 102 Processing\r\n\r\n", 100, SHORT / 20).stall(),
            timeout(UNKNOWN),
        )
        .times_out_after(SHORT),
        store(
            "switches protocols unasked",
            Answer::raw("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n").stall(),
            api(101, "Switching Protocols"),
        )
        .timeout(SHORT),
        store(
            "answers in HTTP/1.0, without a length",
            Answer::raw(format!("HTTP/1.0 200 OK\r\n\r\n{STORED}")).close(),
            stored(),
        ),
    ]
}
