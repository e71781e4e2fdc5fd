//! Which requests may be those of a web page, byte by byte. `cargo xtask web-pages` tries real pages in a browser.

use lumetra_engram_local::{LocalServer, LocalServerBuilder};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::wire::{post, rest, send, start, start_with};

/// The status, the head in lower case, and the body.
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn error(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn has(&self, header: &str) -> bool {
        self.head.lines().any(|line| line == header)
    }
}

/// Sends a request as it is, in which `PORT` is the server's.
async fn ask_raw(server: &LocalServer, request: &str) -> Reply {
    let request = request.replace("PORT", &server.address().port().to_string()).replace('\n', "\r\n");
    let text = rest(&mut send(server, request.as_bytes()).await).await;
    let (head, body) = text.split_once("\r\n\r\n").expect("a whole response");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// A request for the list of buckets, with these lines in its head.
async fn ask(server: &LocalServer, lines: &str) -> Reply {
    ask_raw(server, &format!("GET /v1/buckets HTTP/1.1\n{lines}Authorization: Bearer local\nConnection: close\n\n"))
        .await
}

/// The same with this `Host`.
async fn ask_host(server: &LocalServer, host: &str) -> Reply {
    ask(server, &format!("Host: {host}\n")).await
}

#[tokio::test]
async fn a_request_that_names_another_host_is_refused_on_every_route() {
    let server = start().await;
    post(&server, "/v1/buckets/default/memories", json!({"content": "tea"})).await;
    for route in [
        "GET /v1/buckets",
        "POST /v1/buckets",
        "GET /v1/buckets/default/memories",
        "POST /v1/buckets/default/memories",
        "DELETE /v1/buckets/default/memories",
        "DELETE /v1/buckets/default",
        "POST /v1/query",
        "GET /health",
        "GET /docs",
        "GET /openapi.json",
        "GET /",
        "GET /page/app.mjs",
        "GET /nowhere",
        "OPTIONS /v1/query",
        "PUT /v1/query",
    ] {
        let body = r#"{"content":"evil","query":"tea","name":"evil"}"#;
        let head = format!("Host: evil.example:PORT\nAuthorization: Bearer local\nContent-Length: {}", body.len());
        let reply = ask_raw(&server, &format!("{route} HTTP/1.1\n{head}\nConnection: close\n\n{body}")).await;
        assert_eq!((reply.status, &reply.error()["code"]), (403, &json!("HOST_NOT_ALLOWED")), "{route}");
        assert!(
            reply.error()["error"].as_str().unwrap().contains("--allow-host evil.example"),
            "{route}: {}",
            reply.body
        );
    }
    let memories = server.client().unwrap().list_memories().await.unwrap().memories;
    assert_eq!(memories.iter().map(|memory| &memory.content).collect::<Vec<_>>(), ["tea"]);
}

#[tokio::test]
async fn a_host_is_loopback_or_named_or_the_address_that_is_asked() {
    let server = start_with(LocalServer::builder().allow_host("Box.Lan.").allow_host("192.168.1.5")).await;
    for host in
        ["127.0.0.1:PORT", "127.0.0.1", "localhost:PORT", "[::1]:PORT", "box.lan", "box.lan.:PORT", "192.168.1.5:PORT"]
    {
        assert_eq!(ask_host(&server, host).await.status, 200, "{host}");
    }
    for host in ["evil.example", "10.0.0.1:PORT", "evil.box.lan", "box.lan.evil.example"] {
        assert_eq!(ask_host(&server, host).await.status, 403, "{host}");
    }
    for host in ["", "user@localhost:PORT", "localhost, evil.example"] {
        let reply = ask_host(&server, host).await;
        assert_eq!((reply.status, &reply.error()["code"]), (400, &json!("INVALID_REQUEST")), "{host}");
    }
}

#[tokio::test]
async fn a_request_has_one_host_wherever_it_says_it() {
    let server = start().await;
    for (lines, status) in [
        ("", 400),
        ("Host: localhost\nHost: localhost\n", 400),
        ("Host: localhost\nHost: evil.example\n", 400),
        ("Host: evil.example\nHost: localhost\n", 400),
        ("X-Forwarded-Host: evil.example\nHost: localhost\n", 200),
        ("X-Forwarded-Host: localhost\nHost: evil.example\n", 403),
    ] {
        assert_eq!(ask(&server, lines).await.status, status, "{lines}");
    }
    let rest = "Authorization: Bearer local\nConnection: close\n\n";
    for (line, status) in [
        ("GET http://localhost:PORT/v1/buckets HTTP/1.1\nHost: localhost:PORT\n", 200),
        ("GET http://evil.example/v1/buckets HTTP/1.1\nHost: localhost:PORT\n", 403),
        ("GET http://localhost:PORT/v1/buckets HTTP/1.1\nHost: evil.example\n", 403),
        ("GET http://localhost@evil.example/v1/buckets HTTP/1.1\nHost: localhost\n", 400),
        ("GET http://evil.example@localhost/v1/buckets HTTP/1.1\nHost: localhost\n", 400),
        ("GET http://evil.example/v1/buckets HTTP/1.0\n", 403),
        ("CONNECT evil.example:443 HTTP/1.1\nHost: localhost\n", 403),
        // No browser sends this; monitors do.
        ("GET /v1/buckets HTTP/1.0\n", 200),
        ("GET /v1/buckets HTTP/1.0\nHost: evil.example\n", 403),
    ] {
        assert_eq!(ask_raw(&server, &format!("{line}{rest}")).await.status, status, "{line}");
    }
}

#[tokio::test]
async fn an_address_of_this_machine_is_its_host_where_it_is_asked_there_and_a_name_it_listens_at_is_too() {
    // Any address of loopback would do without a rule.
    let Some(address) = other_address() else { return };
    let server = start_with(LocalServer::builder().listen("0.0.0.0:0")).await;
    let ask_at = async |address: String, host: &str| {
        let mut stream = TcpStream::connect(format!("{address}:{}", server.address().port())).await.unwrap();
        let request = format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        rest(&mut stream).await.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(ask_at(address.clone(), &address).await, "200");
    assert_eq!(ask_at(address.clone(), "evil.example").await, "403");
    assert_eq!(ask_at("127.0.0.1".to_owned(), &address).await, "403");
    let server = start_with(LocalServer::builder().listen("localhost:0").allow_host("box.lan")).await;
    assert_eq!(ask_host(&server, "localhost:PORT").await.status, 200);
}

/// An address of this machine that is not loopback.
fn other_address() -> Option<String> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    // It sends nothing.
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip().to_string())
}

