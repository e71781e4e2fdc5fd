//! Two independent validators of OpenAPI descriptions, at exact versions.

mod openapi_spec_validator;
mod redocly;

use std::path::Path;

use anyhow::Result;

/// What a validator says of a file.
pub(crate) struct Complaint {
    /// The name of the file in its folder.
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) rule: String,
    pub(crate) message: String,
}

/// A validator.
pub(crate) struct Validator {
    pub(crate) name: &'static str,
    /// Validates these files of the folder.
    pub(crate) validate: fn(&Path, &[String]) -> Result<Vec<Complaint>>,
}

pub(crate) const VALIDATORS: &[Validator] = &[
    Validator { name: openapi_spec_validator::NAME, validate: openapi_spec_validator::validate },
    Validator { name: "Redocly", validate: redocly::validate },
];
