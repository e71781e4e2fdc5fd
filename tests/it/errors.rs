//! How failures look: every one is an `EngramError` that says in one line what happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::error::Error as _;
use std::time::Duration;

use crate::support::{Answer, Gate, KEY, Server, assert_one_short_line, every_operation};
use lumetra_engram::{EngramClient, EngramError, ErrorBody};
use lumetra_engram_local::LocalServer;
use serde_json::{Value, json};

const SHORT: Duration = Duration::from_millis(60);

/// What becomes of a call that is answered so.
async fn error_of(answer: Answer) -> EngramError {
    let server = Server::start([answer]).await;
    let engram = server.builder().max_retries_on_429(0).build().unwrap();
    let error = engram.list_buckets().await.unwrap_err();
    assert_one_short_line(&error);
    error
}

fn api_error(error: EngramError) -> lumetra_engram::ApiError {
    let EngramError::Api(error) = error else { panic!("not an answer of the API: {error:?}") };
    *error
}

#[tokio::test]
async fn every_status_is_an_error_of_the_api_for_every_operation() {
    for status in [400, 401, 403, 404, 409, 412, 413, 422, 429, 500, 502, 503, 301, 302, 304, 307, 418, 451, 599] {
        let answer = Answer::json(status, &json!({ "error": "no such luck" }));
        let server = Server::always(answer).await;
        let engram = server.builder().max_retries_on_429(0).adaptive_concurrency(false).build().unwrap();
        for (line, call) in every_operation(&engram) {
            let error = call.await.unwrap_err();
            // An answer with 304 has no body.
            let said = if status == 304 { "Not Modified" } else { "no such luck" };
            assert_eq!(error.to_string(), format!("Engram API {status}: {said}"), "{line}");
            assert_eq!(error.status().map(u16::from), Some(status), "{line}");
        }
    }
}

