//! The data of one event: one frame, in JSON, or the sentinel.

use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::generated::types::{QueryDeltaChoice, QueryFinalFrame};
use crate::wire::{Located, Name, Object, read_object};

/// The end of the stream, which is not JSON.
const SENTINEL: &str = "[DONE]";

/// A frame that is not JSON, or in which a known field is not what it should be.
pub(super) type Malformed = Located;

#[derive(Debug, PartialEq)]
pub(super) enum Frame {
    /// A piece of the answer, not empty.
    Delta(String),
    Final(Box<QueryFinalFrame>),
    /// What the server says went wrong.
    Error(Value),
    Sentinel,
    /// An empty delta, or a frame of a kind that this version does not know.
    Ignored,
}

impl Frame {
    pub(super) fn read(data: &str) -> Result<Self, Malformed> {
        let data = data.strip_prefix('\u{FEFF}').unwrap_or(data).trim();
        if data.is_empty() {
            return Ok(Self::Ignored);
        }
        if data == SENTINEL {
            return Ok(Self::Sentinel);
        }
        if !data.starts_with('{') {
            // JSON of another kind, if it is JSON.
            return decode::<IgnoredAny>(data).map(|_| Self::Ignored);
        }
        if let Some(content) = compact_delta(data) {
            return Ok(Self::Delta(content));
        }
        let Opening { choices, error } = decode(data)?;
        let has_choices = choices.is_some();
        let is_delta = choices.as_ref().is_some_and(|choices| !choices.is_empty());
        if let Some(content) = choices.and_then(content) {
            return Ok(Self::Delta(content));
        }
        match error {
            Some(error) if says_something(&error) => return Ok(Self::Error(error)),
            _ if is_delta => return Ok(Self::Ignored),
            _ => {}
        }
        let last = if_it_holds_a_known_field(decode(data)?);
        // The model's own last chunk, if the server passes it on: it has what was used, no choice and nothing of an answer.
        let is_of_model = |last: &QueryFinalFrame| {
            has_choices && last.answer.is_none() && last.answer_json.is_none() && last.explanation.is_none()
        };
        Ok(match (last.filter(|last| !is_of_model(last)), error) {
            (Some(last), _) => Self::Final(Box::new(last)),
            // A final frame may say that there is no error; a frame that says nothing else is one.
            (None, Some(error)) => Self::Error(error),
            (None, None) => Self::Ignored,
        })
    }

    /// Reads a whole body as one frame.
    pub(super) fn read_whole(body: &[u8]) -> Result<Self, Malformed> {
        let data = str::from_utf8(body).map_err(|error| Malformed::new(serde_json::Error::custom(error), body))?;
        Self::read(data)
    }
}

/// The members that tell a delta or an error from a final frame, read in one go. A final frame is read a second time.
#[derive(Default)]
struct Opening {
    choices: Option<Vec<QueryDeltaChoice>>,
    error: Option<Value>,
}

impl Object for Opening {
    fn read<'de, A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let mut opening = Self::default();
        while let Some(name) = members.next_key::<Name<'de>>()? {
            match &*name.0 {
                "choices" => opening.choices = members.next_value()?,
                "error" => opening.error = Some(members.next_value()?),
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(opening)
    }
}

impl<'de> Deserialize<'de> for Opening {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_object(deserializer)
    }
}

fn decode<T: DeserializeOwned>(data: &str) -> Result<T, Malformed> {
    serde_json::from_str(data).map_err(|error| Malformed::new(error, data.as_bytes()))
}

