//! A peer that speaks HTTP/2 and falls silent is not used again, with the HTTP client that the SDK builds itself. It speaks HTTP/2 over TLS
//! alone, so that each test needs an authority that rustls trusts: it runs in a process of its own, with `SSL_CERT_FILE`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::support::http2::{Act, Peer, Received};
use crate::support::{KEY, answer_for_all, on_paused_time};
use lumetra_engram::{Dedup, Effect, EngramClient, EngramClientBuilder};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const TRUSTED: &str = "SSL_CERT_FILE";
const AUTHORITY_KEY: &str = "AUTHORITY_KEY_FILE";
const MANY: u32 = 100;
/// So slow that a connection is made long before a timeout of seconds passes.
const STEP: Duration = Duration::from_millis(10);
const SECOND: Duration = Duration::from_secs(1);

fn authority() -> CertificateParams {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.distinguished_name.push(DnType::CommonName, "authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
}

/// Runs the ignored test of this name in a process that trusts an authority of its own.
fn in_a_process_that_trusts_us(test: &str) {
    let (directory, key) = (tempfile::tempdir().unwrap(), KeyPair::generate().unwrap());
    let write = |name: &str, text: String| {
        let file = directory.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let trusted = write("authority.pem", authority().self_signed(&key).unwrap().pem());
    let key = write("authority.key", key.serialize_pem());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("silent_peers::{test}"), "--ignored", "--nocapture"])
        .env(TRUSTED, trusted)
        .env(AUTHORITY_KEY, key);
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

fn acceptor() -> TlsAcceptor {
    let file = std::env::var_os(AUTHORITY_KEY).expect("this test is run by the one that is named like it");
    let authority_key = KeyPair::from_pem(&std::fs::read_to_string(Path::new(&file)).unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(authority(), authority_key);
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// A peer that answers the first request of each connection, or of the first one only, and then falls silent.
async fn peer(all_fall_silent: bool) -> Peer {
    let acceptor = acceptor();
    let wrap = move |socket| acceptor.clone().accept(socket);
    let rule = move |request: &Received| match request.connection == 0 || all_fall_silent {
        true => vec![Act::Answer(answer_for_all().to_string()), Act::FallSilent],
        false => vec![Act::Answer(answer_for_all().to_string())],
    };
    Peer::over(MANY, wrap, rule).await
}

fn builder(peer: &Peer) -> EngramClientBuilder {
    EngramClient::builder().api_key(KEY).base_url(format!("https://localhost:{}", peer.address.port()))
}

#[test]
fn a_connection_that_a_call_timed_out_on_is_not_used_again() {
    in_a_process_that_trusts_us("proof_of_timeouts");
}

#[test]
fn a_connection_that_a_deadline_or_the_timeout_of_a_stream_passed_on_is_not_used_again() {
    in_a_process_that_trusts_us("proof_of_deadlines");
}

#[test]
fn an_idle_peer_that_stops_answering_is_noticed_before_the_next_call() {
    in_a_process_that_trusts_us("proof_while_idle");
}

#[test]
fn a_call_to_a_peer_that_stops_answering_is_sent_again_before_it_times_out() {
    in_a_process_that_trusts_us("proof_in_flight");
}

#[ignore = "run in a process of its own"]
#[tokio::test(start_paused = true)]
async fn proof_of_timeouts() {
    let peer = peer(true).await;
    let engram = builder(&peer).timeout(10 * SECOND).build().unwrap();
    for connections in 1..=3 {
        // The first call of each connection is answered, the second one is not.
        on_paused_time(STEP, engram.list_buckets().send()).await.0.unwrap();
        assert_eq!(peer.connections(), connections);
        let (outcome, took) = on_paused_time(STEP, engram.list_buckets().send()).await;
        assert!(outcome.unwrap_err().is_timeout() && took < 15 * SECOND, "{took:?}");
        assert_eq!(peer.connections(), connections, "the call was sent on the connection that fell silent");
    }
}

#[ignore = "run in a process of its own"]
#[tokio::test(start_paused = true)]
async fn proof_of_deadlines() {
    let peer = peer(true).await;
    let engram = builder(&peer).build().unwrap();
    on_paused_time(STEP, engram.list_buckets().send()).await.0.unwrap();
    let late = on_paused_time(STEP, engram.list_buckets().deadline(SECOND).send()).await.0;
    assert!(late.unwrap_err().is_timeout());
    on_paused_time(STEP, engram.list_buckets().send()).await.0.unwrap();
    assert_eq!(peer.connections(), 2);
    let stream = on_paused_time(STEP, engram.query_stream("q").timeout(SECOND).send()).await.0;
    assert!(stream.unwrap_err().is_timeout());
    on_paused_time(STEP, engram.list_buckets().send()).await.0.unwrap();
    assert_eq!(peer.connections(), 3);
}

#[ignore = "run in a process of its own"]
#[tokio::test(start_paused = true)]
async fn proof_while_idle() {
    let peer = peer(false).await;
    let engram = builder(&peer).build().unwrap();
    on_paused_time(STEP, engram.list_buckets().send()).await.0.unwrap();
    on_paused_time(STEP, tokio::time::sleep(30 * SECOND)).await;
    let (outcome, took) = on_paused_time(STEP, engram.store_memory("x").dedup(Dedup::Off).send()).await;
    outcome.unwrap();
    assert!(took < 5 * SECOND, "{took:?}");
    assert_eq!(peer.connections(), 2);
}

#[ignore = "run in a process of its own"]
#[tokio::test(start_paused = true)]
async fn proof_in_flight() {
    let peer = peer(false).await;
    let engram = builder(&peer).build().unwrap();
    on_paused_time(STEP, engram.list_buckets().send()).await.0.unwrap();
    let safe = engram.list_buckets().send();
    let risky = engram.store_memory("x").dedup(Dedup::Off).send();
    let (outcomes, took) = on_paused_time(STEP, async { tokio::join!(safe, risky) }).await;
    outcomes.0.unwrap();
    let error = outcomes.1.unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown, "{error}");
    assert!(!error.to_string().contains("30s"), "its own timeout did not pass: {error}");
    assert!(took < 29 * SECOND, "{took:?}");
}
