//! Answers that say that the call failed.

use super::common::*;

pub(super) fn cases() -> Vec<Case> {
    let json = |status, body| Answer::json(status, &body);
    let head = |status: u16, rest: &str| Answer::raw(format!("HTTP/1.1 {status} X\r\n{rest}"));
    vec![
        store("400 without a body", Answer::empty(400), api(400, "Engram API 400: Bad Request")),
        store("401 as plain text", Answer::text(401, "text/plain", "bad key"), api(401, "Engram API 401: bad key")),
        store("401 that echoes the key", json(401, json!({ "error": format!("no such key: {KEY}") })), api(401, "no such key: ")),
        store("403", json(403, json!({ "error": "forbidden" })), api(403, "Engram API 403: forbidden")),
        case("404", ListMemories, json(404, json!({ "error": "Bucket not found" })), api(404, "Bucket not found")),
        case("404 of a route", ListMemories, json(404, json!({ "error": "There is no such route" })), api(404, "base URL")),
        case("404 of a web site", ListMemories, Answer::text(404, "text/html", "<h1>Not found</h1>"), api(404, "base URL")),
        store("409 that begins with a byte order mark", Answer::text(409, "application/json", "\u{FEFF}{\"error\":\"busy\",\"code\":\"BUSY\"}"), api(409, "busy").code("BUSY")),
        case("409", CreateBucket, json(409, json!({ "error": "Bucket already exists" })), api(409, "already exists")),
        store("412 with the code in `error`", json(412, json!({ "error": "BYOK_REQUIRED" })), api(412, "BYOK_REQUIRED").code("BYOK_REQUIRED")),
        store("412 with the code beside it", json(412, json!({ "error": "BYOK not configured", "code": "BYOK_REQUIRED" })), api(412, "Engram API 412: BYOK not configured").code("BYOK_REQUIRED")),
        store("412 with the code deep inside", json(412, json!({ "error": { "message": "no key", "detail": { "code": "BYOK_REQUIRED" } } })), api(412, "no key").code("BYOK_REQUIRED")),
        case("412 of the other kind", RegenerateProfile, json(412, json!({ "error": "none", "code": "BUCKET_PROFILER_NOT_INSTALLED" })), api(412, "none").code("BUCKET_PROFILER_NOT_INSTALLED")),
        store("413 while the body is sent", Answer::empty(413), api(413, "")),
        store("422 with a list of problems", json(422, json!({ "detail": [{ "msg": "content is too long" }] })), api(422, "content is too long")),
        store("500 without a word", json(500, json!({ "error": null })), api(500, "Internal Server Error")),
        store("502 with the page of a gateway", Answer::text(502, "text/html", "<html><h1>Bad Gateway</h1></html>"), api(502, "Engram API 502: Bad Gateway (text/html body)")),
        store("503 with the page of a gateway's limit", Answer::text(503, "text/html", "<html><h1>Service Unavailable</h1></html>"), api(503, "Engram API 503: Service Unavailable (text/html body)")),
        store("504 with the page of a gateway", Answer::text(504, "text/html", "<html><h1>Gateway Time-out</h1></html>"), api(504, "Engram API 504: Gateway Timeout (text/html body)")),
        store("503 with invalid UTF-8", Answer::text(503, "text/plain", b"\xff\xfe no"), api(503, " no")),
        store("599", Answer::empty(599), api(599, "Engram API 599")),
        store("a status of 777", Answer::empty(777), api(777, "Engram API 777")),
        store("500 in several lines", json(500, json!({ "error": "one\r\ntwo\nEngram API 200: three" })), api(500, "one two Engram API 200: three")),
        store("500 with JSON nested 100,000 deep", Answer::text(500, "application/json", "[".repeat(100_000)), api(500, "")),
        store("500 with a body that stops short", head(500, "content-length: 999\r\n\r\n{\"error\":").close(), api(500, "")),
        store("500 with a body that stalls", head(500, "content-length: 999\r\n\r\nslow").stall(), api(500, "")).times_out_after(SHORT),
        store("500 with a broken chunk", head(500, "transfer-encoding: chunked\r\n\r\n3\r\noops\r\n"), api(500, "")),
        store(
            "500 with a body without end",
            head(500, "transfer-encoding: chunked\r\n\r\n").repeat(chunk(&vec![b'x'; MIB]), 64, Duration::ZERO).close(),
            api(500, ""),
        ),
        case("a refusal of a stream", QueryStream, json(404, json!({ "error": "Bucket not found" })), api(404, "Engram API 404: Bucket not found")),
        case("a refusal of a stream, in a stream", QueryStream, Answer::raw("HTTP/1.1 500 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\ndata: {\"error\":\"boom\"}\n\n").close(), api(500, "")),
    ]
}
