use lumetra_engram::api::OPENAPI;
use lumetra_engram_local::LocalServer;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

use crate::wire::{NEVER, http, start, start_with};

/// What is served without a key, and as what.
const DOCUMENTS: [(&str, &str); 4] = [
    ("/docs", "text/html; charset=utf-8"),
    ("/docs/scalar.js", "text/javascript; charset=utf-8"),
    ("/openapi.yaml", "application/yaml"),
    ("/openapi.json", "application/json"),
];

async fn text(server: &LocalServer, path: &str) -> String {
    let response = http().get(format!("{}{path}", server.base_url())).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.unwrap()
}

#[tokio::test]
async fn the_page_and_the_description_need_no_key_and_no_place_for_a_request() {
    let builder = LocalServer::builder().api_key("eng_live_secret").max_concurrent_requests(1).delta_latency(NEVER);
    let server = start_with(builder).await;
    let _stream = server.client().unwrap().query_stream("tea").await.unwrap();
    for (path, content_type) in DOCUMENTS {
        let url = format!("{}{path}", server.base_url());
        let whole = http().get(&url).send().await.unwrap();
        let head = http().head(&url).send().await.unwrap();
        for response in [&whole, &head] {
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(response.headers()["content-type"], content_type);
            assert_eq!(response.headers()["cache-control"], "no-cache", "{path}");
            assert_eq!(response.headers()["content-security-policy"], "frame-ancestors 'none'", "{path}");
        }
        let length: usize = head.headers()["content-length"].to_str().unwrap().parse().unwrap();
        assert_eq!(head.bytes().await.unwrap().len(), 0, "{path}");
        assert_eq!(whole.bytes().await.unwrap().len(), length, "{path}");
    }
}

#[tokio::test]
async fn the_description_is_the_one_of_the_client_with_this_server_before_the_others() {
    let server = start().await;
    let yaml = text(&server, "/openapi.yaml").await;
    let [own, served]: [Value; 2] = [OPENAPI, &yaml].map(|yaml| serde_saphyr::from_str(yaml).unwrap());
    let mut expected = own.clone();
    let servers = expected["servers"].as_array_mut().unwrap();
    servers.insert(0, served["servers"][0].clone());
    assert_eq!(served, expected);
    // A URL that is relative to the place of the spec.
    assert_eq!(served["servers"][0]["url"], "/");
    // Everything else, comments too, is as it was written.
    let added = |line: &&str| !OPENAPI.contains(*line);
    assert_eq!(yaml.lines().count(), OPENAPI.lines().count() + 2);
    assert_eq!(yaml.lines().filter(added).count(), 2);
}

#[tokio::test]
async fn the_description_in_json_says_the_same_in_the_same_order() {
    let server = start().await;
    let (yaml, json) = (text(&server, "/openapi.yaml").await, text(&server, "/openapi.json").await);
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), serde_saphyr::from_str::<Value>(&yaml).unwrap());
    let operations = |text: &str, before: &str, after: &str| -> Vec<String> {
        text.split(before).skip(1).filter_map(|rest| Some(rest.split_once(after)?.0.to_owned())).collect()
    };
    let written = operations(&yaml, "operationId: ", "\n");
    assert!(written.len() > 10 && !written.is_sorted(), "{written:?}");
    assert_eq!(operations(&json, r#""operationId": ""#, "\""), written);
}

#[tokio::test]
async fn the_page_is_made_of_this_server_alone() {
    let server = start().await;
    let page = text(&server, "/docs").await;
    for own in [r#"<script src="/docs/scalar.js">"#, "&quot;url&quot;:&quot;/openapi.yaml&quot;", "connect-src 'self'"]
    {
        assert!(page.contains(own), "{own}: {page}");
    }
    assert!(!page.contains("http:") && !page.contains("https:"), "{page}");
    assert!(text(&server, "/docs/scalar.js").await.contains("api-reference"));
}

#[tokio::test]
async fn the_page_fills_in_a_key_only_where_any_will_do() {
    let open = start().await;
    assert!(text(&open, "/docs").await.contains("&quot;token&quot;:&quot;local&quot;"));
    let closed = start_with(LocalServer::builder().api_key("eng_live_secret")).await;
    let page = text(&closed, "/docs").await;
    assert!(!page.contains("token") && !page.contains("secret"), "{page}");
}

#[tokio::test]
async fn a_slash_too_many_leads_to_the_page() {
    let server = start().await;
    let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let response = http.get(format!("{}/docs/", server.base_url())).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(response.headers()["location"], "/docs");
}

#[tokio::test]
async fn what_is_not_there_gets_404_and_405_in_json() {
    let server = start().await;
    for (method, path, status) in [
        (Method::GET, "/docs/nothing", 404),
        (Method::GET, "/docs/scalar.js/more", 404),
        (Method::GET, "/openapi", 404),
        (Method::POST, "/docs", 405),
        (Method::DELETE, "/openapi.json", 405),
    ] {
        let response = http().request(method, format!("{}{path}", server.base_url())).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let body: Value = response.json().await.unwrap();
        assert!(body["error"].is_string(), "{path}: {body}");
    }
}
