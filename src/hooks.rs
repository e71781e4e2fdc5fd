//! The generated client's own calls: the one adapter between progenitor's types and the transport.

use progenitor_client::{Error, ResponseValue};
use reqwest::{Response, ResponseBuilderExt};

use crate::generated::client::Client;
use crate::transport::{Call, Decode, Exchange, Failure, Fault, Plan, Reply, Undecodable};

impl Client {
    /// Sends a call of the escape hatch. It may be anything, so it counts as not idempotent.
    pub(crate) async fn run<R: Decode, Value: From<R::Value>>(
        &self,
        call: Call<R>,
    ) -> Result<ResponseValue<Value>, Error<()>> {
        let settings = self.inner.settings().call;
        let plan = Plan { settings, headers: Default::default(), is_idempotent: false };
        let exchange: Exchange<_> = self.inner.send::<R::Receive>(&call.draft, &plan).await;
        match exchange.outcome {
            Ok(Reply { head, body }) => match R::decode(body) {
                Ok(value) => Ok(ResponseValue::new(value.into(), head.status, head.headers)),
                Err(Undecodable { body, error }) => Err(Error::InvalidResponsePayload(body, error)),
            },
            Err(Failure::Unsendable(problem)) => Err(Error::InvalidRequest(problem)),
            Err(Failure::Transport { error, .. } | Failure::Body { fault: Fault::Broken(error), .. }) => {
                Err(Error::CommunicationError(error))
            }
            Err(Failure::Refused(reply)) => {
                let mut response = http::Response::builder()
                    .url(call.draft.request.url().clone())
                    .body(reply.body)
                    .unwrap_or_default();
                *response.status_mut() = reply.head.status;
                *response.headers_mut() = reply.head.headers;
                Err(Error::UnexpectedResponse(Response::from(response)))
            }
            Err(failure) => {
                let error = failure.into_error(exchange.attempts, exchange.effect, self.inner.settings());
                Err(Error::Custom(error.to_string()))
            }
        }
    }
}
