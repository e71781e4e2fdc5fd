//! The path template of an operation.

use percent_encoding::percent_decode_str;

/// Whether this path is one of the template. A segment that the template names may be anything: what is wrong with it is found later.
pub(crate) fn fits(template: &str, path: &str) -> bool {
    let mut texts = path.split('/');
    let fits = |segment: &str| texts.next().is_some_and(|text| name(segment).is_some() || segment == text);
    template.split('/').all(fits) && texts.next().is_none()
}

/// How many segments the template fixes. Of two templates that fit, the one that fixes more is meant.
pub(crate) fn fixed(template: &str) -> usize {
    template.split('/').filter(|segment| name(segment).is_none()).count()
}

/// The segments of the path that the template names: decoded, or what is wrong with them.
pub(crate) fn parameters<'a>(
    template: &'a str,
    path: &'a str,
) -> impl Iterator<Item = (&'a str, Result<String, String>)> {
    template.split('/').zip(path.split('/')).filter_map(|(segment, text)| Some((name(segment)?, decode(text))))
}

fn name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
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
