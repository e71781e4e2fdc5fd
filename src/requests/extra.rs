//! Fields of a body that the description does not know.

use serde_json::{Map, Value};

use crate::error::EngramError;

/// A body that carries such fields beside those of the description.
pub(crate) trait ExtensibleBody {
    /// The fields of the description that every request has.
    const REQUIRED: &'static [&'static str];
    /// The other fields of the description.
    const OPTIONAL: &'static [&'static str];

    fn extra(&self) -> &Map<String, Value>;
}

/// Refuses a further field that the body knows, since it would be sent twice. The error says what sets the field: the argument of
/// `call`, or the setter of its name, if `set_otherwise` does not say what else does.
pub(crate) fn check_extra<B: ExtensibleBody>(
    body: &B,
    call: &str,
    set_otherwise: &[(&str, &str)],
) -> Result<(), EngramError> {
    let refused = |name: &str, instead: String| {
        Err(EngramError::invalid_request(format!("`{name}` is no extra field: use {instead}")))
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
