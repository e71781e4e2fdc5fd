//! A request that is ready to be sent, and how its response is received and decoded.

use std::marker::PhantomData;

use bytes::Bytes;
use http::HeaderValue;
use http::header::ACCEPT;
use progenitor_client::ByteStream;
use reqwest::{Request, Response};
use serde::de::DeserializeOwned;

use super::body::{Fault, OpenBody, read_whole};
use crate::concurrency::Permit;

/// What the spec says of an operation.
#[derive(Debug)]
pub struct Endpoint {
    /// The operation's name in the spec.
    pub(crate) operation_id: &'static str,
    /// The media type of its response.
    pub(crate) accept: &'static str,
}

/// A request that the generated code made, and what its response is.
#[derive(Debug)]
pub struct Call<Response> {
    pub(crate) request: Request,
    response: PhantomData<fn() -> Response>,
}

impl<Response> Call<Response> {
    pub(crate) fn new(endpoint: &'static Endpoint, mut request: Request) -> Self {
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(endpoint.accept));
        Self { request, response: PhantomData }
    }

    /// The same call, whose body is kept beside its value.
    pub(crate) fn kept(self) -> Call<Kept<Response>> {
        Call { request: self.request, response: PhantomData }
    }
}

impl<T> Call<Json<T>> {
    /// The same call, whose body may be empty.
    pub(crate) fn or_default(self) -> Call<JsonOrDefault<T>> {
        Call { request: self.request, response: PhantomData }
    }
}

/// How the body of a success is received.
pub trait Receive {
    type Body: Send;
    /// Whether the response may take as long as it likes.
    const IS_STREAMED: bool;

    /// Reads the body, at most `limit` bytes of it. The request is in flight until its permit is dropped.
    fn receive(
        response: Response,
        permit: Permit,
        limit: usize,
    ) -> impl Future<Output = Result<Self::Body, Fault>> + Send;

    /// The bytes of the body, where it was read.
    fn bytes(body: &Self::Body) -> Option<Bytes>;
}

/// Read to its end.
#[derive(Debug)]
pub struct Whole;

impl Receive for Whole {
    type Body = Bytes;
    const IS_STREAMED: bool = false;

    async fn receive(mut response: Response, permit: Permit, limit: usize) -> Result<Bytes, Fault> {
        let body = read_whole(&mut response, limit).await;
        drop(permit);
        body
    }

    fn bytes(body: &Bytes) -> Option<Bytes> {
        Some(body.clone())
    }
}

/// Left to be read by the caller.
#[derive(Debug)]
pub struct Open;

impl Receive for Open {
    type Body = OpenBody;
    const IS_STREAMED: bool = true;

    async fn receive(response: Response, permit: Permit, _: usize) -> Result<OpenBody, Fault> {
        Ok(OpenBody::new(response, permit))
    }

    fn bytes(_: &OpenBody) -> Option<Bytes> {
        None
    }
}

/// What the response of a [`Call`] is.
pub trait Decode {
    type Receive: Receive;
    type Value;

    fn decode(body: <Self::Receive as Receive>::Body) -> Result<Self::Value, Undecodable>;
}

/// A body that is not what it should be.
#[derive(Debug)]
pub struct Undecodable {
    pub(crate) body: Bytes,
    pub(crate) error: serde_json::Error,
    /// The same, with where it is in the body. `None` where something comes behind the JSON.
    pub(crate) located: Option<DecodeError>,
}

/// What serde says of a body, and where in it.
pub(crate) type DecodeError = serde_path_to_error::Error<serde_json::Error>;

/// JSON of this type.
#[derive(Debug)]
pub struct Json<T>(PhantomData<fn() -> T>);

impl<T: DeserializeOwned> Decode for Json<T> {
    type Receive = Whole;
    type Value = T;

    fn decode(body: Bytes) -> Result<T, Undecodable> {
        serde_json::from_slice(&body).map_err(|error| {
            // Decoded once more, since keeping the path all the time would cost every call.
            let json = &mut serde_json::Deserializer::from_slice(&body);
            let located = serde_path_to_error::deserialize::<_, T>(json).err();
            Undecodable { body, error, located }
        })
    }
}

/// JSON of this type, or nothing at all.
#[derive(Debug)]
pub struct JsonOrDefault<T>(PhantomData<fn() -> T>);

impl<T: DeserializeOwned + Default> Decode for JsonOrDefault<T> {
    type Receive = Whole;
    type Value = T;

    fn decode(body: Bytes) -> Result<T, Undecodable> {
        if body.is_empty() { Ok(T::default()) } else { Json::<T>::decode(body) }
    }
}

/// The value of another kind of response, and its body where that was read.
#[derive(Debug)]
pub struct Kept<R>(PhantomData<fn() -> R>);

impl<R: Decode> Decode for Kept<R> {
    type Receive = R::Receive;
    type Value = (R::Value, Option<Bytes>);

    fn decode(body: <R::Receive as Receive>::Body) -> Result<Self::Value, Undecodable> {
        let bytes = R::Receive::bytes(&body);
        Ok((R::decode(body)?, bytes))
    }
}

/// Whatever it is, nobody needs it.
#[derive(Debug)]
pub struct Empty;

impl Decode for Empty {
    type Receive = Whole;
    type Value = ();

    fn decode(_: Bytes) -> Result<(), Undecodable> {
        Ok(())
    }
}

/// A stream of bytes.
#[derive(Debug)]
pub struct Streamed;

impl Decode for Streamed {
    type Receive = Open;
    type Value = OpenBody;

    fn decode(body: OpenBody) -> Result<OpenBody, Undecodable> {
        Ok(body)
    }
}

impl From<OpenBody> for ByteStream {
    fn from(body: OpenBody) -> Self {
        Self::new(Box::pin(body))
    }
}