fn with_page() -> LocalServerBuilder {
    LocalServer::builder().allow_origin("http://localhost:3000").allow_origin("https://App.Example:443")
}

#[tokio::test]
async fn a_page_may_use_the_server_where_it_is_its_own_or_named() {
    let server = start_with(with_page()).await;
    let ask_origin = async |host: &str, origin: &str| ask(&server, &format!("Host: {host}\nOrigin: {origin}\n")).await;
    for (host, origin) in [
        ("127.0.0.1:PORT", "http://127.0.0.1:PORT"),
        ("localhost:PORT", "http://localhost:PORT"),
        ("[::1]:PORT", "http://[::1]:PORT"),
        ("127.0.0.1:PORT", "http://localhost:3000"),
        ("localhost:PORT", "https://app.example"),
    ] {
        assert_eq!(ask_origin(host, origin).await.status, 200, "{origin}");
    }
    for origin in [
        "http://evil.example",
        "null",
        "",
        "http://localhost:3001",
        "http://localhost:PORT",
        "http://localhost:3000 http://evil.example",
    ] {
        let reply = ask_origin("127.0.0.1:PORT", origin).await;
        assert_eq!((reply.status, &reply.error()["code"]), (403, &json!("ORIGIN_NOT_ALLOWED")), "{origin}");
        assert!(!reply.head.contains("access-control"), "{origin}: {}", reply.head);
    }
    let twice = "Host: localhost\nOrigin: http://localhost:3000\nOrigin: http://localhost:3000\n";
    assert_eq!(ask(&server, twice).await.status, 403);
    let reply = ask_origin("localhost", "http://évil.example").await;
    assert_eq!(reply.status, 403);
}

#[tokio::test]
async fn a_browser_learns_what_a_page_that_was_named_may_do() {
    let server = start_with(with_page()).await;
    let preflight = async |server: &LocalServer, origin: &str| {
        let asked = "Access-Control-Request-Method: DELETE\nAccess-Control-Request-Headers: authorization,x-mine";
        ask_raw(
            server,
            &format!(
                "OPTIONS /v1/buckets/b HTTP/1.1\nHost: localhost\nOrigin: {origin}\n{asked}\nConnection: close\n\n"
            ),
        )
        .await
    };
    let reply = preflight(&server, "http://localhost:3000").await;
    assert_eq!(reply.status, 200);
    for header in [
        "access-control-allow-origin: http://localhost:3000",
        "access-control-allow-methods: get,post,delete",
        "access-control-allow-headers: authorization,x-mine",
        "access-control-max-age: 600",
    ] {
        assert!(reply.has(header), "{header}: {}", reply.head);
    }
    assert!(reply.head.lines().any(|line| line.starts_with("vary:") && line.contains("origin")), "{}", reply.head);
    assert!(!reply.head.contains("credentials"), "{}", reply.head);
    for (server, origin) in
        [(&server, "http://evil.example"), (&server, "null"), (&start().await, "http://localhost:3000")]
    {
        let reply = preflight(server, origin).await;
        assert!(reply.status == 403 && !reply.head.contains("access-control"), "{origin}: {}", reply.head);
    }
    // An error is for the page to read too.
    for (path, status) in [("/v1/buckets/none/profile", 404), ("/health", 200), ("/nowhere", 404)] {
        let lines = "Host: localhost\nOrigin: http://localhost:3000\nAuthorization: Bearer local\nConnection: close";
        let reply = ask_raw(&server, &format!("GET {path} HTTP/1.1\n{lines}\n\n")).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.has("access-control-allow-origin: http://localhost:3000"), "{path}: {}", reply.head);
        assert!(reply.has("access-control-expose-headers: *"), "{path}: {}", reply.head);
    }
}
