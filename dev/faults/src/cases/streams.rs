//! Streamed answers.

use super::common::*;

const EVENTS: &str = "text/event-stream";
const FINAL: &str = r#"{"answer":"ab","memories_found":1}"#;
const DONE: &str = "[DONE]";
const CUT_SHORT: &str = "without its final frame";
/// How often a server says that it is still there.
const PING: Duration = Duration::from_millis(100);
/// The timeout of streams that are never silent: longer than a busy machine makes them wait for a ping.
const SILENCE: Duration = Duration::from_secs(4);

pub(super) fn cases() -> Vec<Case> {
    [transfers(), formats(), frames(), errors(), endings(), limits()].concat()
}

fn stream(name: &'static str, answer: Answer, expected: impl Into<Expected>) -> Case {
    case(name, QueryStream, answer, expected)
}

/// The deltas `a` and `b`, and then these frames.
fn framed(name: &'static str, frames: &[&str], expected: impl Into<Expected>) -> Case {
    stream(name, after_deltas(frames), expected)
}

fn ab() -> Expected {
    streams(&["a", "b"], "ab")
}

fn cut(deltas: &[&str]) -> Expected {
    breaks_off(deltas, failure(CUT_SHORT))
}

/// Fails after the deltas `a` and `b`.
fn broken(says: &'static str) -> Expected {
    breaks_off(&["a", "b"], failure(says))
}

fn stalled(deltas: &[&str]) -> Expected {
    breaks_off(deltas, timeout("no data arrived for"))
}

fn failure(says: &'static str) -> Failure {
    Failure::new("Stream", says)
}

/// The deltas `a` and `b`, and then these frames.
fn after_deltas(frames: &[&str]) -> Answer {
    Answer::sse([delta("a"), delta("b")].iter().map(String::as_str).chain(frames.iter().copied()))
}

/// The whole stream as one text.
fn whole() -> String {
    [delta("a"), delta("b"), FINAL.to_owned(), DONE.to_owned()].iter().map(|frame| block(frame)).collect()
}

/// A stream of this text, which says how long it is.
fn text(text: impl AsRef<[u8]>) -> Answer {
    Answer::text(200, EVENTS, text)
}

/// The beginning of a stream: the deltas `a` and `b`.
fn begun() -> Answer {
    Answer::open(EVENTS).piece(block(&delta("a"))).piece(block(&delta("b")))
}

