//! The path of an operation.

use percent_encoding::percent_decode_str;

use crate::mismatch::{Finding, child};

/// A path with names for some of its segments.
#[derive(Debug)]
pub(crate) struct Route {
    segments: Vec<Segment>,
}

#[derive(Debug)]
enum Segment {
    Fixed(String),
    Named(String),
}

impl Route {
    pub(crate) fn parse(template: &str) -> Self {
        let segment = |text: &str| match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(name) => Segment::Named(name.to_owned()),
            None => Segment::Fixed(text.to_owned()),
        };
        Self { segments: template.split('/').map(segment).collect() }
    }

    /// Whether this path is one of the route. A segment that the route names may be anything: what is wrong with it is found later.
    pub(crate) fn fits(&self, path: &str) -> bool {
        let mut texts = path.split('/');
        let fits = |segment: &Segment| match (segment, texts.next()) {
            (Segment::Fixed(fixed), Some(text)) => fixed == text,
            (Segment::Named(_), text) => text.is_some(),
            (_, None) => false,
        };
        self.segments.iter().all(fits) && texts.next().is_none()
    }

    /// How many segments it fixes. Of two routes that fit, the one that fixes more is meant.
    pub(crate) fn fixed(&self) -> usize {
        self.segments.iter().filter(|segment| matches!(segment, Segment::Fixed(_))).count()
    }

    /// The segments of the path that the route names, decoded, and what is wrong with those that cannot be.
    pub(crate) fn parameters<'a>(
        &'a self,
        path: &'a str,
    ) -> impl Iterator<Item = (&'a str, Result<String, Finding>)> + 'a {
        self.segments.iter().zip(path.split('/')).filter_map(|(segment, text)| match segment {
            Segment::Fixed(_) => None,
            Segment::Named(name) => {
                let finding = |problem: String| Finding::new(child("/path", name), problem);
                Some((name.as_str(), decode(text).map_err(finding)))
            }
        })
    }
}

/// The text of a segment.
fn decode(segment: &str) -> Result<String, String> {
    let bytes = segment.as_bytes();
    let escaped = |at: usize| bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let permitted = |at: usize| if bytes[at] == b'%' { escaped(at) } else { stands_for_itself(bytes[at]) };
    if let Some(at) = (0..bytes.len()).find(|at| !permitted(*at)) {
        return Err(format!("is not percent-encoded: it holds {:?}", char::from(bytes[at])));
    }
    let text = percent_decode_str(segment).decode_utf8().map_err(|_| "is not UTF-8".to_owned())?;
    match &*text {
        "" => Err("is empty, so that the URL names another route".to_owned()),
        "." | ".." => Err(format!("is {text:?}, so that the URL names another route")),
        text => Ok(text.to_owned()),
    }
}

/// Whether RFC 3986 lets this character stand for itself in a segment of a path.
fn stands_for_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}
