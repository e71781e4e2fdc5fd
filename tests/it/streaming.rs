//! Streamed answers: what the events are, and that no stream that broke off looks like a whole answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use crate::support::{Answer, Gate, Server, answer_for_all, assert_one_short_line, block, delta, on_paused_time};
use futures_core::FusedStream;
use futures_util::StreamExt;
use lumetra_engram::{EngramError, ErrorBody, QueryResult, QueryStreamEvent};
use serde_json::{Value, json};

const EVENTS: &str = "text/event-stream";
const SILENCE: Duration = Duration::from_secs(100);
/// How far the paused clock moves at once.
const STEP: Duration = Duration::from_millis(50);
const FINAL: &str = r#"{"answer":"ab","memories_found":1}"#;

/// What a stream came to: its deltas, and the whole answer or an error in its place.
#[derive(Debug)]
struct Read {
    deltas: Vec<String>,
    end: Result<QueryResult, EngramError>,
}

impl Read {
    /// The answer, after the deltas `a` and `b`.
    fn done(self) -> QueryResult {
        assert_eq!(self.deltas, ["a", "b"]);
        self.end.unwrap()
    }

    fn stream_error(self) -> EngramError {
        let error = self.end.unwrap_err();
        assert!(matches!(error, EngramError::Stream(_)), "{error:?}");
        assert_one_short_line(&error);
        error
    }
}

async fn read_from(server: &Server) -> Read {
    read_with(server, 1 << 20).await
}

async fn read_with(server: &Server, max_response_bytes: usize) -> Read {
    let engram = server.builder().max_response_bytes(max_response_bytes).build().unwrap();
    let mut stream = engram.query_stream("q").await.unwrap();
    let mut deltas = Vec::new();
    let end = loop {
        assert!(!stream.is_terminated());
        match stream.next().await.expect("a stream ends with `Done` or an error, never without a word") {
            Ok(QueryStreamEvent::Delta { content }) => deltas.push(content),
            Ok(QueryStreamEvent::Done(result)) => break Ok(*result),
            Ok(other) => panic!("an unknown event: {other:?}"),
            Err(error) => break Err(error),
        }
    };
    assert!(stream.is_terminated());
    for _ in 0..2 {
        assert!(stream.next().await.is_none(), "there is nothing after the end");
        assert!(StreamExt::next(&mut stream).await.is_none());
    }
    stream.finish().await.expect_err("the answer was read before");
    Read { deltas, end }
}

async fn read(answer: Answer) -> Read {
    read_from(&Server::start([answer]).await).await
}

async fn read_frames(frames: &[&str]) -> Read {
    read(Answer::sse(frames)).await
}

/// The deltas `a` and `b`, then these frames.
async fn read_after_deltas(frames: &[&str]) -> Read {
    let (a, b) = (delta("a"), delta("b"));
    read_frames(&[&[a.as_str(), b.as_str()], frames].concat()).await
}

#[tokio::test]
async fn deltas_come_first_and_the_answer_last() {
    let last = json!({
        "success": true,
        "answer": "ab",
        "answer_json": { "k": [1] },
        "memories_found": 1,
        "usage": { "output_tokens": 2, "new": 3 },
        "synthesis_usage": { "prompt_tokens": 4 },
        "explanation": { "retrieved_memories": [{ "id": "m", "content": "c", "score": 0.5, "bucket": "b" }] },
        "latency_ms": 12,
    });
    let result = read_after_deltas(&[&last.to_string(), "[DONE]"]).await.done();
    assert_eq!((result.answer.as_str(), result.memories_found, result.success), ("ab", Some(1), Some(true)));
    assert_eq!(result.answer_json, Some(json!({ "k": [1] })));
    assert_eq!(result.extra["latency_ms"], 12);
    let usage = result.usage.unwrap();
    assert_eq!((usage.output_tokens, &usage.extra["new"]), (Some(2), &json!(3)));
    assert_eq!(result.synthesis_usage.unwrap()["prompt_tokens"], 4);
    let memory = &result.explanation.unwrap().retrieved_memories[0];
    assert_eq!((memory.memory_id.as_str(), memory.bucket_name.as_str(), memory.weighted_score), ("m", "b", Some(0.5)));
}

