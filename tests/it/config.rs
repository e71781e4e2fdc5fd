//! How a client is built, and which settings are refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;
use std::time::Duration;

use crate::support::{Answer, KEY, Server, answer_for_all, assert_one_short_line, on_paused_time};
use lumetra_engram::{EngramClient, EngramClientBuilder, EngramError};

fn builder() -> EngramClientBuilder {
    EngramClient::builder().api_key(KEY).base_url("http://127.0.0.1:1")
}

/// Asserts that it is refused, with a message that names what is wrong.
fn assert_refused(builder: EngramClientBuilder, named: &str) {
    let error = builder.build().unwrap_err();
    assert!(matches!(error, EngramError::Config(_)), "{error:?}");
    assert!(error.to_string().starts_with("Engram client configuration: "), "{error}");
    assert!(error.to_string().contains(named), "`{named}` is to be named in: {error}");
    assert_one_short_line(&error);
}

#[test]
fn base_urls_that_cannot_be_used_are_refused() {
    for url in [
        "",
        "api.lumetra.io",
        "127.0.0.1:7878",
        "localhost:7878",
        "//api.lumetra.io",
        "/v1",
        "ftp://api.lumetra.io",
        "file:///v1",
        "data:text/plain,x",
        "http://",
        "https://:443",
        "http://host:99999",
        "http://a b/",
        "https://user:pass@api.lumetra.io",
        "https://user@api.lumetra.io",
        "https://:pass@api.lumetra.io",
        "https://api.lumetra.io?a=b",
        "https://api.lumetra.io/?",
        "https://api.lumetra.io/#top",
    ] {
        assert_refused(builder().base_url(url), "base URL");
    }
    let secret = builder().base_url("https://user:hunter2@api.lumetra.io").build().unwrap_err();
    assert!(!crate::support::everything_printed(&secret).contains("hunter2"));
}

#[test]
fn base_urls_that_can_be_used_are_taken() {
    for url in
        ["http://localhost:7878", "https://api.lumetra.io/", " https://host/a/b/ ", "http://[::1]:80", "HTTP://HOST"]
    {
        assert!(builder().base_url(url).build().is_ok(), "{url}");
    }
}

#[test]
fn a_base_url_with_the_version_is_taken_without_it() {
    for (url, base) in [
        ("https://api.lumetra.io/v1", "https://api.lumetra.io"),
        ("https://api.lumetra.io/v1/", "https://api.lumetra.io"),
        ("http://127.0.0.1:7878/engram/v1", "http://127.0.0.1:7878/engram"),
        ("http://127.0.0.1:7878/v1beta", "http://127.0.0.1:7878/v1beta"),
        ("https://gateway/v1/engram", "https://gateway/v1/engram"),
    ] {
        let engram = builder().base_url(url).build().unwrap();
        assert!(format!("{engram:?}").contains(&format!("{base:?}")), "{url}: {engram:?}");
    }
    assert_refused(builder().base_url("https://api.lumetra.io/v1/query"), "must end before /v1");
    assert_refused(builder().base_url("https://api.lumetra.io/v1/buckets/default/memories"), "must end before /v1");
}

#[test]
fn durations_of_zero_are_refused() {
    assert_refused(builder().timeout(Duration::ZERO), "timeout");
    assert_refused(builder().stream_timeout(Duration::ZERO), "stream_timeout");
    assert_refused(builder().connect_timeout(Duration::ZERO), "connect_timeout");
    assert!(builder().max_retry_delay(Duration::ZERO).build().is_ok(), "no wait is no fault");
}

#[test]
fn buckets_that_no_call_could_use_are_refused() {
    for bad in ["", ".", ".."] {
        assert_refused(builder().default_bucket(bad), "bucket");
        assert_refused(builder().default_buckets(["a", bad]), "bucket");
    }
    assert_refused(builder().default_buckets(Vec::<String>::new()), "bucket");
}

