//! What a new row is given.

use jiff::Timestamp;
use uuid::Uuid;

/// Now, as clients are told: RFC 3339, in UTC.
pub(super) fn now() -> String {
    format!("{:.6}", Timestamp::now())
}

/// A new id. Its beginning is the time, so that new ids are neighbours in the database's index.
pub(super) fn new_uuid() -> String {
    Uuid::now_v7().to_string()
}
