//! Streams as a property: whatever the frames, their form and the pieces that they come in, the events are those that the frames mean.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::support::{Answer, Server, any_text, delta, property_config};
use futures_core::FusedStream;
use lumetra_engram::{QueryResult, QueryStreamEvent};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

const EVENTS: &str = "text/event-stream";

/// What a frame means to the caller.
#[derive(Clone, Debug)]
enum Meaning {
    Nothing,
    Delta(String),
    Final(Option<String>),
    /// The stream ends with an error that says this.
    Failure(&'static str),
}

/// The data of a frame, in lines, and what it means.
type Frame = (Vec<Vec<u8>>, Meaning);

fn lines(data: &str) -> Vec<Vec<u8>> {
    data.split('\n').map(|line| line.as_bytes().to_vec()).collect()
}

fn any_delta() -> impl Strategy<Value = Frame> {
    (any_text(), 0..3_u8).prop_map(|(text, form)| {
        let bare: Value = serde_json::from_str(&delta(&text)).unwrap();
        let data = match form {
            0 => bare.to_string(),
            1 => serde_json::to_string_pretty(&bare).unwrap(),
            _ => {
                let openai = json!({ "role": "assistant", "content": &text, "refusal": null });
                json!({ "id": "c", "model": "m", "choices": [{ "index": 0, "delta": openai }, {}] }).to_string()
            }
        };
        (lines(&data), if text.is_empty() { Meaning::Nothing } else { Meaning::Delta(text) })
    })
}

fn any_final() -> impl Strategy<Value = Frame> {
    prop::option::of(any_text()).prop_map(|answer| {
        let frame = json!({ "answer": &answer, "memories_found": 1, "explanation": null, "x_new": "\u{2028}" });
        (lines(&serde_json::to_string_pretty(&frame).unwrap()), Meaning::Final(answer))
    })
}

const UNKNOWN: [&str; 9] =
    [r#"{"status":"retrieving"}"#, "{}", "[]", "null", "5", r#""text""#, "", " ", r#"{"choices":[]}"#];
const ERRORS: [&str; 4] =
    [r#"{"error":"boom"}"#, r#"{"error":{"message":"boom"}}"#, r#"{"error":""}"#, r#"{"error":null}"#];
const GARBAGE: [&str; 5] = ["{", "nonsense", r#"{"choices":5}"#, r#"{"answer":[]}"#, "{\"answer\":\"\u{feff}\"} \u{0}"];

fn any_frame() -> impl Strategy<Value = Frame> {
    let fixed = |data: &'static [&'static str], meaning: Meaning| {
        select(data).prop_map(move |data| (lines(data), meaning.clone()))
    };
    prop_oneof![
        60 => any_delta(),
        10 => fixed(&UNKNOWN, Meaning::Nothing),
        10 => Just((Vec::new(), Meaning::Nothing)),
        2 => any_final(),
        1 => fixed(&ERRORS, Meaning::Failure("the server reported")),
        1 => fixed(&GARBAGE, Meaning::Failure("malformed")),
        1 => Just((vec![b"{\"answer\":\"\xff\"}".to_vec()], Meaning::Failure("not a stream of events"))),
        1 => fixed(&["[DONE]"], Meaning::Failure("without its final frame")),
    ]
}

/// A line that means nothing to this client.
fn any_noise() -> impl Strategy<Value = Vec<u8>> {
    let known = select(
        &[":", ": ping", "event: message", "event", "id: 7", "id: a\0b", "retry: 10", "retry: x", "data-x: 1"][..],
    )
    .prop_map(|line| line.as_bytes().to_vec());
    prop_oneof![
        known,
        Just(b": \xff\xfe".to_vec()),
        Just(b"x\xff: 1".to_vec()),
        any_text().prop_map(|text| { format!(": {}", text.replace(['\n', '\r'], "")).into_bytes() })
    ]
}

/// How a frame is written: the space after each colon, the lines between those of the data, and the ends of lines.
#[derive(Clone, Debug)]
struct Form {
    prefix: &'static str,
    noise: Vec<(Index, Vec<u8>)>,
    line_ends: Vec<&'static str>,
}

fn any_form() -> impl Strategy<Value = Form> {
    let line_ends = prop_oneof![
        select(&["\n", "\r\n", "\r"][..]).prop_map(|line_end| vec![line_end]),
        vec(select(&["\n", "\r\n", "\r"][..]), 1..4),
    ];
    let noise = vec((any::<Index>(), any_noise()), 0..3);
    (select(&["data:", "data: ", "data:  "][..]), noise, line_ends).prop_map(|(prefix, noise, line_ends)| Form {
        prefix,
        noise,
        line_ends,
    })
}

/// Writes the frame's lines, each with its end, then the empty line that completes it.
fn write(bytes: &mut Vec<u8>, (data, _): &Frame, form: &Form) {
    let mut lines: Vec<Vec<u8>> = data.iter().map(|line| [form.prefix.as_bytes(), line].concat()).collect();
    for (place, noise) in &form.noise {
        lines.insert(place.index(lines.len() + 1), noise.clone());
    }
    for (line, line_end) in lines.iter().zip(form.line_ends.iter().cycle()) {
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(line_end.as_bytes());
    }
    // A LF after a CR would belong to it.
    let after_cr = bytes.last() == Some(&b'\r');
    bytes.extend_from_slice(if after_cr { "\r" } else { form.line_ends[0] }.as_bytes());
}

/// Where the bytes are split.
#[derive(Clone, Debug)]
enum Split {
    Every(usize),
    At(Vec<Index>),
}

impl Split {
    fn pieces<'a>(&self, bytes: &'a [u8]) -> Vec<&'a [u8]> {
        match self {
            Self::Every(length) => bytes.chunks(*length).collect(),
            Self::At(places) => {
                let mut cuts: Vec<_> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
                cuts.extend([0, bytes.len()]);
                cuts.sort_unstable();
                cuts.dedup();
                cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect()
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Stream {
    byte_order_mark: bool,
    frames: Vec<(Frame, Form)>,
    /// What of a last frame comes before the stream ends.
    rest: String,
    split: Split,
}

fn any_stream() -> impl Strategy<Value = Stream> {
    let any_last = prop_oneof![3 => any_final().prop_map(Some), 1 => Just(None)];
    let last = (any_last, any_form()).prop_map(|(last, form)| last.map(|frame| (frame, form)));
    let split = prop_oneof![(1..5_usize).prop_map(Split::Every), vec(any::<Index>(), 0..24).prop_map(Split::At)];
    let rest = select(&["", "data: [DONE]", "data: {\"answer\":\"never\"}", "data: {\"answer\":\"never\"}\n", ":"][..]);
    let frames = vec((any_frame(), any_form()), 0..16);
    (any::<bool>(), frames, last, rest, split).prop_map(|(byte_order_mark, mut frames, last, rest, split)| {
        frames.extend(last);
        Stream { byte_order_mark, frames, rest: rest.to_owned(), split }
    })
}

impl Stream {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = if self.byte_order_mark { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        self.frames.iter().for_each(|(frame, form)| write(&mut bytes, frame, form));
        bytes.extend_from_slice(self.rest.as_bytes());
        bytes
    }

    /// What the frames mean, by the spec: the deltas, and the answer or what the error says.
    fn meaning(&self) -> (Vec<String>, Result<String, &'static str>) {
        let mut deltas: Vec<String> = Vec::new();
        for ((_, meaning), _) in &self.frames {
            match meaning {
                Meaning::Nothing => {}
                Meaning::Delta(text) => deltas.push(text.clone()),
                Meaning::Final(answer) => {
                    let answer = answer.clone().filter(|answer| !answer.is_empty()).unwrap_or_else(|| deltas.concat());
                    return (deltas, Ok(answer));
                }
                Meaning::Failure(says) => return (deltas, Err(says)),
            }
        }
        (deltas, Err("without its final frame"))
    }
}

/// What a caller gets: the deltas, and the answer or the text of an error in its place.
type Events = (Vec<String>, Result<QueryResult, String>);

async fn read(server: &Server) -> Result<Events, TestCaseError> {
    let engram = server.builder().build().unwrap();
    let mut stream = engram.query_stream("q").await.unwrap();
    let mut deltas = Vec::new();
    let end = loop {
        prop_assert!(!stream.is_terminated());
        match stream.next().await {
            Some(Ok(QueryStreamEvent::Delta { content })) => deltas.push(content),
            Some(Ok(QueryStreamEvent::Done(result))) => break Ok(*result),
            Some(Err(error)) => break Err(error.to_string()),
            other => prop_assert!(false, "neither an event nor an error: {other:?}"),
        }
    };
    prop_assert!(stream.is_terminated());
    prop_assert!(stream.next().await.is_none() && stream.next().await.is_none(), "there is nothing after the end");
    prop_assert!(stream.is_terminated());
    Ok((deltas, end))
}

fn answer(pieces: &[&[u8]]) -> Answer {
    Answer::chunked(EVENTS, pieces.iter().filter(|piece| !piece.is_empty()))
}

async fn ensure_events(stream: &Stream) -> Result<(), TestCaseError> {
    let bytes = stream.bytes();
    let server = Server::start([answer(&[&bytes]), answer(&stream.split.pieces(&bytes))]).await;
    let whole = read(&server).await?;
    let split = read(&server).await?;
    prop_assert_eq!(&split, &whole, "split and unsplit");

    let (deltas, end) = stream.meaning();
    prop_assert_eq!(&whole.0, &deltas);
    match (&whole.1, end) {
        (Ok(result), Ok(answer)) => prop_assert_eq!(&result.answer, &answer),
        (Err(error), Err(says)) => prop_assert!(error.contains(says), "`{}` is to be in: {}", says, error),
        (found, expected) => prop_assert!(false, "{found:?}, not {expected:?}"),
    }
    Ok(())
}

#[test]
fn the_events_are_what_the_frames_mean_however_their_bytes_are_split() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome =
        TestRunner::new(property_config(512)).run(&any_stream(), |stream| runtime.block_on(ensure_events(&stream)));
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