#[test]
fn headers_that_http_does_not_permit_are_refused() {
    for agent in ["my\napp", "my\0app", "my\r\nx-injected: 1"] {
        assert_refused(builder().user_agent(agent), "user agent");
    }
    for name in ["", "x y", "x:y", "x\n", "é"] {
        assert_refused(builder().default_header(name, "v"), "default header");
    }
    for value in ["a\nb", "a\0b", "a\r\nx: y"] {
        assert_refused(builder().default_header("x-y", value), "x-y");
    }
}

#[test]
fn headers_that_the_client_sets_itself_are_refused() {
    let reserved = [
        "authorization",
        "Authorization",
        "ACCEPT",
        "content-type",
        "content-length",
        "host",
        "transfer-encoding",
        "user-agent",
    ];
    for name in reserved {
        assert_refused(builder().default_header(name, "v"), &name.to_ascii_lowercase());
    }
}

#[test]
fn an_own_http_client_has_its_own_connect_timeout() {
    let builder = builder().http_client(reqwest::Client::new()).connect_timeout(Duration::from_secs(1));
    assert_refused(builder, "connect_timeout");
}

#[tokio::test(start_paused = true)]
async fn an_own_http_client_is_used_and_the_clients_headers_win() {
    let server = Server::start([Answer::json(200, &answer_for_all()), Answer::silence()]).await;
    let headers = [("x-proxy", "p"), ("authorization", "Bearer other"), ("accept", "text/html"), ("api-version", "9")];
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let own =
        reqwest::Client::builder().user_agent("other").default_headers(headers.into_iter().collect()).build().unwrap();
    let engram = server.builder().http_client(own).timeout(Duration::from_secs(50)).build().unwrap();
    let list = || on_paused_time(Duration::from_millis(500), engram.list_buckets().send());
    list().await.0.unwrap();
    let request = server.request();
    assert_eq!(request.header("x-proxy"), ["p"]);
    assert_eq!(request.header("authorization"), [format!("Bearer {KEY}")]);
    assert_eq!(request.header("accept"), ["application/json"]);
    assert!(request.header("user-agent")[0].starts_with("lumetra-engram/"));
    assert!(list().await.0.unwrap_err().is_timeout(), "the builder's timeout holds");
}

#[tokio::test]
async fn the_connect_timeout_is_a_timeout_and_a_failed_connection() {
    // A listener whose queue is full does not answer further connections.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let connecting = tokio::net::TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_secs(1), connecting).await {
            Ok(connected) => waiting.push(connected.unwrap()),
            Err(_) => break,
        }
    }
    let engram =
        builder().base_url(format!("http://{address}")).connect_timeout(Duration::from_millis(50)).build().unwrap();
    let error = engram.list_buckets().await.unwrap_err();
    assert!(error.is_timeout() && error.is_connect(), "{error:?}");
    assert!(error.to_string().contains("nothing was sent"), "{error}");
}

// The environment. Each case runs in a process of its own, since a process has only one environment.

/// Runs the test `in_a_child_process` of this file with these variables and returns what it printed.
fn in_environment(variables: &[(&str, &str)], case: &str) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "config::in_a_child_process", "--nocapture"]).env_clear().env("TEST_CASE", case);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    let line = text.lines().find_map(|line| line.split_once("RESULT ")).map(|(_, result)| result.to_owned());
    line.expect("the child reports its result")
}

/// What the cases do. Without a case it does nothing.
#[tokio::test]
async fn in_a_child_process() {
    let Ok(case) = std::env::var("TEST_CASE") else { return };
    let server = Server::always(Answer::json(200, &answer_for_all())).await;
    let built = match case.as_str() {
        "from_env" => EngramClient::from_env(),
        "new" => EngramClient::new("explicit"),
        "key from the environment" => EngramClient::builder().base_url(server.url()).build(),
        "unknown host" => EngramClient::builder().api_key(KEY).base_url("https://no-such-host.invalid").build(),
        "unknown host in the clear" => {
            EngramClient::builder().api_key(KEY).base_url("http://no-such-host.invalid").build()
        }
        "both explicit" => EngramClient::builder().api_key("explicit").base_url(server.url()).build(),
        other => panic!("no such case: {other}"),
    };
    let result = match built {
        Err(error) => error.to_string(),
        Ok(engram) if format!("{engram:?}").contains(&server.url()) => {
            engram.list_buckets().await.unwrap();
            server.request().header("authorization")[0].to_owned()
        }
        Ok(engram) if case.starts_with("unknown host") => engram.list_buckets().await.unwrap_err().to_string(),
        Ok(engram) => format!("{engram:?}"),
    };
    println!("\nRESULT {result}");
}

