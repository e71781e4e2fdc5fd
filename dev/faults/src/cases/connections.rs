//! The connection itself.

use super::common::*;

const PAGE: &str = r#"{"memories":[{"id":"m1","content":"c"}],"total":1}"#;

pub(super) fn cases() -> Vec<Case> {
    let greeted = |name, greeting, expected| {
        let scene = Scene::Played { greeting: Some(greeting), answers: vec![Answer::silence()] };
        Case::new(name, StoreMemory, scene, expected)
    };
    vec![
        Case::new("refuses the connection", StoreMemory, Scene::Refused, transport("nothing was sent")),
        Case::new("refuses it, and is named", StoreMemory, Scene::Refused, transport("to http://127.0.0.1:")),
        Case::new("takes no connection", StoreMemory, Scene::Full, timeout("nothing was sent"))
            .does_not_connect_for(SHORT),
        greeted("accepts and closes", Answer::silence().close(), transport(UNKNOWN)),
        greeted(
            "accepts and resets",
            // The pause lets the client see that it is connected.
            Answer::silence().repeat("", 1, SHORT / 5).reset(),
            transport(UNKNOWN),
        ),
        store("closes after the request", Answer::silence().close(), transport(UNKNOWN)).requests(SENT_AGAIN),
        store("resets after the request", Answer::silence().reset(), transport(UNKNOWN)).requests(SENT_AGAIN),
        store("never answers", Answer::silence().stall(), timeout(UNKNOWN)).times_out_after(SHORT),
        case("never answers a stream's request", QueryStream, Answer::silence().stall(), timeout(UNKNOWN))
            .times_out_after(SHORT),
        greeted("never answers the TLS handshake", Answer::silence().stall(), timeout("nothing was sent"))
            .https()
            .does_not_connect_for(SHORT),
        greeted(
            "answers the TLS handshake in plain HTTP",
            Answer::raw("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").close(),
            transport("if the server does not use TLS, its base URL must begin with http://"),
        )
        .https(),
        store(
            "answers plain HTTP with an alert of TLS",
            Answer::raw(b"\x15\x03\x03\x00\x02\x02\x46").close(),
            transport("if the server uses TLS, its base URL must begin with https://"),
        ),
        case(
            "closes the connection after the answer",
            DeleteMemory("m1"),
            with_head("content-length: 2\r\n", "{}").close(),
            nothing(),
        )
        .first(DeleteMemory("m0")),
        // As where its idle time ends when the request is on its way.
        case("closes a kept connection at the next request, a list", ListMemories, ok(PAGE), listed())
            .then(Answer::silence().close())
            .then(ok(PAGE))
            .first(ListMemories)
            .requests(3),
        store("closes a kept connection at the next request, a store", stored_answer(), stored())
            .then(Answer::silence().reset())
            .then(stored_answer())
            .first(StoreMemory)
            .requests(3),
        store(
            "announces that it closes, and closes",
            with_head(&format!("connection: close\r\ncontent-length: {}\r\n", STORED.len()), STORED).close(),
            stored(),
        )
        .first(StoreMemory),
        store("sends the answer byte by byte", Answer::silence().drip(whole(), Duration::ZERO), stored()),
    ]
}

fn listed() -> Expected {
    returns(json!({ "memories": [{ "id": "m1" }] }))
}

fn whole() -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{STORED}", STORED.len())
}
