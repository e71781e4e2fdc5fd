use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};

use lumetra_engram_local::{ChatModel, Fault, LocalServer};

use crate::support::{Home, KEY, ended, json};

/// The exit code and the error of the envelope.
fn error(home: &Home, arguments: &[&str]) -> (i32, serde_json::Value) {
    let ended = home.run(&[arguments, &["--json"]].concat());
    let envelope = json(&ended.stdout);
    assert_eq!(envelope["ok"], false, "{envelope}");
    assert!(ended.stderr.is_empty(), "{ended:?}");
    (ended.code, envelope["error"].clone())
}

#[test]
fn the_exit_code_and_the_envelope_tell_what_kind_of_failure_it_was() {
    let home = Home::new();
    for (status, code, kind, effect) in [
        (401, 3, "auth", "none"),
        (404, 4, "not_found", "none"),
        (503, 5, "busy", "unknown"),
        (500, 1, "server", "unknown"),
        (409, 1, "conflict", "none"),
    ] {
        home.server().fail_next([Fault::Status(status)]);
        let (exit, error) = error(&home, &["remember", "tea"]);
        assert_eq!((exit, &error["kind"], &error["effect"]), (code, &kind.into(), &effect.into()), "{error}");
        assert_eq!(error["status"], status);
    }
    let (exit, usage) = error(&home, &["remember"]);
    assert_eq!((exit, &usage["kind"], &usage["status"]), (2, &"usage".into(), &serde_json::Value::Null));
    let (exit, unknown) = error(&home, &["rember"]);
    assert_eq!((exit, &unknown["kind"]), (2, &"usage".into()));
    let (exit, file) = error(&home, &["import", "nowhere.jsonl"]);
    assert_eq!((exit, &file["kind"]), (1, &"file".into()));
}

#[test]
fn what_changes_nothing_is_never_said_to_have_taken_effect() {
    let home = Home::new();
    home.ok(&["remember", "The user drinks tea."]);
    for command in [
        &["ask", "What does the user drink?"][..],
        &["recall", "tea"],
        &["list"],
        &["bucket", "list"],
        &["profile", "show"],
    ] {
        home.server().fail_next([Fault::Status(500)]);
        let (exit, error) = error(&home, command);
        assert_eq!(
            (exit, &error["effect"], &error["hint"]),
            (1, &"none".into(), &serde_json::Value::Null),
            "{command:?}: {error}"
        );
    }
}

#[test]
fn too_many_requests_is_a_kind_of_its_own() {
    let mut home = Home::new();
    let builder = LocalServer::builder().api_key(KEY).retry_after(std::time::Duration::ZERO);
    let server = home.runtime.block_on(builder.start()).unwrap();
    home.base_url = server.base_url().to_owned();
    server.fail_next([Fault::Status(429); 20]);
    assert_eq!(error(&home, &["list"]).0, 5);
}

#[test]
fn a_server_that_is_not_there_is_a_kind_of_its_own_and_the_cure_is_said() {
    let mut home = Home::new();
    let server = home.server.take().unwrap();
    home.runtime.block_on(server.shutdown());
    let (exit, network) = error(&home, &["list"]);
    assert_eq!((exit, &network["kind"]), (6, &"network".into()));
    let ended = home.run(&["ask", "anything"]);
    assert!(ended.code == 6 && ended.stderr.contains("lumetra-engram doctor"), "{ended:?}");
    let doctor = home.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.stdout.contains("lumetra-engram serve"), "{doctor:?}");
}

#[test]
fn an_account_without_a_model_key_is_told_of_recall() {
    let mut home = Home::new();
    let builder = LocalServer::builder().api_key(KEY).missing_model_key(true);
    let server = home.runtime.block_on(builder.start()).unwrap();
    home.base_url = server.base_url().to_owned();
    let ended = home.run(&["ask", "anything"]);
    assert!(ended.code == 8 && ended.stderr.contains("lumetra-engram recall"), "{ended:?}");
    assert!(ended.stderr.contains("With Engram, add a model provider's key at"), "{ended:?}");
}

fn endpoint_that_wants_a_key() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while stream.read_line(&mut line).unwrap() > 0 && line != "\r\n" {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            stream.read_exact(&mut vec![0; length]).unwrap();
            let answer = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.get_mut().write_all(answer).unwrap();
        }
    });
    address
}

#[test]
fn a_server_whose_model_wants_a_key_says_where_that_is_set() {
    let mut home = Home::new();
    let model = ChatModel::endpoint(format!("http://{}/v1", endpoint_that_wants_a_key()), "tea-1");
    let builder = LocalServer::builder().api_key(KEY).chat_model(model);
    let server = home.runtime.block_on(builder.start()).unwrap();
    home.base_url = server.base_url().to_owned();
    home.ok(&["remember", "The user prefers dark mode."]);
    let ended = home.run(&["ask", "Which mode?"]);
    assert!(ended.code == 8 && ended.stderr.contains("Start the server with --model-key-env"), "{ended:?}");
    assert!(ended.stderr.contains("a server of your own says above what it needs"), "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_machine_without_certificates_can_use_a_local_server_and_is_told_what_the_hosted_one_lacks() {
    let home = Home::new();
    let without = |mut command: std::process::Command| {
        ended(command.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/dev/null").output().unwrap())
    };
    assert_eq!(without(home.command(&["remember", "tea"])).code, 0);
    let mut hosted = home.bare(&["remember", "tea"]);
    hosted.env("ENGRAM_API_KEY", KEY).env("ENGRAM_BASE_URL", "https://127.0.0.1:1");
    let refused = without(hosted);
    assert!(refused.code != 0 && refused.stderr.contains("is TLS set up?"), "{refused:?}");
}
