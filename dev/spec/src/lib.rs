//! What an OpenAPI 3.0 spec says of a request and of its response, and where a real one differs from it.
//!
//! ```
//! use lumetra_engram_spec::Spec;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let spec = Spec::of_engram()?;
//! let request = http::Request::get("/v1/buckets?limit=none").header("authorization", "Bearer key").body("".into())?;
//! let operation = spec.operation(request.method(), request.uri().path())?;
//! let mismatches = operation.check_request(&request);
//! assert_eq!(mismatches[0].to_string(), r#"list_buckets request /query/limit: a text is not of type "integer""#);
//! # Ok(())
//! # }
//! ```
//!
//! It is strict about names: a property that no schema names is a mismatch, although `additionalProperties: true` permits it. An open
//! schema is for what the service will send one day; the question here is whether the spec tells the whole truth today. An object whose
//! schema names no property at all may hold anything.

mod exchange;
mod mismatch;
#[path = "../../../codegen/openapi.rs"]
pub mod openapi;
mod request;
mod response;
mod route;
mod schema;
mod spec;
pub mod walk;

pub use exchange::Exchange;
pub use mismatch::{Finding, Message, Mismatch};
pub use response::End;
pub use schema::{Schema, Schemas, SpecError};
pub use spec::{Operation, Spec};
