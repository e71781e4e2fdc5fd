use lumetra_engram_local::{Fault, LocalServer};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::wire::{NEVER, http, start_with};

pub(crate) async fn health(server: &LocalServer, method: Method) -> Response {
    http().request(method, format!("{}/health", server.base_url())).send().await.unwrap()
}

#[tokio::test]
async fn a_server_says_that_it_is_well_to_whoever_asks_whatever_else_it_does() {
    // Without a key, with no place for a request, and with faults to come.
    let builder = LocalServer::builder().api_key("eng_live_secret").max_concurrent_requests(1);
    let server = start_with(builder.delta_latency(NEVER)).await;
    let engram = server.client().unwrap();
    let _stream = engram.query_stream("tea").await.unwrap();
    server.fail_next([Fault::Status(503)]);
    let response = health(&server, Method::GET).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body, json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}));
    assert_eq!(health(&server, Method::HEAD).await.status(), 200);
    let response = health(&server, Method::POST).await;
    assert_eq!(response.status(), 405);
    assert!(response.json::<Value>().await.unwrap()["error"].is_string());
}
