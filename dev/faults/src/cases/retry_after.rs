//! 429, and how long the client waits then.

use std::time::SystemTime;

use super::common::*;

const SECOND: Duration = Duration::from_secs(1);
/// What chance adds to a wait at most.
const JITTER: f64 = 1.1;

pub(super) fn cases() -> Vec<Case> {
    let past = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH);
    let once = |name, value: &str, waits| retried(name, busy(value), waits);
    vec![
        retried("none", Answer::empty(429), SECOND),
        once("0", "0", Duration::ZERO),
        once("1", "1", SECOND),
        once("1.5", "1.5", SECOND * 3 / 2),
        once("-5", "-5", SECOND),
        once("abc", "abc", SECOND),
        once("empty", "", SECOND),
        once("1e400", "1e400", SECOND),
        once("NaN", "NaN", SECOND),
        // The first one counts.
        retried("twice, 1 and 2", busy("2").header("retry-after", "1"), SECOND),
        retried(
            "no text",
            Answer::raw(b"HTTP/1.1 429 X\r\nretry-after: \xff\xfe\r\ncontent-length: 0\r\n\r\n"),
            SECOND,
        ),
        once("an HTTP date in the past", &past, Duration::ZERO),
        // Dates have whole seconds: it is up to one second nearer than it looks.
        retried("an HTTP date 4 s ahead", Answer::made_now(in_4_seconds), SECOND * 3).takes(SECOND * 5 / 2..SECOND * 5),
        // By the server's own clock it is 2 s ahead, whatever the client's says.
        retried("an HTTP date 2 s ahead, by a clock that is late", dated("Wed, 21 Oct 2015 07:28"), SECOND * 2),
        retried("an HTTP date 2 s ahead, by a clock that is early", dated("Mon, 21 Oct 2199 07:28"), SECOND * 2),
        // Waiting brings nothing.
        store("1, and what is used up is a quota", spent(), api(429, "").code("insufficient_quota")),
        once("100000, over the longest wait", "100000", SECOND).longest_wait(SECOND),
        store("0, again and again", busy("0"), api(429, "after 4 attempts").attempts(4)).requests(4),
        store("1, and no retry is wanted", busy("1"), api(429, "")).retries(0),
        store("0, then the connection closes", busy("0"), transport(UNKNOWN))
            .then(Answer::silence().close())
            .requests(1 + SENT_AGAIN),
        store("0, then 500", busy("0"), api(500, "").attempts(2)).then(Answer::empty(500)).requests(2),
        store("0 with a body that is no JSON", busy_page(), stored()).then(stored_answer()).requests(2),
        case("0, while a stream opens", QueryStream, busy("0"), streams(&["a"], "a"))
            .then(Answer::sse([&delta("a"), r#"{"answer":"a"}"#, "[DONE]"]))
            .requests(2),
        store("503 with 0 is not sent again", Answer::empty(503).header("retry-after", "0"), api(503, "")),
    ]
}

/// One 429, then success.
fn retried(name: &'static str, busy: Answer, waits: Duration) -> Case {
    let expected: Expected = stored();
    case(name, StoreMemory, busy, expected).then(stored_answer()).requests(2).takes(waits..waits.mul_f64(JITTER))
}

fn busy(retry_after: &str) -> Answer {
    Answer::empty(429).header("retry-after", retry_after)
}

/// 429 until 4 s from now, by the clock that client and server share.
fn in_4_seconds() -> Answer {
    busy(&httpdate::fmt_http_date(SystemTime::now() + SECOND * 4))
}

/// 429 at the beginning of this minute of the server's, until 2 s after it.
fn dated(minute: &str) -> Answer {
    busy(&format!("{minute}:02 GMT")).header("date", &format!("{minute}:00 GMT"))
}

fn spent() -> Answer {
    let body = json!({ "error": { "message": "You exceeded your quota", "code": "insufficient_quota" } });
    Answer::json(429, &body).header("retry-after", "1")
}

fn busy_page() -> Answer {
    Answer::text(429, "text/html", "<html>busy</html>").header("retry-after", "0")
}
