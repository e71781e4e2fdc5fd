//! How the body of the answer comes.

use super::common::*;

/// How much a body without end comes to.
const MOST_MIB: usize = 64;
const NAMES_THE_LIMIT: &str = "1048576 bytes, the limit set with `max_response_bytes`";

pub(super) fn cases() -> Vec<Case> {
    let chunked = |body: &str| with_head("transfer-encoding: chunked\r\n", body);
    let length = STORED.len();
    vec![
        store(
            "stops short of its Content-Length",
            with_head("content-length: 999\r\n", STORED).close(),
            decode(ACCEPTED),
        ),
        store(
            "resets in the body",
            // The pauses let the client read the head before the reset takes it away.
            with_head("content-length: 999\r\n", "{").repeat(" ", 4, SHORT / 20).reset(),
            decode(ACCEPTED),
        ),
        store(
            "stalls in the body",
            with_head("content-length: 999\r\n", STORED).stall(),
            timeout(ACCEPTED).status(200),
        )
        .times_out_after(SHORT),
        store(
            "drips the body for longer than the timeout",
            with_head("content-length: 999\r\n", "").repeat("x", 100, SHORT / 20).stall(),
            timeout(ACCEPTED).status(200),
        )
        .times_out_after(SHORT),
        store("has a chunk without a size", chunked("zz\r\n{}\r\n0\r\n\r\n"), decode("it broke off")),
        store("has a chunk of more than its size", chunked("2\r\n{\"id\":1}\r\n0\r\n\r\n"), decode("it broke off")),
        store(
            "has a chunk of 2^64 bytes",
            chunked("ffffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
            decode("it broke off"),
        ),
        store(
            "closes in a chunk",
            chunked("ff\r\n{\"id\":\"m1\"").close(),
            decode(ACCEPTED),
        ),
        store(
            "closes before the last chunk",
            chunked(&format!("{length:x}\r\n{STORED}\r\n")).close(),
            decode(ACCEPTED),
        ),
        store("ends its body by closing", with_head("", STORED).close(), stored()),
        store("has a body without end", Answer::open("application/json").repeat(chunk_of(MIB), MOST_MIB, Duration::ZERO).close(), decode(NAMES_THE_LIMIT))
            .limit(MIB),
        store(
            "has a body of more than the limit",
            with_head(&format!("content-length: {}\r\n", 8 * MIB), "").repeat(vec![b' '; MIB], 8, Duration::ZERO),
            decode(NAMES_THE_LIMIT),
        )
        .limit(MIB),
        store(
            "has a body of 32 MiB within the limit",
            ok(format!("{{\"id\":\"m1\",\"note\":\"{}\"}}", "n".repeat(32 * MIB))),
            stored(),
        )
        .large(),
        store(
            "sends bytes after the body",
            Answer::raw(format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{STORED}HTTP/1.1 500 X\r\n\r\n"
            )),
            stored(),
        ),
        store(
            "sends bytes after the body, before the next call",
            Answer::raw(format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{STORED}garbage\r\n\r\n"
            )),
            stored(),
        )
        .first(StoreMemory),
        case(
            "sends 204 with a body",
            DeleteMemory("m1"),
            Answer::raw("HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n{}"),
            nothing(),
        )
        .first(DeleteMemory("m0")),
        store("compresses the body unasked", compressed(), decode(ACCEPTED)),
        case(
            "breaks off the answer of a delete, which says nothing",
            DeleteMemory("m1"),
            with_head("content-length: 999\r\n", "{").close(),
            nothing(),
        ),
        case(
            "breaks off the list of the memories",
            ListMemories,
            with_head("content-length: 999\r\n", r#"{"memories":[{"id":"m1","content":"c"}]}"#).close(),
            decode("it broke off"),
        ),
        case(
            "closes in a list that JSON could end there",
            ListBuckets,
            with_head("content-length: 999\r\n", "[]").close(),
            decode("it broke off"),
        ),
        case("sends an answer in chunks of a byte", ListBuckets, in_bytes("[]"), returns(json!([]))),
    ]
}

fn chunk_of(bytes: usize) -> Vec<u8> {
    chunk(&vec![b' '; bytes])
}

fn in_bytes(body: &str) -> Answer {
    Answer::open("application/json").drip_chunks(body, Duration::ZERO).then("0\r\n\r\n")
}

/// `{"id":"m1"}`, by gzip without compression.
fn compressed() -> Answer {
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 11, 0, 0xf4, 0xff];
    let body = [&head[..], br#"{"id":"m1"}"#, &[0xca, 0xb5, 0x6c, 0x7a, 11, 0, 0, 0]].concat();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    Answer::raw([head.as_bytes(), &body].concat())
}