#[tokio::test]
async fn deltas_come_while_the_answer_is_written() {
    let (second, last) = (Gate::new(), Gate::new());
    let answer = Answer::open(EVENTS).piece(block(&delta("a"))).wait(&second).piece(block(&delta("b"))).wait(&last);
    let server = Server::start([answer.piece(block(FINAL)).end()]).await;
    let mut stream = server.client().query_stream("q").await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), QueryStreamEvent::Delta { content: "a".to_owned() });
    second.open();
    assert_eq!(stream.next().await.unwrap().unwrap(), QueryStreamEvent::Delta { content: "b".to_owned() });
    last.open();
    assert!(matches!(stream.next().await, Some(Ok(QueryStreamEvent::Done(_)))));
}

#[tokio::test]
async fn finish_reads_to_the_end() {
    let frames = [&delta("a"), &delta("b"), FINAL, "[DONE]"];
    let server = Server::start([Answer::sse(frames), Answer::sse(frames), Answer::sse([r#"{"error":"x"}"#])]).await;
    let engram = server.client();
    assert_eq!(engram.query_stream("q").await.unwrap().finish().await.unwrap().answer, "ab");
    let mut stream = engram.query_stream("q").await.unwrap();
    stream.next().await.unwrap().unwrap();
    assert_eq!(stream.finish().await.unwrap().answer, "ab", "from the middle too");
    engram.query_stream("q").await.unwrap().finish().await.unwrap_err();
}

#[tokio::test]
async fn every_form_of_the_event_stream_is_read() {
    let (a, b) = (delta("a"), delta("b"));
    let usual = [block(&a), block(&b), block(FINAL), block("[DONE]")].concat();
    let pretty: Value = serde_json::from_str(&a).unwrap();
    let in_lines = serde_json::to_string_pretty(&pretty).unwrap().replace('\n', "\ndata: ");
    let forms = [
        ("LF", usual.clone()),
        ("CRLF", usual.replace('\n', "\r\n")),
        ("CR", usual.replace('\n', "\r")),
        ("a byte order mark", format!("\u{FEFF}{usual}")),
        ("no space after the colon", usual.replace("data: ", "data:")),
        ("more space", usual.replace("data: ", "data:  \t")),
        ("comments", format!(": hello\n\n:\n{}: bye\n\n", usual.replace("data: ", ": ping\ndata: "))),
        ("event, id and retry", usual.replace("data: ", "event: message\nid: 7\nretry: 10\ndata: ")),
        ("unknown fields", usual.replace("data: ", "color: red\ndata\ndata: ").replace("data\ndata: [", "data: [")),
        ("blocks without data", format!("event: ping\n\nid: 1\n\n{}", usual.replace("data: ", "\n\n\ndata: "))),
        ("empty data", format!("data:\n\ndata: \n\n{usual}")),
        ("one frame in many lines", usual.replacen(&a, &in_lines, 1)),
        ("no [DONE]", [block(&a), block(&b), block(FINAL)].concat()),
        ("no blank line after [DONE]", [block(&a), block(&b), block(FINAL), "data: [DONE]".to_owned()].concat()),
    ];
    for (form, text) in forms {
        for pieces in [vec![text.as_bytes()], text.as_bytes().chunks(1).collect(), text.as_bytes().chunks(7).collect()]
        {
            let result = read(Answer::chunked(EVENTS, &pieces)).await;
            assert!(result.end.is_ok(), "{form}, in {} pieces: {result:?}", pieces.len());
            assert_eq!(result.done().answer, "ab", "{form}, in {} pieces", pieces.len());
        }
    }
}

#[tokio::test]
async fn the_end_of_the_body_may_be_told_in_any_way() {
    let text = [block(&delta("a")), block(&delta("b")), block(FINAL), block("[DONE]")].concat();
    let until_closed = Answer::raw(format!("HTTP/1.1 200 OK\r\ncontent-type: {EVENTS}\r\n\r\n{text}")).close();
    for answer in
        [until_closed, Answer::text(200, EVENTS, &text), Answer::text(202, "TEXT/EVENT-STREAM; charset=UTF-8", &text)]
    {
        assert_eq!(read(answer).await.done().answer, "ab");
    }
    // The server's content type is not known, so none is insisted on.
    let without_type = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len());
    assert_eq!(read(Answer::raw(without_type)).await.done().answer, "ab");
}

#[tokio::test]
async fn characters_may_be_split_anywhere() {
    let text = "é\u{1F9E0}\u{200D}語";
    let bytes = [block(&delta(text)), block(FINAL)].concat().into_bytes();
    for split in 0..bytes.len() {
        let (head, tail) = bytes.split_at(split);
        let pieces = [head, tail].into_iter().filter(|piece| !piece.is_empty());
        assert_eq!(read(Answer::chunked(EVENTS, pieces)).await.deltas, [text], "split at {split}");
    }
}

#[tokio::test]
async fn empty_deltas_and_unknown_frames_are_skipped() {
    let noise = [
        r#"{"choices":[{"delta":{"content":""}}]}"#,
        r#"{"choices":[{"delta":{"content":null}}]}"#,
        r#"{"choices":[{"delta":{"role":"assistant"}}]}"#,
        r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
        r#"{"choices":[{"delta":null}]}"#,
        r#"{"choices":[]}"#,
        r#"{"choices":null}"#,
        r#"{"status":"retrieving"}"#,
        r#"{"type":"ping"}"#,
        "{}",
        "[]",
        "[null]",
        r#"["boom"]"#,
        r#"[[{"delta":{"content":"c"}}]]"#,
        r#"{"choices":[{"delta":{}}],"usage":{"output_tokens":"many"}}"#,
        "null",
    ];
    let (a, b) = (delta("a"), delta("b"));
    let frames: Vec<_> = [&a[..], &b, FINAL].iter().flat_map(|frame| noise.iter().chain([frame])).copied().collect();
    assert_eq!(read_frames(&frames).await.done().answer, "ab");
}

#[tokio::test]
async fn openai_style_frames_with_all_their_fields_are_deltas() {
    let full = |text: &str| {
        let delta = json!({ "role": "assistant", "content": text, "refusal": null });
        let choices = json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": null }]);
        json!({ "id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices })
            .to_string()
    };
    assert_eq!(read_frames(&[&full("a"), &full("b"), FINAL]).await.done().answer, "ab");
}

#[tokio::test]
async fn the_answer_is_assembled_where_the_final_frame_has_none() {
    for last in
        [r#"{"memories_found":1}"#, r#"{"answer":null,"usage":{}}"#, r#"{"answer":"","usage":{"output_tokens":1}}"#]
    {
        assert_eq!(read_after_deltas(&[last, "[DONE]"]).await.done().answer, "ab", "{last}");
    }
    let own = read_after_deltas(&[r#"{"answer":"another"}"#]).await.done();
    assert_eq!(own.answer, "another", "the server's own answer counts");
    let silent = read_frames(&[r#"{"answer":"","explanation":{}}"#, "[DONE]"]).await;
    assert_eq!(silent.end.unwrap().answer, "", "with skip_synthesis there is no answer");
}

#[tokio::test]
async fn an_error_frame_is_an_error_at_any_place() {
    for (frame, said, body) in [
        (r#"{"error":"out of tokens"}"#, "out of tokens", json!("out of tokens")),
        (r#"{"error":{"message":"busy","code":"X_1"}}"#, "busy", json!({ "message": "busy", "code": "X_1" })),
        (r#"{"error":{"why":[1]}}"#, "without a message", json!({ "why": [1] })),
        (r#"{"error":null}"#, "without a message", Value::Null),
        (r#"{"error":""}"#, "without a message", json!("")),
        (r#"{"error":500}"#, "without a message", json!(500)),
        (r#"{"error":"boom","answer":"half"}"#, "boom", json!("boom")),
        (r#"{"error":"boom","choices":[]}"#, "boom", json!("boom")),
        ("{\"error\":\"two\\nlines\"}", "two lines", json!("two\nlines")),
    ] {
        for result in [read_frames(&[frame, FINAL]).await, read_after_deltas(&[frame, FINAL, "[DONE]"]).await] {
            assert!(result.deltas.is_empty() || result.deltas == ["a", "b"]);
            let error = result.stream_error();
            assert!(error.to_string().starts_with("Engram stream failed: the server reported: "), "{error}");
            assert!(error.to_string().contains(said), "{error}");
            assert_eq!(error.body(), Some(&ErrorBody::Json(body.clone())));
        }
    }
}

#[tokio::test]
async fn a_final_frame_that_says_there_was_no_error_is_a_final_frame() {
    assert_eq!(read_after_deltas(&[r#"{"answer":"ab","error":null}"#]).await.done().answer, "ab");
}

#[tokio::test]
async fn a_malformed_frame_is_an_error() {
    for frame in [
        "{",
        "nonsense",
        r#"{"choices":[{"delta":{"content":"c"}}]"#,
        r#"{"choices":[{"delta":{"content":5}}]}"#,
        r#"{"choices":5}"#,
        r#"{"answer":["ab"]}"#,
        r#"{"answer":"ab","usage":{"output_tokens":"many"}}"#,
        r#"{"answer":"ab"}{"answer":"ab"}"#,
    ] {
        let error = read_after_deltas(&[frame, FINAL]).await.stream_error();
        assert!(error.to_string().contains("malformed"), "{error}");
    }
    let wrong = read_frames(&[r#"{"answer":"ab","usage":{"output_tokens":"many"}}"#]).await.stream_error();
    assert!(wrong.to_string().contains("usage.output_tokens"), "it says where: {wrong}");
}

#[tokio::test]
async fn an_error_about_a_long_frame_is_one_short_line_too() {
    let frame = json!({ "choices": "x".repeat(5_000) }).to_string();
    read_frames(&[&frame, FINAL]).await.stream_error();
}

#[tokio::test]
async fn bytes_that_are_no_utf_8_are_an_error() {
    let events = Answer::chunked(EVENTS, [b"data: {\"answer\":\"\xff\"}\n\n"]);
    let plain_json = Answer::text(200, "application/json", b"{\"answer\":\"\xff\"}");
    for answer in [events, plain_json] {
        read(answer).await.stream_error();
    }
}

#[tokio::test]
async fn an_end_without_a_final_frame_is_an_error() {
    let cut = [block(&delta("a")), block(&delta("b")), format!("data: {FINAL}")].concat();
    let ends = [
        ("[DONE] too early", Answer::sse([delta("a"), delta("b"), "[DONE]".to_owned(), FINAL.to_owned()])),
        ("no final frame", Answer::sse([delta("a"), delta("b")])),
        // By the standard an event without its blank line is incomplete, and so is the answer.
        ("no blank line after the final frame", Answer::chunked(EVENTS, [cut.clone()])),
        ("half a blank line after the final frame", Answer::chunked(EVENTS, [cut + "\n"])),
    ];
    for (end, answer) in ends {
        let result = read(answer).await;
        assert_eq!(result.deltas, ["a", "b"], "{end}");
        let error = result.stream_error();
        assert!(error.to_string().contains("without its final frame"), "{end}: {error}");
    }
    for answer in [
        Answer::text(200, EVENTS, ""),
        Answer::sse(["[DONE]"]),
        Answer::text(200, "text/html", "<html>log in</html>"),
        Answer::empty(204),
    ] {
        read(answer).await.stream_error();
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_error_with_its_cause() {
    let half = || Answer::open(EVENTS).piece(block(&delta("a"))).piece(block(&delta("b")));
    let short = format!(
        "HTTP/1.1 200 X\r\ncontent-type: {EVENTS}\r\ncontent-length: 9999\r\n\r\n{}{}",
        block(&delta("a")),
        block(&delta("b"))
    );
    for answer in [half().close(), half().piece("data: {\"answer").close(), Answer::raw(short).close()] {
        let result = read(answer).await;
        assert_eq!(result.deltas, ["a", "b"]);
        result.stream_error();
    }
}

#[tokio::test]
async fn the_first_final_frame_counts_and_nothing_after_it_matters() {
    let frames = [FINAL, r#"{"answer":"another"}"#, r#"{"error":"late"}"#, "[DONE]", "{", &delta("c")];
    assert_eq!(read_after_deltas(&frames).await.done().answer, "ab");
    let answer = Answer::open(EVENTS).piece(block(&delta("a")) + &block(&delta("b")) + &block(FINAL)).close();
    assert_eq!(read(answer).await.done().answer, "ab", "a connection that breaks after the final frame");
    let waiting =
        Answer::open(EVENTS).piece(block(&delta("a")) + &block(&delta("b")) + &block(FINAL)).wait(&Gate::new());
    assert_eq!(read(waiting).await.done().answer, "ab", "a server that never closes");
}

#[tokio::test]
async fn what_the_model_used_is_not_the_final_frame() {
    let (a, b, of_model) = (delta("a"), delta("b"), r#"{"id":"c","choices":[],"usage":{"output_tokens":1}}"#);
    for frames in [[&a[..], of_model, &b, FINAL, "[DONE]"], [&a, &b, of_model, FINAL, "[DONE]"]] {
        let result = read_frames(&frames).await;
        assert_eq!(result.deltas, ["a", "b"], "{frames:?}");
        assert_eq!(result.done().answer, "ab", "{frames:?}");
    }
    read_frames(&[&a, &b, of_model, "[DONE]"]).await.stream_error();
}

#[tokio::test]
async fn a_large_final_frame_is_read() {
    let memory = json!({ "memory_id": "m", "content": "c".repeat(1_000) });
    let last = json!({ "answer": "ab", "explanation": { "retrieved_memories": vec![memory; 200] } }).to_string();
    let text = [block(&delta("a")), block(&delta("b")), block(&last), block("[DONE]")].concat();
    for size in [1_000, 16_384, 250_000] {
        let result = read(Answer::chunked(EVENTS, text.as_bytes().chunks(size))).await.done();
        assert_eq!(result.explanation.unwrap().retrieved_memories.len(), 200);
    }
}

#[tokio::test]
async fn a_frame_or_an_answer_over_the_limit_is_an_error_that_names_it() {
    let (big, piece) = (delta(&"x".repeat(3_000)), delta(&"y".repeat(400)));
    let endless = vec![b'x'; 500];
    for answer in [
        Answer::sse([&big, FINAL]),
        Answer::sse([&piece, &piece, &piece, &piece, &piece, &piece, FINAL]),
        Answer::chunked(EVENTS, [b"data: ".as_slice(), &endless, &endless, &endless, &endless, &endless]),
        Answer::chunked(EVENTS, vec![b"data: x\n"; 500]),
        Answer::json(200, &json!({ "answer": "z".repeat(3_000) })),
    ] {
        let server = Server::start([answer]).await;
        let error = read_with(&server, 2_000).await.stream_error();
        assert!(
            error.to_string().contains("2000 bytes") && error.to_string().contains("max_response_bytes"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_limit_is_for_one_frame_and_not_for_all_of_them() {
    let frames = vec![r#"{"status":"retrieving"}"#; 100];
    let text: String = frames.into_iter().chain([FINAL]).map(block).collect();
    for pieces in [text.as_bytes().chunks(50).collect::<Vec<_>>(), vec![text.as_bytes()]] {
        let server = Server::start([Answer::chunked(EVENTS, &pieces)]).await;
        let result = read_with(&server, 1_000).await;
        assert!(result.end.is_ok(), "small frames in {} pieces: {:?}", pieces.len(), result.end);
    }
}

#[tokio::test]
async fn comments_that_keep_a_stream_alive_do_not_add_up_to_the_limit() {
    let pings = vec![": keep-alive\n\n".to_owned(); 200];
    let server = Server::start([Answer::chunked(EVENTS, pings.into_iter().chain([block(FINAL)]))]).await;
    let result = read_with(&server, 1_000).await;
    assert!(result.end.is_ok(), "{:?}", result.end);
}

#[tokio::test]
async fn a_plain_json_answer_counts_as_the_final_frame() {
    for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
        let result = read(Answer::text(200, content_type, FINAL)).await;
        assert!(result.deltas.is_empty());
        assert_eq!(result.end.unwrap().answer, "ab");
    }
    let in_pieces = Answer::chunked("application/json", FINAL.as_bytes().chunks(3));
    assert_eq!(read(in_pieces).await.end.unwrap().answer, "ab");
    for (body, said) in [
        (r#"{"error":"no model"}"#, "no model"),
        ("{}", "without its final frame"),
        ("[]", "without its final frame"),
        (r#"{"choices":[{"delta":{"content":"a"}}]}"#, "without its final frame"),
        (r#"{"answer":"ab","choices":[{"delta":{"content":"a"}}]}"#, "without its final frame"),
        ("", "without its final frame"),
        (r#"{"answer":"#, "malformed"),
        (r#"{"answer":5}"#, "malformed"),
    ] {
        let result = read(Answer::text(200, "application/json", body)).await;
        assert!(result.deltas.is_empty(), "{body}: {:?}", result.deltas);
        let error = result.stream_error();
        assert!(error.to_string().contains(said), "{body}: {error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_success_is_an_error_of_the_call() {
    for status in [400, 401, 404, 412, 500, 302] {
        let server =
            Server::start([Answer::json(status, &json!({ "error": { "message": "no", "code": "X_1" } }))]).await;
        let error = server.client().query_stream("q").await.unwrap_err();
        assert_eq!((error.status().map(u16::from), error.code()), (Some(status), Some("X_1")));
        assert_eq!(error.to_string(), format!("Engram API {status}: no"));
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_a_timeout() {
    let a_byte = || Answer::open(EVENTS).piece(":").wait(&Gate::new());
    let a_delta = || Answer::open(EVENTS).piece(block(&delta("a"))).wait(&Gate::new());
    let half_a_json = || Answer::open("application/json").piece("{").wait(&Gate::new());
    for (answer, deltas) in [(a_byte(), 0), (a_delta(), 1), (half_a_json(), 0)] {
        let server = Server::start([answer]).await;
        let engram = server.builder().stream_timeout(SILENCE).build().unwrap();
        let mut stream = on_paused_time(STEP, engram.query_stream("q").send()).await.0.unwrap();
        for _ in 0..deltas {
            on_paused_time(STEP, stream.next()).await.0.unwrap().unwrap();
        }
        let (event, waited) = on_paused_time(10 * STEP, stream.next()).await;
        let error = event.unwrap().unwrap_err();
        assert!(error.is_timeout() && matches!(error, EngramError::Timeout(_)), "{error:?}");
        assert!((SILENCE - STEP..SILENCE + SILENCE / 10).contains(&waited), "{waited:?}");
        assert_one_short_line(&error);
        assert!(stream.next().await.is_none() && stream.is_terminated());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_take_longer_than_both_timeouts_while_bytes_come() {
    let gates = [Gate::new(), Gate::new(), Gate::new(), Gate::new()];
    let slow = gates.iter().fold(Answer::open(EVENTS), |answer, gate| answer.wait(gate).piece(": ping\n\n"));
    let server = Server::start([slow.piece(block(FINAL)).end()]).await;
    let engram = server.builder().timeout(SILENCE).stream_timeout(4 * SILENCE).build().unwrap();
    let stream = on_paused_time(STEP, engram.query_stream("q").send()).await.0.unwrap();
    let opening = async {
        for gate in &gates {
            tokio::time::sleep(3 * SILENCE / 2).await;
            gate.open();
        }
    };
    let ((result, ()), _) = on_paused_time(10 * STEP, async { tokio::join!(stream.finish(), opening) }).await;
    assert_eq!(result.unwrap().answer, "ab");
}

#[tokio::test(start_paused = true)]
async fn time_that_the_application_takes_is_not_the_servers_silence() {
    let gate = Gate::new();
    let answer = Answer::open(EVENTS).piece(block(&delta("a"))).piece(block(FINAL)).wait(&gate).end();
    let server = Server::start([answer]).await;
    let engram = server.builder().stream_timeout(SILENCE).build().unwrap();
    let mut stream = on_paused_time(STEP, engram.query_stream("q").send()).await.0.unwrap();
    on_paused_time(STEP, stream.next()).await.0.unwrap().unwrap();
    on_paused_time(10 * STEP, tokio::time::sleep(3 * SILENCE)).await;
    let event = on_paused_time(STEP, stream.next()).await.0;
    assert!(matches!(event, Some(Ok(QueryStreamEvent::Done(_)))), "it was there all the time: {event:?}");
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let server = Server::start([Answer::open(EVENTS).piece(block(&delta("a")))]).await;
    let engram = server.client();
    let mut stream = engram.query_stream("q").await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    server.closed(1).await;
}

#[tokio::test]
async fn dropping_a_stream_that_opens_closes_the_connection() {
    let server = Server::start([Answer::silence()]).await;
    let opening = tokio::spawn(server.client().query_stream("q").send());
    server.requested(1).await;
    opening.abort();
    server.closed(1).await;
}

/// Reads this stream twice with one client and counts the connections.
async fn assert_one_connection(streamed: Answer) {
    let server = Server::start([streamed.clone(), streamed, Answer::json(200, &answer_for_all())]).await;
    let engram = server.client();
    for _ in 0..2 {
        engram.query_stream("q").await.unwrap().finish().await.unwrap();
        // The connection's own task, on this same thread, puts it back into the pool.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    engram.list_buckets().await.unwrap();
    let connections: Vec<_> = server.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0, 0]);
}

#[tokio::test]
async fn the_connection_is_used_again_after_a_stream_that_came_in_one_piece() {
    let text = [block(&delta("a")), block(FINAL), block("[DONE]")].concat();
    assert_one_connection(Answer::text(200, EVENTS, &text)).await;
    assert_one_connection(Answer::chunked(EVENTS, [text])).await;
}

#[tokio::test]
async fn the_connection_is_used_again_after_a_stream_that_came_frame_by_frame() {
    assert_one_connection(Answer::sse([&delta("a"), FINAL, "[DONE]"])).await;
}
