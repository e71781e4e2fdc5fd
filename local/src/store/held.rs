//! What is held in memory of the database, for all its readers.

use super::codes::HeldCodes;
use super::lengths::Lengths;

#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) lengths: Lengths,
    pub(super) codes: HeldCodes,
}
