//! The body of a stream of events. However it is split, it comes to the same events; nothing follows the end; a connection that
//! breaks, or a limit, makes an error of it and nothing else; and it means what a second, plain reading says.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use lumetra_engram::{EngramError, QueryResult, QueryStreamEvent};
use lumetra_engram_fuzz::model::{Meaning, events, largest_block, meaning};
use lumetra_engram_fuzz::{NO_LIMIT, Random, assert_fit, broken, client, in_pieces, success, with_answers};
use reqwest::Body;

fuzz_target!(|bytes: &[u8]| {
    let mut random = Random::of(bytes);
    let whole = read(Body::from(bytes.to_vec()), NO_LIMIT);
    let single: Vec<_> = bytes.chunks(1).map(Bytes::copy_from_slice).collect();
    for pieces in [single.clone(), random.pieces(bytes)] {
        assert_eq!(read(in_pieces(pieces), NO_LIMIT), whole, "the events depend on how the bytes are split");
    }
    assert_breaks_off(&read(broken(bytes), NO_LIMIT), &whole);

    let limit = random.up_to(bytes.len());
    let limited = read(in_pieces(single), limit);
    assert_limited(&limited, &whole, limit, largest_block(bytes));
    if let Ok(text) = str::from_utf8(bytes) {
        assert_means(text, &whole, NO_LIMIT);
        assert_means(text, &limited, limit);
    }
});

/// What a stream comes to: its deltas, and the whole answer or the text of an error.
#[derive(Debug, PartialEq)]
struct Read {
    deltas: Vec<String>,
    end: Result<QueryResult, String>,
}

fn read(body: Body, max_response_bytes: usize) -> Read {
    let answer = success("text/event-stream", body);
    with_answers([answer], async {
        let mut stream = client(max_response_bytes, 0).query_stream("q").await.expect("the stream opens");
        let mut deltas = Vec::new();
        let end = loop {
            match stream.next().await.expect("an end that says how it went") {
                Ok(QueryStreamEvent::Delta { content }) => deltas.push(content),
                Ok(QueryStreamEvent::Done(result)) => break Ok(*result),
                Ok(other) => panic!("an event of another kind: {other:?}"),
                Err(error) => break Err(text(&error)),
            }
        };
        for _ in 0..3 {
            assert!(stream.next().await.is_none(), "there is something after the end");
        }
        assert!(deltas.iter().all(|delta| !delta.is_empty()), "a delta is empty");
        Read { deltas, end }
    })
}

fn text(error: &EngramError) -> String {
    assert!(matches!(error, EngramError::Stream(_)), "not an error of the stream: {error:?}");
    assert_fit(error);
    error.to_string()
}

/// Asserts that a connection which breaks after the last byte is an error, unless the answer was whole before.
fn assert_breaks_off(broken: &Read, whole: &Read) {
    assert_eq!(broken.deltas, whole.deltas);
    match &whole.end {
        Ok(_) => assert_eq!(broken.end, whole.end),
        Err(_) => assert!(broken.end.is_err(), "a broken connection makes an answer whole: {broken:?}"),
    }
}

/// Asserts that a limit only ever ends the stream early, where something is over it, with an error that names it.
fn assert_limited(limited: &Read, whole: &Read, limit: usize, largest_block: usize) {
    let size: usize = limited.deltas.iter().map(String::len).sum();
    assert!(size <= limit, "the limit is {limit} bytes, and the deltas have {size}");
    if limited != whole {
        let answer: usize = whole.deltas.iter().map(String::len).sum();
        assert!(answer > limit || largest_block > limit, "nothing is over the limit of {limit} bytes: {limited:?}");
        assert!(whole.deltas.starts_with(&limited.deltas), "{limited:?} is not the beginning of {whole:?}");
        let said = limited.end.as_ref().expect_err("it has another end than without a limit");
        assert!(said.contains(&format!("{limit} bytes")), "the error does not name the limit {limit}: {said}");
    }
}

/// Asserts that the events are those of the plain reading.
fn assert_means(text: &str, read: &Read, limit: usize) {
    let mut deltas = read.deltas.iter();
    let limited = limit < NO_LIMIT;
    for data in events(text) {
        match meaning(&data) {
            Meaning::Nothing => {}
            Meaning::Delta(content) => match deltas.next() {
                Some(delta) => assert!(*delta == content && data.len() <= limit, "{delta:?} came of {data:?}"),
                None => return assert!(limited && read.end.is_err(), "the delta {content:?} is lost"),
            },
            Meaning::Final(answer) => {
                assert_eq!(deltas.next(), None, "these deltas are not the server's");
                let Ok(result) = &read.end else { return assert!(limited, "an answer is lost: {read:?}") };
                let assembled = answer.filter(|answer| !answer.is_empty()).unwrap_or(read.deltas.concat());
                return assert!(result.answer == assembled && data.len() <= limit, "{result:?} came of {data:?}");
            }
            Meaning::Failure => break,
            Meaning::Open => return,
        }
    }
    assert_eq!(deltas.next(), None, "these deltas are not the server's");
    assert!(read.end.is_err(), "there is no final frame, and yet an answer: {read:?}");
}
