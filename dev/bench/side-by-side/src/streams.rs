//! A streamed answer, and three ways from its bytes to its events.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use eventsource_stream::Eventsource;
use futures_util::{Stream, StreamExt};
use lumetra_engram::{QueryStream, QueryStreamEvent};
use memchr::memchr;
use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;

use crate::answers::FACT;
use crate::bare::QueryResult;

/// The question whose streamed answer has one delta.
pub const FIRST: &str = "first";
/// The question whose streamed answer has [`MANY_DELTAS`] more.
pub const MANY: &str = "many";
pub const MANY_DELTAS: usize = 20_000;

/// The end of a stream.
const SENTINEL: &[u8] = b"[DONE]";

/// A stream of so many deltas, made by this function, and the last frame.
pub fn stream_of(deltas: usize, delta: fn(&str) -> Value, last: &Value) -> Vec<u8> {
    let words = FACT.split_inclusive(' ').cycle().take(deltas);
    let mut bytes: Vec<u8> = words.flat_map(|word| frame(&delta(word).to_string())).collect();
    bytes.extend(frame(&last.to_string()));
    bytes.extend(frame("[DONE]"));
    bytes
}

pub fn frame(data: &str) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

/// What a stream came to.
#[derive(Debug, Default, PartialEq)]
pub struct Seen {
    pub deltas: usize,
    pub bytes: usize,
    pub memories: i64,
}

impl Seen {
    fn delta(&mut self, content: &str) {
        self.deltas += 1;
        self.bytes += content.len();
    }
}

/// This client's way.
pub async fn engram(mut stream: QueryStream) -> Result<Seen> {
    let mut seen = Seen::default();
    while let Some(event) = stream.next().await {
        match event? {
            QueryStreamEvent::Delta { content } => seen.delta(&content),
            QueryStreamEvent::Done(result) => seen.memories = result.memories_found.unwrap_or_default(),
            other => bail!("an event of another kind: {other:?}"),
        }
    }
    Ok(seen)
}

/// The limit: lines are looked for with memchr, and what is behind `data:` is decoded with serde_json. No other line ends, no events of
/// several lines, no limit of time or size.
pub async fn memchr_and_serde_json(answer: Response) -> Result<Seen> {
    let (mut seen, mut buffer) = (Seen::default(), Vec::new());
    let mut chunks = answer.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        buffer.extend_from_slice(&chunk?);
        let mut rest = buffer.as_slice();
        while let Some(end) = memchr(b'\n', rest) {
            if let Some(data) = rest[..end].strip_prefix(b"data: ") {
                read(data, &mut seen)?;
            }
            rest = &rest[end + 1..];
        }
        let read = buffer.len() - rest.len();
        buffer.drain(..read);
    }
    Ok(seen)
}

/// A parser of streams that many SDKs use, and the same decoding.
pub async fn eventsource_stream_and_serde_json(answer: Response) -> Result<Seen> {
    events(answer.bytes_stream()).await
}

async fn events(chunks: impl Stream<Item = reqwest::Result<Bytes>> + Unpin) -> Result<Seen> {
    let (mut seen, mut events) = (Seen::default(), chunks.eventsource());
    while let Some(event) = events.next().await {
        read(event?.data.as_bytes(), &mut seen)?;
    }
    Ok(seen)
}

#[derive(Deserialize)]
struct DeltaFrame {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

/// Decodes what is behind `data:`. Only the last frame is not a delta.
fn read(data: &[u8], seen: &mut Seen) -> Result<()> {
    if data == SENTINEL {
        return Ok(());
    }
    if let Ok(frame) = serde_json::from_slice::<DeltaFrame>(data) {
        let choice = frame.choices.into_iter().next().context("a delta has a choice")?;
        if let Some(content) = choice.delta.content {
            seen.delta(&content);
        }
        return Ok(());
    }
    let result: QueryResult = serde_json::from_slice(data)?;
    seen.memories = result.memories_found.unwrap_or_default();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::{chat_delta, delta, query};
    use crate::from_memory::{Reader, answer, in_pieces};

    #[test]
    fn all_ways_see_the_same_however_the_bytes_are_split() -> Result<()> {
        let reader = Reader::new()?;
        let bytes = FACT.split_inclusive(' ').cycle().take(1000).map(str::len).sum();
        let expected = Seen { deltas: 1000, bytes, memories: 10 };
        for (delta, size) in [(delta as fn(&str) -> Value, 1), (delta, 130), (chat_delta, 1400), (chat_delta, 1 << 20)]
        {
            let pieces = in_pieces(&stream_of(1000, delta, &query(10)), size);
            let answered = || answer("text/event-stream", &pieces);
            let engram = reader.read(answered()?, async { engram(reader.client.query_stream("q").await?).await })?;
            assert_eq!(engram, expected);
            assert_eq!(reader.run(memchr_and_serde_json(answered()?))?, expected);
            assert_eq!(reader.run(eventsource_stream_and_serde_json(answered()?))?, expected);
        }
        Ok(())
    }
}
