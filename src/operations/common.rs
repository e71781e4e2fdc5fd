//! The settings that several operations have, and the checks of what they were set to.

use serde_json::{Map, Value};

use crate::error::{EngramError, root_cause};
use crate::generated::client::Error;
use crate::request::Request;
use crate::wire::{self, ExtensibleBody};

/// An operation in one bucket, which is the client's default bucket unless [`bucket`](Request::bucket) says otherwise. Only this crate
/// implements it.
pub trait InBucket {}

impl<Op: InBucket, Mode> Request<Op, Mode> {
    /// The bucket. Default: the client's default bucket.
    pub fn bucket(self, bucket: impl Into<String>) -> Self {
        self.in_bucket(&bucket.into())
    }
}

/// An operation whose body takes [extra](Request::extra) fields. Only this crate implements it.
pub trait Extensible {
    #[doc(hidden)]
    fn extra_fields(&mut self) -> &mut Map<String, Value>;
}

impl<Op: Extensible, Mode> Request<Op, Mode> {
    /// A field of the body that this version of the client does not know, to be sent as it is: for what the service takes and no public
    /// client shows, such as the filters by agent and by run that Lumetra mentions. A name that is set twice keeps the last value.
    /// Default: none.
    ///
    /// A field that the client knows is refused when the request is sent, with [`EngramError::InvalidRequest`], which says what sets
    /// it. JSON has no NaN and no infinity: they become `null`.
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.operation.extra_fields().insert(name.into(), value.into());
        self
    }

    pub(crate) fn extra_fields(mut self, fields: Map<String, Value>) -> Self {
        *self.operation.extra_fields() = fields;
        self
    }
}

/// Refuses a name or an id that a URL cannot hold.
pub(super) fn check_segment(what: &str, value: &str) -> Result<(), EngramError> {
    wire::check_segment(what, value).map_err(EngramError::invalid_request)
}

/// Refuses an extra field that the body knows, since it would be sent twice. The error says what sets the field: the argument of
/// `call`, or the setter of its name, if `set_otherwise` does not say what else does.
pub(super) fn check_extra<B: ExtensibleBody>(
    body: &B,
    call: &str,
    set_otherwise: &[(&str, &str)],
) -> Result<(), EngramError> {
    let refused = |name: &str, instead: String| {
        Err(EngramError::invalid_request(format!("`{name}` is not an extra field: use {instead}")))
    };
    for name in body.extra().keys().map(String::as_str) {
        if let Some((_, instead)) = set_otherwise.iter().find(|(field, _)| *field == name) {
            return refused(name, (*instead).to_owned());
        }
        if B::REQUIRED.contains(&name) {
            return refused(name, format!("the argument of `{call}`"));
        }
        if B::OPTIONAL.contains(&name) {
            return refused(name, format!("the setter `{name}`"));
        }
    }
    Ok(())
}

/// Refuses 0.
pub(super) fn at_least_one(name: &str, value: u32) -> Result<std::num::NonZeroU32, EngramError> {
    std::num::NonZeroU32::new(value).ok_or_else(|| EngramError::invalid_request(format!("{name} must be at least 1")))
}

/// What the generated code refuses before anything is sent: a body that does not serialize, or an invalid URL.
pub(super) fn unsendable(error: Error<()>) -> EngramError {
    EngramError::invalid_request(format!("it cannot be sent: {}", root_cause(&error)))
}