#[tokio::test]
async fn the_message_and_the_code_are_found_wherever_they_are() {
    let cases = [
        (json!({ "error": "BYOK not configured" }), "BYOK not configured", None),
        (json!({ "error": "BYOK_REQUIRED" }), "BYOK_REQUIRED", Some("BYOK_REQUIRED")),
        (json!({ "error": "No key", "code": "BYOK_REQUIRED" }), "No key", Some("BYOK_REQUIRED")),
        (json!({ "code": "BYOK_REQUIRED" }), "BYOK_REQUIRED", Some("BYOK_REQUIRED")),
        (json!({ "error": { "message": "No key", "code": "BYOK_REQUIRED" } }), "No key", Some("BYOK_REQUIRED")),
        (json!({ "error": { "code": "BYOK_REQUIRED" } }), "BYOK_REQUIRED", Some("BYOK_REQUIRED")),
        (json!({ "error": { "details": { "code": "X_1" }, "message": "No" } }), "No", Some("X_1")),
        (json!({ "detail": "Not there" }), "Not there", None),
        (json!({ "detail": [{ "loc": ["body"], "msg": "field required" }] }), "field required", None),
        (json!({ "detail": { "code": "X_1", "message": "No" } }), "No", Some("X_1")),
        (json!({ "message": "Not there" }), "Not there", None),
        (json!({ "error": null, "message": "Not there" }), "Not there", None),
        (json!({ "error": "two\nlines\r\n\tand  more" }), "two lines and more", None),
        (json!({ "error": "\u{1b}[31mred\u{7}\u{0}end" }), "[31mred end", None),
        (json!({ "error": 5 }), "Precondition Failed", None),
        (json!({ "error": true, "code": 17 }), "Precondition Failed", None),
        (json!({}), "Precondition Failed", None),
        (json!("a text"), "a text", None),
        (json!(5), "Precondition Failed", None),
        (json!(null), "Precondition Failed", None),
        (json!([]), "Precondition Failed", None),
    ];
    for (body, message, code) in cases {
        let error = error_of(Answer::json(412, &body)).await;
        assert_eq!(error.to_string(), format!("Engram API 412: {message}"), "{body}");
        assert_eq!(error.code(), code, "{body}");
        assert_eq!(error.body(), Some(&ErrorBody::Json(body)));
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_kept_as_text() {
    let html = "<html>\n<body>502 Bad Gateway</body></html>";
    let cases: [(&str, &[u8], &str, &str); 7] = [
        ("text/plain", b"bad key", "bad key", "bad key"),
        ("text/plain", b"upstream\nis away\n", "upstream is away", "upstream\nis away\n"),
        ("text/html", html.as_bytes(), "Bad Gateway (text/html body)", html),
        ("text/plain", b"", "Bad Gateway (text/plain body)", ""),
        ("application/json", b"", "Bad Gateway", ""),
        ("application/json", b"{\"error\":", "{\"error\":", "{\"error\":"),
        ("application/octet-stream", b"\xff\xfe no", "\u{FFFD}\u{FFFD} no", "\u{FFFD}\u{FFFD} no"),
    ];
    for (content_type, body, message, kept) in cases {
        let error = error_of(Answer::text(502, content_type, body)).await;
        assert_eq!(error.to_string(), format!("Engram API 502: {message}"));
        assert_eq!(error.body(), Some(&ErrorBody::Text(kept.to_owned())));
        assert_eq!(error.code(), None);
    }
    assert_eq!(error_of(Answer::empty(500)).await.to_string(), "Engram API 500: Internal Server Error");
}

#[tokio::test]
async fn a_huge_body_is_capped_and_its_message_too() {
    for body in ["x".repeat(200_000), json!({ "error": "y".repeat(200_000) }).to_string(), "\u{1F9E0}".repeat(60_000)] {
        let error = error_of(Answer::text(500, "text/plain", &body)).await;
        let ErrorBody::Text(kept) = api_error(error).body else { panic!("a body that is cut is no JSON") };
        assert!(kept.len() <= 65_536 + 3 && kept.len() >= 65_533, "{} bytes are kept", kept.len());
    }
    let long = error_of(Answer::json(500, &json!({ "error": "z".repeat(10_000) }))).await;
    assert!(long.to_string().ends_with('…'));
    let ErrorBody::Json(body) = api_error(long).body else { panic!("it is JSON") };
    assert_eq!(body["error"].as_str().map(str::len), Some(10_000), "only the line is shortened");
}

#[tokio::test]
async fn an_error_whose_body_breaks_off_keeps_its_status() {
    let head = "HTTP/1.1 503 X\r\ncontent-length: 1000\r\n\r\n";
    let error = error_of(Answer::raw(format!("{head}the model is")).close()).await;
    assert_eq!(error.to_string(), "Engram API 503: the model is");
}

#[tokio::test(start_paused = true)]
async fn an_error_whose_body_does_not_come_in_time_keeps_its_status() {
    let slow = Answer::raw("HTTP/1.1 401 X\r\ncontent-length: 1000\r\n\r\nbad key").wait(&Gate::new());
    let server = Server::always(slow).await;
    let engram = server.client();
    for (line, call) in every_operation(&engram) {
        let error = crate::support::on_paused_time(10 * SHORT, call).await.0.unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(401), "{line}: {error:?}");
        assert!(error.is_unauthorized(), "{line}: {error:?}");
    }
}

#[tokio::test]
async fn the_questions_have_one_answer_each() {
    type Question = fn(&EngramError) -> bool;
    let questions: [(u16, Question); 4] = [
        (401, EngramError::is_unauthorized),
        (404, EngramError::is_not_found),
        (409, EngramError::is_conflict),
        (429, EngramError::is_rate_limited),
    ];
    for status in [400, 401, 403, 404, 409, 412, 422, 429, 500] {
        let error = error_of(Answer::json(status, &json!({ "error": "BYOK_REQUIRED" }))).await;
        for (meant, question) in questions {
            assert_eq!(question(&error), status == meant, "{status} and {meant}");
        }
        assert_eq!(error.is_byok_required(), status == 412, "{status}");
        assert!(!error.is_profiler_not_installed() && !error.is_timeout() && !error.is_connect());
    }
}

#[tokio::test]
async fn the_two_meanings_of_412_are_told_apart_wherever_the_code_is() {
    let bodies = |code: &str, said: &str| -> Vec<Answer> {
        let json = [
            json!({ "error": code }),
            json!({ "error": said }),
            json!({ "error": said, "code": code }),
            json!({ "code": code }),
            json!({ "error": { "code": code, "message": "see the documentation" } }),
            json!({ "detail": { "reason": [{ "code": code }] } }),
            json!({ "detail": code }),
        ];
        let text = Answer::text(412, "text/plain", format!("Precondition Failed: {code}"));
        json.iter().map(|body| Answer::json(412, body)).chain([text]).collect()
    };
    for answer in bodies("BYOK_REQUIRED", "No model provider key configured") {
        let error = error_of(answer).await;
        assert!(error.is_byok_required() && !error.is_profiler_not_installed(), "{error:?}");
    }
    for answer in bodies("BUCKET_PROFILER_NOT_INSTALLED", "No Bucket Profiler is installed") {
        let error = error_of(answer).await;
        assert!(error.is_profiler_not_installed() && !error.is_byok_required(), "{error:?}");
    }
    let neither = error_of(Answer::json(412, &json!({ "error": "no" }))).await;
    assert!(!neither.is_profiler_not_installed() && !neither.is_byok_required());
}

#[tokio::test]
async fn a_code_decides_even_where_the_words_around_it_speak_of_the_other() {
    let body = json!({ "error": "The Bucket Profiler needs a model's key", "code": "BYOK_REQUIRED" });
    let error = error_of(Answer::json(412, &body)).await;
    assert!(error.is_byok_required() && !error.is_profiler_not_installed(), "{error:?}");
    let body = json!({
        "error": "Bucket `byok` has no profiler; install one, then set its model provider",
        "code": "BUCKET_PROFILER_NOT_INSTALLED",
    });
    let error = error_of(Answer::json(412, &body)).await;
    assert!(error.is_profiler_not_installed() && !error.is_byok_required(), "{error:?}");
}

#[tokio::test]
async fn retry_after_is_told_with_any_status() {
    let error = error_of(Answer::empty(503).header("retry-after", "7.5")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_millis(7500)));
    assert_eq!(error_of(Answer::empty(503)).await.retry_after(), None);
    assert_eq!(error_of(Answer::empty(503).header("retry-after", "soon")).await.retry_after(), None);
}

