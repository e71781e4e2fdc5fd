//! What the fuzz targets share: a client whose answers come from memory, and what every error must keep to.

pub mod model;
mod random;

use std::error::Error as _;
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use lumetra_engram::{EngramClient, EngramError, fuzzing};
pub use random::Random;
use reqwest::{Body, Response};
use tokio::runtime::{Builder, Runtime};

/// The key of every client here. The dictionary and the seeds hold it too.
pub const KEY: &str = "eng_live_secret";
/// More than any input here, so that nothing is over it.
pub const NO_LIMIT: usize = 1 << 20;
/// The longest wait of the clients here.
pub const MAX_RETRY_DELAY: Duration = Duration::from_secs(30);

/// A client that reads answers up to `max_response_bytes` and sends again up to `retries` times.
pub fn client(max_response_bytes: usize, retries: u32) -> EngramClient {
    thread_local!(static HTTP: reqwest::Client = reqwest::Client::new());
    EngramClient::builder()
        .api_key(KEY)
        .base_url("http://127.0.0.1:1")
        .max_response_bytes(max_response_bytes)
        .max_retries_on_429(retries)
        .max_retry_delay(MAX_RETRY_DELAY)
        .http_client(HTTP.with(Clone::clone))
        .build()
        .expect("a client")
}

/// Runs the future on a clock that does not wait, where the next requests get these answers.
pub fn with_answers<F: Future>(answers: impl IntoIterator<Item = Response>, future: F) -> F::Output {
    thread_local!(static RUNTIME: Runtime =
        Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime"));
    fuzzing::respond_with(answers);
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// A successful answer with this body.
pub fn success(content_type: &'static str, body: Body) -> Response {
    let response = http::Response::builder().header("content-type", content_type).body(body);
    Response::from(response.expect("an answer"))
}

/// A body that comes in these pieces, none of them at once.
pub fn in_pieces(pieces: Vec<Bytes>) -> Body {
    Body::wrap_stream(stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>)).then(later))
}

/// A body that comes in one piece, after which the connection breaks.
pub fn broken(bytes: &[u8]) -> Body {
    let broken = std::io::Error::other("the connection broke");
    Body::wrap_stream(stream::iter([Ok(Bytes::copy_from_slice(bytes)), Err(broken)]).then(later))
}

async fn later<T>(item: T) -> T {
    tokio::task::yield_now().await;
    item
}

/// Asserts what holds for every error, whatever the server sent.
pub fn assert_fit(error: &EngramError) {
    let line = error.to_string();
    assert!(line.chars().count() <= 400, "too long: {line}");
    assert!(!line.contains(|character: char| character.is_control()), "not one line of text: {line:?}");
    let text = everything_printed(error);
    assert!(!text.contains(KEY), "it shows the key: {text}");
}

/// All that can be printed of an error and of everything in its source chain.
fn everything_printed(error: &EngramError) -> String {
    let mut text = format!("{error}\n{error:?}\n");
    let mut source = error.source();
    while let Some(cause) = source {
        writeln!(text, "{cause}\n{cause:?}").expect("a String takes any text");
        source = cause.source();
    }
    text
}
