use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

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
    let (exit, missing) = error(&home, &["ask"]);
    assert!(exit == 2 && missing["message"].as_str().unwrap().contains("provided: <QUESTION>"), "{missing}");
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

/// A server that gives every request this answer, with its headers.
fn server_that_says(answer: &'static str) -> SocketAddr {
    server(move |stream| stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).unwrap())
}

/// A server that reads every request, and lets this answer it.
fn server(answer: impl Fn(&mut TcpStream) + Send + 'static) -> SocketAddr {
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
            answer(stream.get_mut());
        }
    });
    address
}

#[test]
fn a_server_whose_model_wants_a_key_says_where_that_is_set() {
    let mut home = Home::new();
    let endpoint = server_that_says("401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let model = ChatModel::endpoint(format!("http://{endpoint}/v1"), "tea-1");
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

/// What the sign-in page of a network answers in the server's place.
const PAGE: &str = "200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>Please log in</html>";

#[test]
fn a_fact_that_the_server_does_not_confirm_is_not_said_to_be_stored() {
    let mut home = Home::new();
    home.base_url = format!("http://{}", server_that_says(PAGE));
    home.write("facts.txt", "one\ntwo\n");
    for command in [&["remember", "one"][..], &["remember", "one", "two"], &["import", "facts.txt"]] {
        let ended = home.run(command);
        assert!(ended.code == 1 && !ended.stdout.contains("Stored o"), "{command:?}: {ended:?}");
        assert!(ended.stderr.contains("its response cannot be used"), "{command:?}: {ended:?}");
    }
    let left = home.read("facts.txt.failed.jsonl");
    assert!(left.lines().count() == 2 && left.contains("it may be stored: "), "{left}");
    let (_, error) = error(&home, &["import", "facts.txt"]);
    assert!(error["message"].as_str().unwrap().contains("2 facts accepted but not confirmed"), "{error}");
}

/// As when the next program of a pipe has seen enough.
#[test]
fn a_failure_is_told_even_where_nobody_reads_the_output() {
    let mut home = Home::new();
    home.write("facts.txt", "one\n");
    let server = home.server.take().unwrap();
    home.runtime.block_on(server.shutdown());
    let unread = |command: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        ended(home.command(command).stdout(writer).output().unwrap())
    };
    for (command, code, said) in [
        (&["import", "facts.txt"][..], 6, "1 fact failed"),
        (&["remember", "one", "two"], 6, "cannot connect"),
        (&["whoami"], 6, "cannot connect"),
        (&["doctor"], 1, "1 problem found"),
    ] {
        let ended = unread(command);
        assert!(ended.code == code && ended.stderr.contains(said), "{command:?}: {ended:?}");
    }
    assert_eq!(unread(&["help"]).code, 0);
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_does_not_hide_that_the_command_took_effect() {
    let home = Home::new();
    let full = |arguments: &[&str]| {
        let device = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ended = ended(home.command(arguments).stdout(device).output().unwrap());
        assert_eq!(ended.code, 1, "{ended:?}");
        ended.stderr
    };
    let said = full(&["remember", "one"]);
    assert!(said.contains("No space left") && said.contains("the command took effect"), "{said}");
    assert_eq!(home.facts("default"), ["one"]);
    let said = full(&["remember", "two", "--json"]);
    assert!(said.contains("the command took effect") && said.contains("No space left"), "{said}");
    assert_eq!(home.facts("default"), ["one", "two"]);
}

#[test]
fn a_doctor_reads_no_endless_response() {
    let mut home = Home::new();
    let endless = server(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        // Until the other side has had enough.
        while stream.write_all(&[b' '; 8192]).is_ok() {}
    });
    home.base_url = format!("http://{endless}");
    let ended = home.run(&["doctor"]);
    assert!(ended.stdout.contains("the server responds"), "{ended:?}");
}

#[test]
fn a_password_in_a_url_and_a_key_among_the_arguments_are_refused_and_not_shown() {
    let mut home = Home::new();
    for (url, said) in [
        ("http://user:sk-secret@127.0.0.1:1", "must not contain a user name"),
        ("http://127.0.0.1:1/?key=sk-secret", "must not contain a user name"),
        ("user:sk-secret@127.0.0.1", "begins with http:// or https://"),
    ] {
        home.base_url = url.to_owned();
        for command in [&["doctor"][..], &["whoami"], &["list"], &["login"]] {
            let ended = home.run(command);
            let shown = format!("{}{}", ended.stdout, ended.stderr);
            assert!(ended.code != 0 && shown.contains(said), "{command:?}: {ended:?}");
            assert!(!shown.contains("sk-secret"), "{command:?}: {ended:?}");
        }
    }
    let ended = home.run(&["login", "sk-secret"]);
    assert!(ended.code == 2 && ended.stderr.contains("can't be an argument"), "{ended:?}");
    assert!(!ended.stderr.contains("sk-secret"), "{ended:?}");
}

#[test]
fn no_id_can_steer_the_terminal() {
    let mut home = Home::new();
    home.base_url = format!(
        "http://{}",
        server_that_says(
            "200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\
             {\"memories\":[{\"id\":\"a\\u001b]0;gone\\u0007\\nb\",\"content\":\"tea\"}],\"total\":1}"
        )
    );
    assert_eq!(home.ok(&["list"]), "a]0;gone b  tea\n");
}