#[tokio::test]
async fn redirects_are_not_followed_to_another_server() {
    let elsewhere = Server::start([]).await;
    for status in [301, 302, 303, 307, 308] {
        let redirect = Answer::empty(status).header("location", &format!("{}/v1/query", elsewhere.url()));
        let server = Server::always(redirect).await;
        for (line, call) in every_operation(&server.client()) {
            let error = call.await.unwrap_err();
            assert_eq!(error.status().map(u16::from), Some(status), "{line}");
            assert!(error.to_string().contains(&elsewhere.url()), "it is of use to know where to: {error}");
            assert_one_short_line(&error);
        }
    }
    assert_eq!(elsewhere.connections(), 0, "the key and the body stay here");
}

#[tokio::test]
async fn redirects_are_not_followed_to_the_same_server() {
    let server = Server::start([Answer::empty(302).header("location", "/v1/buckets")]).await;
    let error = server.client().list_buckets().await.unwrap_err();
    assert!(error.to_string().starts_with("Engram API 302: Found to /v1/buckets"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_refused_connection_was_never_made() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let engram = EngramClient::builder().api_key(KEY).base_url(url).build().unwrap();
    for (line, call) in every_operation(&engram) {
        let error = call.await.unwrap_err();
        assert!(matches!(error, EngramError::Transport(_)) && error.is_connect(), "{line}: {error:?}");
        assert!(error.status().map(u16::from).is_none() && !error.is_timeout());
        assert!(error.to_string().contains("nothing was sent"), "{error}");
        assert_one_short_line(&error);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_without_an_answer_may_have_done_its_work() {
    for broken in [Answer::silence().close(), Answer::silence().reset(), Answer::raw("HTTP/1.1 200").close()] {
        let server = Server::always(broken).await;
        for (line, call) in every_operation(&server.client()) {
            let error = call.await.unwrap_err();
            assert!(matches!(error, EngramError::Transport(_)) && !error.is_connect(), "{line}: {error:?}");
            assert!(error.status().map(u16::from).is_none());
            assert!(error.to_string().contains("may have taken effect"), "{error}");
            assert_one_short_line(&error);
        }
    }
}

#[tokio::test]
async fn what_is_no_http_is_an_error_of_the_transport() {
    let error = error_of(Answer::raw("SSH-2.0-OpenSSH_9.6\r\n\r\n").close()).await;
    assert!(matches!(error, EngramError::Transport(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn no_answer_in_time_is_a_timeout() {
    let limit = Duration::from_secs(60);
    let server = Server::always(Answer::silence()).await;
    let engram = server.builder().timeout(limit).stream_timeout(limit).build().unwrap();
    let all = every_operation(&engram);
    let count = all.len();
    for (line, call) in all {
        let (outcome, waited) = crate::support::on_paused_time(limit / 60, call).await;
        let error = outcome.unwrap_err();
        assert!(matches!(error, EngramError::Timeout(_)) && error.is_timeout(), "{line}: {error:?}");
        assert!(waited >= limit && error.status().map(u16::from).is_none() && !error.is_connect(), "{line}");
        assert!(error.to_string().contains("may have taken effect"), "{error}");
        assert_one_short_line(&error);
    }
    assert_eq!(server.requests().len(), count, "none is sent twice");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_in_time_is_a_timeout_of_an_accepted_call() {
    let slow = Answer::raw("HTTP/1.1 201 X\r\ncontent-length: 100\r\n\r\n{\"id\":").wait(&Gate::new());
    let server = Server::start([slow]).await;
    let call = server.client().store_memory("x").send();
    let error = crate::support::on_paused_time(SHORT, call).await.0.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(error.status().map(u16::from), Some(201));
    assert!(error.to_string().contains("accepted the call (HTTP 201)"), "{error}");
    assert_one_short_line(&error);
}

#[tokio::test(start_paused = true)]
async fn the_timeouts_are_thirty_seconds_and_five_minutes_by_default() {
    let server = Server::start([Answer::silence(), Answer::silence()]).await;
    let engram = server.client();
    let (outcome, waited) = crate::support::on_paused_time(SHORT, engram.list_buckets().send()).await;
    assert!(outcome.unwrap_err().is_timeout());
    assert!(waited >= Duration::from_secs(30) && waited < Duration::from_secs(35), "{waited:?}");
    let (outcome, waited) = crate::support::on_paused_time(10 * SHORT, engram.query_stream("q").send()).await;
    assert!(outcome.unwrap_err().is_timeout());
    assert!(waited >= Duration::from_secs(300) && waited < Duration::from_secs(330), "{waited:?}");
}

#[tokio::test]
async fn the_longest_durations_are_no_reason_to_panic() {
    let server = Server::always(Answer::json(200, &crate::support::answer_for_all())).await;
    let builder = server.builder().timeout(Duration::MAX).stream_timeout(Duration::MAX);
    let engram = builder.connect_timeout(Duration::MAX).max_retry_delay(Duration::MAX).build().unwrap();
    for (line, call) in every_operation(&engram) {
        assert!(call.await.is_ok(), "{line}");
    }
    engram.query_stream("q").await.unwrap().finish().await.unwrap();
}

#[tokio::test]
async fn every_error_shows_its_kind_and_only_the_server_sets_a_status() {
    let server = Server::start([]).await;
    let invalid = server.client().delete_bucket("..").await.unwrap_err();
    let config = EngramClient::builder().api_key("").base_url(server.url()).build().unwrap_err();
    for (error, beginning) in [(invalid, "invalid Engram request: "), (config, "Engram client configuration: ")] {
        assert!(error.to_string().starts_with(beginning), "{error}");
        assert_eq!(
            (error.status().map(u16::from), error.code(), error.body(), error.retry_after()),
            (None, None, None, None)
        );
        assert!(!error.is_timeout() && !error.is_connect() && !error.is_unauthorized());
    }
}

#[tokio::test]
async fn an_absurdly_nested_body_is_text() {
    let body = "[".repeat(50_000);
    let error = error_of(Answer::text(500, "application/json", &body)).await;
    assert_eq!(error.body(), Some(&ErrorBody::Text(body)));
    let body: Value = (0..100).fold(json!("deep"), |inner, _| json!({ "error": inner }));
    assert_eq!(error_of(Answer::json(500, &body)).await.to_string(), "Engram API 500: deep");
}

#[tokio::test]
async fn a_missing_route_is_no_missing_bucket_and_asks_about_the_base_url() {
    let json = |body: Value| Answer::json(404, &body);
    for (answer, is_not_found, asks) in [
        (json(json!({ "error": "Bucket not found" })), true, false),
        (json(json!({ "error": "no such bucket" })), true, false),
        // The server's words may hold a name, which may be any word.
        (json(json!({ "error": "Bucket 'curl-notes' not found" })), true, false),
        (json(json!({ "error": "Bucket \"route-planner\" does not exist" })), true, false),
        (json(json!({ "error": "There is no bucket endpoint-paths" })), true, false),
        (json(json!({ "detail": "Memory m1 does not exist" })), true, false),
        (json(json!({ "error": "There is no such route" })), false, true),
        (json(json!({ "message": "Cannot GET /v2/v1/buckets" })), false, true),
        (json(json!({ "message": "Route GET:/v1/buckets not found", "statusCode": 404 })), false, true),
        (json(json!({ "error": "Endpoint not found" })), false, true),
        (json(json!({ "error": "No route for GET /v2/v1/buckets" })), false, true),
        (json(json!({ "detail": "Not Found" })), true, true),
        (Answer::empty(404), true, true),
        (Answer::text(404, "text/html", "<html>404 Not Found</html>"), false, true),
        (Answer::text(404, "text/plain", "404 page not found"), false, true),
    ] {
        let error = error_of(answer).await;
        assert_eq!(error.is_not_found(), is_not_found, "{error}");
        assert_eq!(error.to_string().contains("check the base URL"), asks, "{error}");
        assert_one_short_line(&error);
    }
}

/// The messages of an error and of its sources.
fn chain(error: &EngramError) -> Vec<String> {
    let mut chain = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        chain.push(error.to_string());
        source = error.source();
    }
    chain
}

#[tokio::test(start_paused = true)]
async fn no_error_says_again_what_its_source_says() {
    let open = |content_type| Answer::open(content_type);
    for answer in [
        Answer::silence().close(),
        Answer::text(200, "application/json", "{"),
        Answer::text(200, "text/html", "<html>"),
        Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{").close(),
        Answer::raw("nonsense\r\n\r\n").close(),
        open("application/json").stall(),
        Answer::silence(),
        Answer::empty(500),
    ] {
        let server = Server::always(answer).await;
        let engram = server.builder().timeout(Duration::from_secs(60)).build().unwrap();
        let step = Duration::from_secs(1);
        let asked = crate::support::on_paused_time(step, engram.query("q")).await.0.unwrap_err();
        let listed = crate::support::on_paused_time(step, engram.list_buckets()).await.0.unwrap_err();
        for error in [asked, listed] {
            let chain = chain(&error);
            for (index, message) in chain.iter().enumerate() {
                let repeated: Vec<_> = chain[index + 1..].iter().filter(|cause| message.contains(*cause)).collect();
                assert!(repeated.is_empty(), "{message:?} says again {repeated:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_error_of_the_connection_says_where_to() {
    let refused = EngramClient::builder().api_key(KEY).base_url("http://127.0.0.1:1").build().unwrap();
    let error = refused.list_buckets().await.unwrap_err();
    assert!(error.to_string().contains("cannot connect to http://127.0.0.1:1: "), "{error}");
    assert!(error.is_connect() && error.to_string().to_lowercase().contains("refused"), "{error}");

    let server = Server::always(Answer::silence().close()).await;
    let error = server.client().list_buckets().await.unwrap_err();
    assert!(error.to_string().contains(&format!("the connection to {} broke", server.url())), "{error}");
    assert!(!error.is_connect(), "{error:?}");

    let unknown = EngramClient::builder().api_key(KEY).base_url("https://no-such-host.invalid/base").build().unwrap();
    let error = unknown.list_buckets().await.unwrap_err();
    assert!(error.to_string().contains("https://no-such-host.invalid:443: "), "{error}");
}

#[tokio::test]
async fn tls_on_one_side_alone_asks_about_the_base_url() {
    let server = LocalServer::builder().in_memory().start().await.unwrap();
    let https = server.base_url().replace("http://", "https://");
    let engram = EngramClient::builder().api_key(KEY).base_url(https).build().unwrap();
    let error = engram.list_buckets().await.unwrap_err();
    assert!(error.to_string().contains("its base URL must begin with http://"), "{error}");

    // What a server with TLS sends to a request in the clear: a fatal alert.
    let server = Server::always(Answer::raw("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{16}").close()).await;
    let error = server.client().list_buckets().await.unwrap_err();
    assert!(error.to_string().contains("its base URL must begin with https://"), "{error}");
}
