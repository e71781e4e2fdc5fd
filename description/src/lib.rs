//! What an OpenAPI 3.0 description says of a request and of its answer, and where a real one differs from it.
//!
//! ```
//! use lumetra_engram_description::Description;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let description = Description::of_engram()?;
//! let request = http::Request::get("/v1/buckets?limit=none").header("authorization", "Bearer key").body("".into())?;
//! let operation = description.operation(request.method(), request.uri().path())?;
//! let mismatches = operation.check_request(&request);
//! assert_eq!(mismatches[0].to_string(), r#"list_buckets request /query/limit: a text is not of type "integer""#);
//! # Ok(())
//! # }
//! ```
//!
//! It is strict about names: a property that no schema names is a mismatch, although `additionalProperties: true` lets it pass. An open
//! schema is for what the service will send one day; the question here is whether the description tells the whole truth today. An object
//! whose schema names no property at all may hold anything.

mod allowance;
mod answer;
mod description;
mod events;
mod exchange;
mod mismatch;
#[path = "../../codegen/openapi.rs"]
pub mod openapi;
#[cfg(feature = "proxy")]
mod proxy;
mod request;
mod route;
mod schema;

pub use allowance::{Allowance, Allowances};
pub use answer::AnswerCheck;
pub use description::{Description, DescriptionError, Operation};
pub use exchange::Exchange;
pub use mismatch::{Message, Mismatch};
#[cfg(feature = "proxy")]
pub use proxy::proxy;
