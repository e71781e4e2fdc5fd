//! Answers from memory in place of a server's, so that nothing but their reading is measured.

use anyhow::Result;
use bytes::Bytes;
use futures_util::stream;
use lumetra_engram::{EngramClient, fuzzing};
use reqwest::{Body, Response};
use tokio::runtime::{Builder, Runtime};

use crate::clients::engram;

/// A success with this body, in these pieces.
pub fn answer(content_type: &'static str, pieces: &[Bytes]) -> Result<Response> {
    let pieces: Vec<_> = pieces.iter().cloned().map(Ok::<_, std::io::Error>).collect();
    let response = http::Response::builder().header("content-type", content_type);
    Ok(response.body(Body::wrap_stream(stream::iter(pieces)))?.into())
}

/// Bytes in pieces of this size, each with a memory of its own, as a connection gives them.
pub fn in_pieces(bytes: &[u8], size: usize) -> Vec<Bytes> {
    bytes.chunks(size).map(Bytes::copy_from_slice).collect()
}

/// This client on a runtime of its own.
pub struct Reader {
    pub client: EngramClient,
    runtime: Runtime,
}

impl Reader {
    pub fn new() -> Result<Self> {
        Ok(Self {
            client: engram("http://127.0.0.1:1")?,
            runtime: Builder::new_current_thread().enable_time().build()?,
        })
    }

    /// Runs a future that makes one request, answered with this.
    pub fn read<F: Future>(&self, answer: Response, future: F) -> F::Output {
        fuzzing::respond_with([answer]);
        self.run(future)
    }

    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}
