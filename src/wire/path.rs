//! Path safety: what a bucket name or an id may be, and how it becomes one segment of a URL's path.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Stands for a segment that no URL can hold. [`encode_path`] makes it of nothing else, since it encodes every `!`.
const REFUSED: &str = "!";

/// Refuses what a URL cannot hold as one segment of its path. The WHATWG URL standard drops `.` and takes `..` as "one
/// segment up", even percent-encoded, and an empty segment names the parent's route: `DELETE …/memories/` clears a bucket.
pub(crate) fn check_segment(what: &str, value: &str) -> Result<(), String> {
    if !is_refused(value) {
        return Ok(());
    }
    let value = if value.is_empty() { "empty".to_owned() } else { format!("`{value}`") };
    Err(format!("the {what} must not be {value}: the URL would address another route. Nothing was sent"))
}

fn is_refused(value: &str) -> bool {
    matches!(value, "" | "." | "..")
}

/// Percent-encodes `value` as one segment of a path. The generated code calls this for every path parameter.
pub(crate) fn encode_path(value: &str) -> Cow<'_, str> {
    if is_refused(value) {
        return REFUSED.into();
    }
    utf8_percent_encode(value, SEGMENT).into()
}

/// Whether a path parameter of this URL was refused by [`encode_path`]. Guards the operations of the generated client, which
/// [`check_segment`] does not see.
fn holds_refused_segment(url: &Url, base_url: &str) -> bool {
    // Hardly any path has the character at all.
    if !url.path().contains(REFUSED) {
        return false;
    }
    let below = url.as_str().strip_prefix(base_url).unwrap_or(url.as_str());
    let path = below.split(['?', '#']).next().unwrap_or_default();
    path.split('/').any(|segment| segment == REFUSED)
}

/// The longest URL that the `http` crate takes, in bytes.
const LONGEST_URL: usize = 65_534;

/// Why a URL cannot be sent, if it cannot: what was to be one segment of it would make it another route, or is too long.
pub(crate) fn check_url(url: &Url, base_url: &str) -> Result<(), String> {
    if holds_refused_segment(url, base_url) {
        let problem = "a bucket name or an id is empty, `.` or `..`, so that the URL would address another route";
        return Err(problem.to_owned());
    }
    match url.as_str().len() {
        0..=LONGEST_URL => Ok(()),
        length => Err(format!(
            "a bucket name, an id or a parameter is too long: the URL would have {length} bytes, and {LONGEST_URL} can be sent. Nothing was sent"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_becomes_exactly_one_segment() {
        for value in ["user 123/spaces%", "a\\b", "..\\..", "...", "%2e%2e", "\u{1F9E0} é\n\t#?", "!", "a;b&c=d+e"] {
            let url = Url::parse(&format!("http://host/v1/{}/end", encode_path(value))).expect("a URL");
            let segments: Vec<_> = url.path_segments().expect("a path").collect();
            assert_eq!(segments.len(), 3, "{value:?} became {url}");
            let decoded = percent_encoding::percent_decode_str(segments[1]).decode_utf8().expect("UTF-8");
            assert_eq!(decoded, value);
            assert!(!holds_refused_segment(&url, "http://host"));
        }
        assert_eq!(encode_path("user 123/spaces%"), "user%20123%2Fspaces%25");
    }

    #[test]
    fn what_would_name_another_route_is_refused() {
        for value in ["", ".", ".."] {
            assert!(check_segment("bucket", value).is_err());
            let url = Url::parse(&format!("http://host/v1/{}/end", encode_path(value))).expect("a URL");
            assert!(holds_refused_segment(&url, "http://host"));
        }
    }
}
