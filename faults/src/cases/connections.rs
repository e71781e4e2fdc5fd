//! The connection itself.

use std::time::Duration;

use serde_json::json;

use super::{SENT_AGAIN, SHORT, STORED, nothing, ok, stored, stored_answer, with_head};
use crate::answer::Answer;
use crate::call::Call;
use crate::case::{Case, Expected, returns, timeout, transport};
use crate::stage::Scene;

const PAGE: &str = r#"{"memories":[{"id":"m1","content":"c"}],"total":1}"#;

pub(super) fn cases() -> Vec<Case> {
    let store = Call::StoreMemory;
    let greeted = |name, greeting, expected| {
        let scene = Scene::Played { greeting: Some(greeting), answers: vec![Answer::silence()] };
        Case::new(name, Call::StoreMemory, scene, expected)
    };
    vec![
        Case::new("refuses the connection", store.clone(), Scene::Refused, transport("nothing was sent").into()),
        Case::new("refuses it, and is named", store.clone(), Scene::Refused, transport("to http://127.0.0.1:").into()),
        Case::new("takes no connection", store.clone(), Scene::Full, timeout("nothing was sent").into())
            .does_not_connect_for(SHORT),
        greeted("accepts and closes", Answer::silence().close(), transport("the call may have taken effect").into()),
        greeted(
            "accepts and resets",
            // The pause lets the client see that it is connected.
            Answer::silence().repeat("", 1, SHORT / 5).reset(),
            transport("the call may have taken effect").into(),
        ),
        Case::answered(
            "closes after the request",
            store.clone(),
            Answer::silence().close(),
            transport("the call may have taken effect").into(),
        )
        .requests(SENT_AGAIN),
        Case::answered(
            "resets after the request",
            store.clone(),
            Answer::silence().reset(),
            transport("the call may have taken effect").into(),
        )
        .requests(SENT_AGAIN),
        Case::answered(
            "never answers",
            store.clone(),
            Answer::silence().stall(),
            timeout("the call may have taken effect").into(),
        )
        .times_out_after(SHORT),
        Case::answered(
            "never answers a stream's request",
            Call::QueryStream,
            Answer::silence().stall(),
            timeout("the call may have taken effect").into(),
        )
        .times_out_after(SHORT),
        greeted("never answers the TLS handshake", Answer::silence().stall(), timeout("nothing was sent").into())
            .https()
            .does_not_connect_for(SHORT),
        greeted(
            "answers the TLS handshake in plain HTTP",
            Answer::raw("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").close(),
            transport("if the server has no TLS, its base URL begins with http://").into(),
        )
        .https(),
        Case::answered(
            "answers plain HTTP with an alert of TLS",
            store.clone(),
            Answer::raw(b"\x15\x03\x03\x00\x02\x02\x46").close(),
            transport("if the server has TLS, its base URL begins with https://").into(),
        ),
        Case::answered(
            "closes the connection after the answer",
            Call::DeleteMemory("m1"),
            with_head("content-length: 2\r\n", "{}").close(),
            nothing(),
        )
        .first(Call::DeleteMemory("m0")),
        // As where its idle time ends when the request is on its way.
        Case::answered("closes a kept connection at the next request, a list", Call::ListMemories, ok(PAGE), listed())
            .then(Answer::silence().close())
            .then(ok(PAGE))
            .first(Call::ListMemories)
            .requests(3),
        Case::answered(
            "closes a kept connection at the next request, a store",
            store.clone(),
            stored_answer(),
            stored(),
        )
        .then(Answer::silence().reset())
        .then(stored_answer())
        .first(Call::StoreMemory)
        .requests(3),
        Case::answered(
            "announces that it closes, and closes",
            store.clone(),
            with_head(&format!("connection: close\r\ncontent-length: {}\r\n", STORED.len()), STORED).close(),
            stored(),
        )
        .first(Call::StoreMemory),
        Case::answered(
            "sends the answer byte by byte",
            store,
            Answer::silence().drip(whole(), Duration::ZERO),
            stored(),
        ),
    ]
}

fn listed() -> Expected {
    returns(json!({ "memories": [{ "id": "m1" }] }))
}

fn whole() -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{STORED}", STORED.len())
}