/// How the bytes come.
fn transfers() -> Vec<Case> {
    let wide =
        [block(&delta("日本")), block(&delta("語🧠")), block(DONE)].concat().replace(DONE, r#"{"memories_found":0}"#);
    vec![
        framed("comes frame by frame", &[FINAL, DONE], ab()),
        stream("comes in one piece", text(whole()), ab()),
        stream(
            "comes one byte a packet",
            Answer::raw(format!("HTTP/1.1 200 OK\r\ncontent-type: {EVENTS}\r\n\r\n"))
                .drip(whole(), Duration::ZERO)
                .close(),
            ab(),
        ),
        stream(
            "comes one byte a chunk, split inside code points",
            Answer::open(EVENTS).drip_chunks(wide, Duration::ZERO).then("0\r\n\r\n"),
            streams(&["日本", "語🧠"], "日本語🧠"),
        ),
        stream("comes without an end of the chunks, but whole", begun().piece(block(FINAL)).close(), ab()),
        stream("stays open after the final frame", begun().piece(block(FINAL)).stall(), ab()),
        stream("stays open after [DONE]", begun().piece(block(FINAL) + &block(DONE)).stall(), ab()),
        stream("stalls in mid-stream", begun().stall(), stalled(&["a", "b"])).times_out_after(SHORT),
        stream("stalls before the first frame", Answer::open(EVENTS).stall(), stalled(&[])).times_out_after(SHORT),
        stream("stalls inside a frame", begun().piece("data: {\"ans").stall(), stalled(&["a", "b"]))
            .times_out_after(SHORT),
        stream("closes in mid-stream", begun().close(), broken("the connection broke")),
        // The pauses let the client read what the reset would take away.
        stream(
            "resets in mid-stream",
            begun().repeat(chunk(b": ping\n\n"), 4, PING).reset(),
            broken("the connection broke"),
        ),
        stream("breaks a chunk", begun().then("zz\r\nnonsense\r\n"), broken("the connection broke")),
        stream(
            "keeps alive for ever with comments",
            begun().repeat(chunk(b": ping\n\n"), 600, PING),
            Expected::StaysOpen,
        )
        .timeout(SILENCE),
        stream(
            "keeps alive for longer than the timeout, and ends well",
            begun().repeat(chunk(b": ping\n\n"), 50, PING).then(chunk(block(FINAL).as_bytes())).end(),
            ab(),
        )
        .timeout(SILENCE),
    ]
}

/// How the events are written.
fn formats() -> Vec<Case> {
    let rewritten = |from: &str, to: &str| text(whole().replace(from, to));
    let lines = format!("{}data: {{\"answer\":\ndata: \"ab\"}}\n\n", block(&delta("a")) + &block(&delta("b")));
    vec![
        stream("has LF line ends", text(whole()), ab()),
        stream("has CR line ends", rewritten("\n", "\r"), ab()),
        stream("has CRLF line ends", rewritten("\n", "\r\n"), ab()),
        stream(
            "has CRLF line ends that are split",
            whole()
                .split('\n')
                .fold(Answer::open(EVENTS), |answer, line| answer.piece(format!("{line}\r")).piece("\n"))
                .end(),
            ab(),
        ),
        stream("begins with a BOM", text(format!("\u{feff}{}", whole())), ab()),
        stream("has no space after `data:`", rewritten("data: ", "data:"), ab()),
        stream("has comments", rewritten("data: ", ": a comment\ndata: "), ab()),
        stream("has `event`, `id` and `retry` lines", rewritten("data: ", "event: x\nid: 1\nretry: 5\ndata: "), ab()),
        stream("has a frame of several lines", text(lines), ab()),
        stream("has empty lines between frames", rewritten("\n\n", "\n\n\n\n"), ab()),
        stream("calls itself text/plain", Answer::text(200, "text/plain", whole()), ab()),
        stream("calls itself nothing", Answer::raw(format!("HTTP/1.1 200 OK\r\n\r\n{}", whole())).close(), ab()),
        stream("is one JSON answer in place of a stream", ok(FINAL), streams(&[], "ab")),
        stream("is a JSON error in place of a stream", ok(r#"{"error":"boom"}"#), breaks_off(&[], failure("boom"))),
        stream(
            "is the login page of a gateway",
            Answer::text(200, "text/html", "<html>Please log in</html>"),
            cut(&[]),
        ),
        stream("is empty", text(""), cut(&[])),
        stream("is 204", Answer::empty(204), cut(&[])),
    ]
}

/// What the frames say.
fn frames() -> Vec<Case> {
    vec![
        framed("has empty deltas", &[&delta(""), FINAL], ab()),
        framed("has a delta of `null`", &[r#"{"choices":[{"delta":{"content":null}}]}"#, FINAL], ab()),
        framed("has a choice without a delta", &[r#"{"choices":[{"finish_reason":"stop"}]}"#, FINAL], ab()),
        framed("has a delta that is `null`", &[r#"{"choices":[{"delta":null}]}"#, FINAL], ab()),
        framed("has unknown frames", &[r#"{"status":"retrieving"}"#, FINAL], ab()),
        framed("has a final frame without the answer", &[r#"{"memories_found":1}"#, DONE], ab()),
        framed("has a final frame with an empty answer", &[r#"{"answer":"","usage":{}}"#, DONE], ab()),
        framed(
            "has a final frame with a field `type`",
            &[r#"{"answer":"ab","type":"delta","content":"x"}"#, DONE],
            ab(),
        ),
        framed("has two final frames", &[FINAL, r#"{"answer":"another"}"#, DONE], ab()),
        framed("has frames after [DONE]", &[FINAL, DONE, &delta("c"), r#"{"error":"late"}"#], ab()),
        stream("has bytes that are no frame after [DONE]", text(whole() + "garbage\0\n"), ab()),
        framed("has a frame that is no JSON", &["nonsense", FINAL], broken("malformed")),
        framed("has a frame that is cut", &[r#"{"choices":[{"delta":{"content":"c"#, FINAL], broken("malformed")),
        framed(
            "has a delta that is a number",
            &[r#"{"choices":[{"delta":{"content":5}}]}"#, FINAL],
            broken("malformed"),
        ),
        framed("has a final frame of the wrong shape", &[r#"{"answer":["ab"]}"#], broken("malformed")),
        framed("has a frame nested 100,000 deep", &[&"[".repeat(100_000), FINAL], broken("malformed")),
        stream(
            "has a delta that is no UTF-8",
            text(
                [
                    block(&delta("a")).as_bytes(),
                    b"data: {\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}\n\n",
                    block(FINAL).as_bytes(),
                ]
                .concat(),
            ),
            breaks_off(&["a"], failure("")),
        ),
    ]
}

/// Errors inside the stream.
fn errors() -> Vec<Case> {
    let first =
        |name, frame: &str, says| stream(name, Answer::sse([frame, FINAL, DONE]), breaks_off(&[], failure(says)));
    let late = |name, frame: &str, says| stream(name, after_deltas(&[frame, DONE]), broken(says));
    vec![
        first("begins with an error", r#"{"error":"boom"}"#, "the server reported: boom"),
        late("has an error after deltas", r#"{"error":"boom"}"#, "the server reported: boom"),
        late(
            "has an error that is an object",
            r#"{"error":{"message":"no model","code":"BYOK_REQUIRED"}}"#,
            "the server reported: no model",
        ),
        late(
            "has an error that is `null`, and nothing else",
            r#"{"error":null}"#,
            "the server reported: an error without a message",
        ),
        late(
            "has an error that is an empty text",
            r#"{"error":""}"#,
            "the server reported: an error without a message",
        ),
        late("has an error that is a number", r#"{"error":500}"#, "the server reported: an error without a message"),
        late("has an error beside an answer", r#"{"error":"boom","answer":"ab"}"#, "the server reported: boom"),
        late(
            "has an error that echoes the key",
            &json!({ "error": format!("key {}", KEY) }).to_string(),
            "the server reported: key ",
        ),
        stream("has an error that no blank line ends", begun().piece("data: {\"error\":\"boom\"}").end(), broken("")),
        framed("has an error of `null` beside an answer", &[r#"{"answer":"ab","error":null}"#], ab()),
    ]
}

/// How the stream ends.
fn endings() -> Vec<Case> {
    vec![
        framed("ends without a final frame", &[], cut(&["a", "b"])),
        framed("has [DONE] and no final frame", &[DONE], cut(&["a", "b"])),
        framed("has [DONE] before the final frame", &[DONE, FINAL], cut(&["a", "b"])),
        stream("is nothing but [DONE]", Answer::sse([DONE]), cut(&[])),
        framed("has a final frame and no [DONE]", &[FINAL], ab()),
        stream(
            "has a final frame that no blank line ends",
            text([block(&delta("a")), block(&delta("b")), format!("data: {FINAL}")].concat()),
            cut(&["a", "b"]),
        ),
        stream(
            "has a final frame that half a blank line ends",
            text([block(&delta("a")), block(&delta("b")), format!("data: {FINAL}\n")].concat()),
            cut(&["a", "b"]),
        ),
        stream("is cut in the final frame", begun().piece(&format!("data: {FINAL}")[..20]).end(), cut(&["a", "b"])),
    ]
}

/// How large it is.
fn limits() -> Vec<Case> {
    let large = |bytes: usize| {
        let memory = format!(r#"{{"memory_id":"m","content":"{}"}}"#, "c".repeat(bytes));
        format!(r#"{{"answer":"ab","explanation":{{"retrieved_memories":[{memory}]}}}}"#)
    };
    let names_the_limit = || failure("1048576 bytes, the limit set with `max_response_bytes`");
    let endless = |piece: &[u8], times| Answer::open(EVENTS).repeat(chunk(piece), times, Duration::ZERO).close();
    vec![
        framed("has a frame of 100 KiB", &[&large(100 << 10), DONE], ab()),
        framed("has a frame of 32 MiB", &[&large(32 * MIB), DONE], ab()).large(),
        framed(
            "has a frame of more than the limit",
            &[&large(2 * MIB), DONE],
            breaks_off(&["a", "b"], names_the_limit()),
        )
        .limit(MIB),
        stream("has a line without end", endless(&vec![b'x'; MIB], 64), breaks_off(&[], names_the_limit())).limit(MIB),
        stream(
            "has a frame of lines without end",
            endless(&b"data: x\n".repeat(1 << 16), 64),
            breaks_off(&[], names_the_limit()),
        )
        .limit(MIB),
        stream(
            "has comments of more than the limit, each small",
            {
                let comments = ": ping\n\n".repeat(MIB / 4);
                Answer::open(EVENTS).piece(comments).then_answer(Answer::raw(chunk(whole().as_bytes()))).end()
            },
            ab(),
        )
        .limit(MIB),
        stream(
            "has deltas that add up to more than the limit",
            endless(block(&delta(&"y".repeat(64 << 10))).as_bytes(), 64),
            Expected::BreaksOff { deltas: vec!["y".repeat(64 << 10); 16], failure: names_the_limit() },
        )
        .limit(MIB),
        stream("429 without a retry, for a stream", Answer::json(429, &json!({ "error": "busy" })), api(429, "busy"))
            .retries(0),
    ]
}