/// The text of a delta frame that holds nothing else and is written without spaces, as most are: read so, a stream takes less than half
/// of the time. Any other form is read in full.
fn compact_delta(data: &str) -> Option<String> {
    let text = data.strip_prefix(r#"{"choices":[{"delta":{"content":"#)?.strip_suffix("}}]}")?;
    serde_json::from_str(text).ok().filter(|content: &String| !content.is_empty())
}

fn content(choices: Vec<QueryDeltaChoice>) -> Option<String> {
    let first = choices.into_iter().next()?;
    first.delta?.content.filter(|content| !content.is_empty())
}

fn says_something(error: &Value) -> bool {
    !error.is_null() && error != ""
}

fn if_it_holds_a_known_field(mut frame: QueryFinalFrame) -> Option<QueryFinalFrame> {
    let extra = std::mem::take(&mut frame.extra);
    let known = frame != QueryFinalFrame::default();
    frame.extra = extra;
    known.then_some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(data: &str) -> Frame {
        Frame::read(data).expect("a frame")
    }

    fn is_final(data: &str) -> bool {
        matches!(read(data), Frame::Final(_))
    }

    #[test]
    fn deltas_carry_text() {
        let openai =
            r#"{"id":"x","object":"chunk","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#;
        assert_eq!(read(openai), Frame::Delta("a".to_owned()));
    }

    #[test]
    fn a_compact_delta_means_what_it_means_with_spaces() {
        for (compact, text) in [
            (r#"{"choices":[{"delta":{"content":"a\"}}]}\u00e9"}}]}"#, "a\"}}]}é"),
            (r#"{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}"#, "a"),
            (r#"{"choices":[{"delta":{"content":"a","content":"b"}}]}"#, "b"),
            (r#"{"choices":[{"delta":{"content":"a"}}],"more":[{"of":{"it":"b"}}]}"#, "a"),
        ] {
            assert_eq!(read(compact), Frame::Delta(text.to_owned()));
            assert_eq!(read(&compact.replacen(':', " : ", 1)), read(compact));
        }
    }

    #[test]
    fn empty_deltas_and_unknown_frames_are_ignored() {
        for data in [
            "",
            "  ",
            r#"{"choices":[{"delta":{"content":""}}]}"#,
            r#"{"choices":[{"delta":{"content":null}}]}"#,
            r#"{"choices":[{"delta":null}]}"#,
            r#"{"choices":[{}]}"#,
            r#"{"choices":[{"delta":{"role":"assistant"}}]}"#,
            r#"{"choices":[{"delta":{}}],"usage":{"output_tokens":1}}"#,
            r#"{"choices":[]}"#,
            r#"{"choices":[],"usage":{"output_tokens":1}}"#,
            r#"{"choices":null}"#,
            r#"{"status":"retrieving"}"#,
            "{}",
            "5",
            "[]",
            "[null]",
            r#"["boom"]"#,
            r#"[{"delta":{"content":"a"}}]"#,
            r#"[[{"delta":{"content":"a"}}]]"#,
            r#"{"choices":[{"delta":{}}],"usage":{"output_tokens":"many"}}"#,
            "null",
            r#""text""#,
        ] {
            assert_eq!(read(data), Frame::Ignored, "{data}");
        }
    }

    #[test]
    fn a_frame_with_a_known_field_and_no_choices_is_the_final_one() {
        for data in [
            r#"{"answer":"a"}"#,
            r#"{"answer":""}"#,
            r#"{"usage":{"output_tokens":1}}"#,
            r#"{"usage":{}}"#,
            r#"{"explanation":{}}"#,
            r#"{"answer_json":{"a":1}}"#,
            r#"{"success":true}"#,
            r#"{"memories_found":0,"new_field":1}"#,
            r#"{"answer":"a","error":null}"#,
            r#"{"choices":[],"answer":"a"}"#,
        ] {
            assert!(is_final(data), "{data}");
        }
    }

    #[test]
    fn errors_of_every_shape_are_errors() {
        for (data, error) in [
            (r#"{"error":"boom"}"#, json!("boom")),
            (r#"{"error":{"message":"boom"}}"#, json!({"message": "boom"})),
            (r#"{"error":null}"#, Value::Null),
            (r#"{"error":""}"#, json!("")),
            (r#"{"error":"boom","answer":"half"}"#, json!("boom")),
            (r#"{"choices":[],"error":"boom"}"#, json!("boom")),
            (r#"{"choices":[{"delta":{}}],"error":"boom"}"#, json!("boom")),
        ] {
            assert_eq!(read(data), Frame::Error(error), "{data}");
        }
    }

    #[test]
    fn what_is_not_json_or_has_a_wrong_type_is_malformed() {
        for data in [
            "{",
            "[",
            "[1,2}",
            "5 5",
            "nonsense",
            r#"{"choices":[{"delta":{"content":"a"}}]} trailing"#,
            r#"{"choices":5}"#,
            r#"{"choices":[{"delta":{"content":5}}]}"#,
            r#"{"answer":5}"#,
            r#"{"memories_found":"many"}"#,
            r#"{"answer":"a"}}"#,
            r#"{"answer":"a","usage":{"output_tokens":"many"}}"#,
        ] {
            assert!(Frame::read(data).is_err(), "{data}");
        }
    }

    #[test]
    fn the_sentinel_is_known() {
        assert_eq!(read("[DONE]"), Frame::Sentinel);
    }
}
