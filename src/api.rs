//! The escape hatch: the client as it is generated from `openapi/engram.yaml`, with every operation and type of the
//! spec.
//!
//! [`EngramClient::api`](crate::EngramClient::api) lends it. Its operations send what they are given: no defaults and no checks,
//! but for path parameters that would name another route. Key, headers, timeouts, deadline, the 429 retry and the bound of
//! what is read are the same. Its errors are those of the generator: they hold the server's response as it came, so that a server that
//! repeats the API key puts it there. It follows the spec, so its signatures may change in any release.

pub use crate::generated::client::{ByteStream, Client, Error, ResponseValue};
pub use crate::generated::types;
pub use crate::wire::BareOrWrapped;

/// The spec that this crate was generated from: `openapi/engram.yaml`, as it is, in OpenAPI 3.0.
///
/// It is for whatever reads such specs: generators of clients in other languages, validators, mock servers, pages of
/// documentation.
///
/// ```
/// std::fs::write(std::env::temp_dir().join("engram.yaml"), lumetra_engram::api::OPENAPI)?;
/// # std::io::Result::Ok(())
/// ```
pub const OPENAPI: &str = include_str!("../openapi/engram.yaml");

/// The [spec](OPENAPI) in JSON, with the same content in the same order, but for the comments.
#[cfg(not(feature = "codegen"))]
pub const OPENAPI_JSON: &str = include_str!("generated/openapi.json");
/// The [spec](OPENAPI) in JSON, with the same content in the same order, but for the comments.
#[cfg(feature = "codegen")]
pub const OPENAPI_JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
