//! A request that is ready to be sent, and how its response is received and decoded.

use std::marker::PhantomData;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method};
use progenitor_client::{ByteStream, Error};
use reqwest::{Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::body::{Fault, OpenBody, read_whole};
use super::watch::Watch;
use crate::concurrency::Permit;

/// What the spec says of an operation.
#[derive(Debug)]
pub struct Endpoint {
    /// The operation's name in the spec.
    pub(crate) operation_id: &'static str,
    /// The media type of its response.
    pub(crate) accept: &'static str,
}

/// A request from the generated code, typed by how its response is read.
#[derive(Debug)]
pub struct Call<Response> {
    pub(crate) draft: Draft,
    response: PhantomData<fn() -> Response>,
}

/// What is sent with every attempt.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The method, the URL, and headers that come from parameters.
    pub(crate) request: Request,
    accept: &'static str,
    json: Option<Bytes>,
}

impl Draft {
    /// The request of one attempt. Made anew: a copy of a whole request would copy its headers, and allocate for a timeout that it lacks.
    pub(super) fn to_request(&self) -> (Request, Watch) {
        let mut request = Request::new(self.request.method().clone(), self.request.url().clone());
        let headers = request.headers_mut();
        headers.clone_from(self.request.headers());
        headers.insert(ACCEPT, HeaderValue::from_static(self.accept));
        if self.json.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        } else if *self.request.method() == Method::POST {
            // RFC 9110, section 8.6. Some gateways refuse a POST without it.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let (watch, body) = Watch::body(self.json.clone().unwrap_or_default());
        *request.body_mut() = Some(body);
        (request, watch)
    }
}

impl<Response> Call<Response> {
    pub(crate) fn new(endpoint: &'static Endpoint, request: Request) -> Self {
        let draft = Draft { request, accept: endpoint.accept, json: None };
        Self { draft, response: PhantomData }
    }

    /// A call with a body.
    #[allow(clippy::result_large_err)] // progenitor's error, as the generated code has it.
    pub(crate) fn json(
        endpoint: &'static Endpoint,
        request: Request,
        body: &impl Serialize,
    ) -> Result<Self, Error<()>> {
        let json = serde_json::to_vec(body).map_err(|error| Error::InvalidRequest(error.to_string()))?;
        let draft = Draft { request, accept: endpoint.accept, json: Some(json.into()) };
        Ok(Self { draft, response: PhantomData })
    }
}

impl<T> Call<Json<T>> {
    /// The same call, whose body may be empty.
    pub(crate) fn or_default(self) -> Call<JsonOrDefault<T>> {
        Call { draft: self.draft, response: PhantomData }
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

/// Leaves the body to the caller.
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

    /// The value of a success whose body could not be read, where none is needed.
    fn without_body() -> Option<Self::Value> {
        None
    }
}

/// A body that does not decode.
#[derive(Debug)]
pub struct Undecodable {
    pub(crate) body: Bytes,
    pub(crate) error: serde_json::Error,
}

/// JSON of this type.
#[derive(Debug)]
pub struct Json<T>(PhantomData<fn() -> T>);

impl<T: DeserializeOwned> Decode for Json<T> {
    type Receive = Whole;
    type Value = T;

    fn decode(body: Bytes) -> Result<T, Undecodable> {
        serde_json::from_slice(&body).map_err(|error| Undecodable { body, error })
    }
}

/// JSON of this type; an empty body is the default value.
#[derive(Debug)]
pub struct JsonOrDefault<T>(PhantomData<fn() -> T>);

impl<T: DeserializeOwned + Default> Decode for JsonOrDefault<T> {
    type Receive = Whole;
    type Value = T;

    fn decode(body: Bytes) -> Result<T, Undecodable> {
        if body.is_empty() { Ok(T::default()) } else { Json::<T>::decode(body) }
    }
}

/// Ignores the body.
#[derive(Debug)]
pub struct Empty;

impl Decode for Empty {
    type Receive = Whole;
    type Value = ();

    fn decode(_: Bytes) -> Result<(), Undecodable> {
        Ok(())
    }

    fn without_body() -> Option<()> {
        Some(())
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
