//! A second reading of a stream of events, as plain as can be, to compare the client's with.

use lumetra_engram::api::types::QueryFinalFrame;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What a frame must be to the client.
#[derive(Debug, PartialEq)]
pub enum Meaning {
    Nothing,
    Delta(String),
    /// The final frame, with its own answer if it has one.
    Final(Option<String>),
    /// An error.
    Failure,
    /// It cannot all be decoded, or its choices are not what they should be. What the client makes of that is its own affair.
    Open,
}

/// The data of the events in a text: the standard's parsing of an event stream, without what needs more than `data`.
pub fn events(text: &str) -> Vec<String> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let (mut events, mut data) = (Vec::new(), Vec::new());
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        match field {
            _ if line.is_empty() && !data.is_empty() => events.push(std::mem::take(&mut data).join("\n")),
            "data" => data.push(value.strip_prefix(' ').unwrap_or(value).to_owned()),
            _ => {}
        }
    }
    events
}

/// The most bytes that the client has to hold of a stream at once: of a block, up to and with its empty line.
pub fn largest_block(bytes: &[u8]) -> usize {
    let (mut largest, mut block, mut line) = (0, 0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        block += 1;
        largest = largest.max(block);
        match byte {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => {}
            b'\r' | b'\n' if line == 0 => block = 0,
            b'\r' | b'\n' => line = 0,
            _ => line += 1,
        }
    }
    largest
}

pub fn meaning(data: &str) -> Meaning {
    // A frame is JSON, so it may begin with a byte order mark (RFC 8259, section 8.1).
    let data = data.strip_prefix('\u{FEFF}').unwrap_or(data).trim();
    if data.is_empty() {
        return Meaning::Nothing;
    }
    if data == "[DONE]" || serde_json::from_str::<IgnoredAny>(data).is_err() {
        return Meaning::Failure;
    }
    if !data.starts_with('{') {
        return Meaning::Nothing;
    }
    // Not every JSON can be decoded: numbers can be too large, nesting too deep, and escapes half a character.
    let Ok(value) = serde_json::from_str::<Value>(data) else { return Meaning::Open };
    let has_choices = value["choices"].as_array().is_some_and(|choices| !choices.is_empty());
    match serde_json::from_value::<Frame>(value.clone()).map(Frame::meaning) {
        Err(_) if has_choices => Meaning::Open,
        Err(_) => Meaning::Failure,
        Ok(Meaning::Final(_)) if serde_json::from_str::<QueryFinalFrame>(data).is_err() => Meaning::Failure,
        Ok(meaning) => meaning,
    }
}

/// All the fields that the client knows.
#[derive(Deserialize)]
struct Frame {
    #[serde(default)]
    choices: Value,
    #[serde(default, deserialize_with = "present")]
    error: Option<Value>,
    #[serde(default)]
    success: Value,
    #[serde(default)]
    answer: Value,
    #[serde(default)]
    answer_json: Value,
    #[serde(default)]
    memories_found: Value,
    #[serde(default)]
    explanation: Value,
    #[serde(default)]
    usage: Value,
    #[serde(default)]
    synthesis_usage: Value,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Frame {
    fn meaning(self) -> Meaning {
        let fails = self.error.as_ref().is_some_and(|error| !error.is_null() && error != "");
        match &self.choices {
            Value::Null => {}
            Value::Array(choices) if choices.is_empty() => {}
            Value::Array(choices) => return of_choices(choices, fails),
            _ => return Meaning::Failure,
        }
        let known = [
            &self.success,
            &self.answer,
            &self.answer_json,
            &self.memories_found,
            &self.explanation,
            &self.usage,
            &self.synthesis_usage,
        ];
        match self.answer.as_str() {
            _ if fails => Meaning::Failure,
            answer if known.iter().any(|field| !field.is_null()) => Meaning::Final(answer.map(str::to_owned)),
            _ if self.error.is_some() => Meaning::Failure,
            _ => Meaning::Nothing,
        }
    }
}

fn of_choices(choices: &[Value], fails: bool) -> Meaning {
    let [Value::Object(choice)] = choices else { return Meaning::Open };
    match choice.get("delta").map(|delta| (delta, delta.get("content"))) {
        Some((Value::Object(_), Some(Value::String(content)))) if !content.is_empty() => {
            Meaning::Delta(content.clone())
        }
        _ if fails => Meaning::Failure,
        None | Some((Value::Null, _)) | Some((Value::Object(_), None | Some(Value::Null | Value::String(_)))) => {
            Meaning::Nothing
        }
        _ => Meaning::Open,
    }
}