#[test]
fn the_environment_fills_in_what_is_not_set() {
    let key = ("ENGRAM_API_KEY", "from-env");
    let url = ("ENGRAM_BASE_URL", "http://127.0.0.1:9/env/");
    assert!(in_environment(&[key], "from_env").contains("base_url: \"https://api.lumetra.io\""));
    assert!(in_environment(&[key, url], "from_env").contains("base_url: \"http://127.0.0.1:9/env\""));
    assert!(in_environment(&[url], "new").contains("base_url: \"http://127.0.0.1:9/env\""));
    assert_eq!(in_environment(&[key], "key from the environment"), "Bearer from-env");
    assert_eq!(in_environment(&[("ENGRAM_API_KEY", " from-env\n")], "key from the environment"), "Bearer from-env");
}

#[test]
fn what_is_set_wins_over_the_environment() {
    let variables = [("ENGRAM_API_KEY", "from-env"), ("ENGRAM_BASE_URL", "http://127.0.0.1:9/env")];
    assert_eq!(in_environment(&variables, "both explicit"), "Bearer explicit");
    let unusable = [("ENGRAM_API_KEY", "not a key"), ("ENGRAM_BASE_URL", "not a URL")];
    assert_eq!(in_environment(&unusable, "both explicit"), "Bearer explicit");
}

#[test]
fn proxies_of_the_environment_never_see_the_key_and_a_failure_names_them() {
    let dead = "http://user:secret@127.0.0.1:1";
    let proxies: Vec<_> = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"].map(|name| (name, dead)).into();
    assert_eq!(in_environment(&proxies, "both explicit"), "Bearer explicit", "loopback goes direct");

    let error = in_environment(&proxies, "unknown host");
    let expected = "cannot connect to https://no-such-host.invalid:443 through the proxy http://127.0.0.1:1 set in the environment";
    assert!(error.contains(expected) && !error.contains("secret"), "{error}");

    let error = in_environment(&proxies, "unknown host in the clear");
    assert!(error.contains("cannot connect to http://no-such-host.invalid:80: "), "{error}");

    let exempt = [("HTTPS_PROXY", dead), ("NO_PROXY", "no-such-host.invalid")];
    let error = in_environment(&exempt, "unknown host");
    assert!(error.contains("cannot connect to https://no-such-host.invalid:443: "), "{error}");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let empty = [("ENGRAM_API_KEY", "k"), ("ENGRAM_BASE_URL", "")];
    assert!(in_environment(&empty, "from_env").contains("base_url: \"https://api.lumetra.io\""));
    for nothing in [vec![], vec![("ENGRAM_API_KEY", "")], vec![("ENGRAM_API_KEY", "  ")]] {
        let error = in_environment(&nothing, "from_env");
        assert!(error.starts_with("Engram client configuration: ") && error.contains("ENGRAM_API_KEY"), "{error}");
    }
}

#[test]
fn an_unusable_variable_is_named_and_its_value_is_not_shown() {
    let error = in_environment(&[("ENGRAM_API_KEY", "hunter2 hunter2")], "from_env");
    assert!(error.starts_with("Engram client configuration: ") && !error.contains("hunter2"), "{error}");
    let error = in_environment(&[("ENGRAM_API_KEY", "k"), ("ENGRAM_BASE_URL", "ftp://hunter2")], "from_env");
    assert!(error.contains("ENGRAM_BASE_URL") && !error.contains("hunter2"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_refused_without_its_value() {
    use std::os::unix::ffi::OsStrExt;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "config::in_a_child_process", "--nocapture"]).env_clear().env("TEST_CASE", "from_env");
    let output = command.env("ENGRAM_API_KEY", std::ffi::OsStr::from_bytes(b"hunter2\xff")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("Engram client configuration: ") && text.contains("ENGRAM_API_KEY"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}
