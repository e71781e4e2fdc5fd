//! The body of a response: read whole within a bound, or open, which keeps the request's permit.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use reqwest::Response;

use crate::concurrency::Permit;

const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// Why a body was not read to its end.
#[derive(Debug)]
pub enum Fault {
    /// It is larger than this many bytes, the most that the client may read.
    TooLarge(usize),
    Broken(reqwest::Error),
}

/// What is said of a response, or a frame of a stream, that is larger than the client may read.
pub(crate) fn too_large(limit: usize) -> String {
    format!("it is larger than {limit} bytes, the limit set with `max_response_bytes`")
}

/// Reads the body to its end.
pub(super) async fn read_whole(response: &mut Response, limit: usize) -> Result<Bytes, Fault> {
    let mut read = Read::default();
    match read.read(response, limit).await {
        Ok(()) => Ok(read.into_bytes()),
        Err(fault) => Err(fault),
    }
}

/// A body as far as it has been read.
#[derive(Default)]
pub(super) struct Read {
    /// The first chunk, which most often is all of it, and then is not copied.
    first: Bytes,
    /// All chunks, once there are several.
    all: Vec<u8>,
}

impl Read {
    /// Reads at most `limit` bytes. What has been read stays here, whatever goes wrong.
    pub(super) async fn read(&mut self, response: &mut Response, limit: usize) -> Result<(), Fault> {
        while let Some(chunk) = response.chunk().await.map_err(Fault::Broken)? {
            if !self.add(chunk, limit) {
                return Err(Fault::TooLarge(limit));
            }
        }
        Ok(())
    }

    /// Adds as much of the chunk as the limit permits, and says whether that is all of it.
    fn add(&mut self, chunk: Bytes, limit: usize) -> bool {
        if self.first.is_empty() && chunk.len() <= limit {
            self.first = chunk;
            return true;
        }
        if self.all.is_empty() {
            append(&mut self.all, &self.first, limit);
        }
        append(&mut self.all, &chunk, limit)
    }

    /// What was read, without a byte order mark, which a parser of JSON may ignore (RFC 8259, section 8.1).
    pub(super) fn into_bytes(self) -> Bytes {
        let mut bytes: Bytes = if self.all.is_empty() { self.first } else { self.all.into() };
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.advance(BYTE_ORDER_MARK.len());
        }
        bytes
    }
}

/// Adds as much of the chunk as the limit permits, and says whether that is all of it. The capacity doubles as it fills, but not beyond
/// the limit.
pub(crate) fn append(body: &mut Vec<u8>, chunk: &[u8], limit: usize) -> bool {
    let taken = &chunk[..chunk.len().min(limit - body.len())];
    let needed = body.len() + taken.len();
    if needed > body.capacity() {
        body.reserve_exact(needed.saturating_mul(2).min(limit) - body.len());
    }
    body.extend_from_slice(taken);
    taken.len() == chunk.len()
}

/// The body of a stream. It holds the request's permit until it has ended or is dropped.
pub struct OpenBody {
    chunks: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send + Sync>>,
    permit: Option<Permit>,
}

impl fmt::Debug for OpenBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OpenBody").finish_non_exhaustive()
    }
}

impl OpenBody {
    pub(super) fn new(response: Response, permit: Permit) -> Self {
        Self { chunks: Box::pin(response.bytes_stream()), permit: Some(permit) }
    }
}

impl Stream for OpenBody {
    type Item = reqwest::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = self.chunks.as_mut().poll_next(context);
        if matches!(chunk, Poll::Ready(None | Some(Err(_)))) {
            self.permit = None;
        }
        chunk.map_err(reqwest::Error::without_url)
    }
}
