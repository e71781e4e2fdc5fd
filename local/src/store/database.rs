//! The database in the hands of one request.

use rusqlite::Connection;

use super::held::Held;
use crate::tenant::Tenant;

/// The database as a tenant has it, in one transaction.
pub(crate) struct Database<'a> {
    pub(super) connection: &'a Connection,
    pub(super) tenant: Tenant,
    pub(super) held: &'a Held,
}
