use lumetra_engram_local::{Fault, LocalServer};
use reqwest::{Method, Response};
use serde_json::{Value, json};

#[cfg(unix)]
use crate::program::program;
use crate::wire::{NEVER, database, http, start_with};

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

/// For containers, which hold no other program to ask with.
#[cfg(unix)]
#[tokio::test]
async fn the_program_asks_after_a_server_and_ends_with_an_error_where_it_is_not_well() {
    let ask = async |address: &str| {
        let output = program(&["health", address]).output().await.unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (_directory, path) = database();
    let server = start_with(LocalServer::builder().database(&path).api_key("eng_live_secret")).await;
    let address = server.address().to_string();
    assert_eq!(ask(&address).await, (Some(0), format!("The server at {address} is well.\n")));
    std::fs::remove_file(&path).unwrap();
    let (code, said) = ask(&address).await;
    assert!(code == Some(1) && said.contains(&format!("the server at {address} is not well: ")), "{said}");
    server.shutdown().await;
    let (code, said) = ask(&address).await;
    assert!(code == Some(1) && said.contains(&format!("no server answers at {address}: ")), "{said}");
}
