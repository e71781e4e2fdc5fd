use std::fs;
use std::path::{Path, PathBuf};

use lumetra_engram_local::LocalServer;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::wire::{NEVER, http, start, start_with};

const POLICY: [&str; 8] = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
];

/// The page's files, and where each is served.
fn files() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    let mut files = vec![(folder.join("index.html"), "/".to_owned())];
    for (folder, place) in [(folder.clone(), "/page"), (folder.join("vendor"), "/page/vendor")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_file() && name != "index.html" {
                files.push((path.clone(), format!("{place}/{name}")));
            }
        }
    }
    assert!(files.len() > 20, "{files:?}");
    files
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().map(|extension| extension.to_str().unwrap()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

#[tokio::test]
async fn every_file_of_the_page_is_served_as_it_is_without_a_key_or_a_place_for_a_request() {
    let builder = LocalServer::builder().api_key("eng_live_secret").max_concurrent_requests(1).delta_latency(NEVER);
    let server = start_with(builder).await;
    let _stream = server.client().unwrap().query_stream("tea").await.unwrap();
    for (path, place) in files() {
        let url = format!("{}{place}", server.base_url());
        let whole = http().get(&url).send().await.unwrap();
        let head = http().head(&url).send().await.unwrap();
        for response in [&whole, &head] {
            assert_eq!(response.status(), StatusCode::OK, "{place}");
            assert_eq!(response.headers()["content-type"], content_type(&path), "{place}");
            assert_eq!(response.headers()["cache-control"], "no-cache", "{place}");
            assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{place}");
            assert_eq!(response.headers()["referrer-policy"], "no-referrer", "{place}");
            let policy = response.headers()["content-security-policy"].to_str().unwrap();
            let directives: Vec<&str> = policy.split("; ").collect();
            assert!(POLICY.iter().all(|directive| directives.contains(directive)), "{place}: {policy}");
            assert!(!policy.contains("unsafe") && !policy.contains("http"), "{place}: {policy}");
        }
        let content = fs::read(&path).unwrap();
        assert_eq!(head.headers()["content-length"], content.len().to_string().as_str(), "{place}");
        assert_eq!(head.bytes().await.unwrap().len(), 0, "{place}");
        assert_eq!(whole.bytes().await.unwrap(), content, "{place}");
    }
}

#[tokio::test]
async fn what_a_browser_has_already_is_not_sent_again() {
    let server = start().await;
    let mut tags = Vec::new();
    for place in ["/", "/page/app.mjs"] {
        let url = format!("{}{place}", server.base_url());
        let first = http().get(&url).send().await.unwrap();
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        for (known, status) in [
            (tag.clone(), StatusCode::NOT_MODIFIED),
            (format!("W/{tag}"), StatusCode::NOT_MODIFIED),
            (format!("\"other\", {tag}"), StatusCode::NOT_MODIFIED),
            ("\"other\"".to_owned(), StatusCode::OK),
        ] {
            let again = http().get(&url).header("if-none-match", &known).send().await.unwrap();
            assert_eq!(again.status(), status, "{place}: {known}");
            assert_eq!(again.headers()["etag"], tag.as_str(), "{place}: {known}");
            assert_eq!(again.headers()["cache-control"], "no-cache", "{place}: {known}");
            let length = again.bytes().await.unwrap().len();
            assert_eq!(length == 0, status == StatusCode::NOT_MODIFIED, "{place}: {known}");
        }
        tags.push(tag);
    }
    assert_ne!(tags[0], tags[1]);
}

#[tokio::test]
async fn the_page_holds_no_script_or_style_of_its_own_and_asks_no_other_host() {
    for (path, _) in files() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display();
        if path.extension().is_some_and(|extension| extension == "html") {
            let inline = [" style=", " onclick=", " onload=", "<style", "javascript:"];
            assert!(!inline.iter().any(|inline| text.contains(inline)), "{name}");
            assert!(text.matches("<script").count() == text.matches("<script src=\"page/").count(), "{name}");
        }
        if !path.parent().unwrap().ends_with("vendor") {
            let foreign = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!foreign.contains("http://") && !foreign.contains("https://"), "{name}");
            let unsafe_sinks = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("];
            assert!(!unsafe_sinks.iter().any(|sink| text.contains(sink)), "{name}");
        }
    }
}

#[tokio::test]
async fn pages_of_other_origins_and_other_hosts_get_nothing_of_the_page() {
    let server = start().await;
    for place in ["/", "/page/app.mjs", "/page/vendor/d3-force.min.js"] {
        for (name, value, code) in
            [("host", "evil.example", "HOST_NOT_ALLOWED"), ("origin", "http://evil.example", "ORIGIN_NOT_ALLOWED")]
        {
            let url = format!("{}{place}", server.base_url());
            let response = http().get(url).header(name, value).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{place} {name}");
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["code"], code, "{place} {name}");
        }
    }
}

#[tokio::test]
async fn what_the_page_has_not_gets_404_and_405_in_json() {
    let server = start().await;
    for (method, place, status) in [
        (Method::GET, "/page", 404),
        (Method::GET, "/page/", 404),
        (Method::GET, "/page/index.html", 404),
        (Method::GET, "/page/nothing.mjs", 404),
        (Method::GET, "/page/../Cargo.toml", 404),
        (Method::GET, "/page/%2e%2e/%2e%2e/Cargo.toml", 404),
        (Method::GET, "/index.html", 404),
        (Method::POST, "/", 405),
        (Method::DELETE, "/page/app.mjs", 405),
    ] {
        let response = http().request(method, format!("{}{place}", server.base_url())).send().await.unwrap();
        assert_eq!(response.status(), status, "{place}");
        let body: Value = response.json().await.unwrap();
        assert!(body["error"].is_string(), "{place}: {body}");
    }
}
