//! Tenants. Each API key is one; it is known only by its hash from here on.

use std::fmt;

use sha2::{Digest, Sha256};

/// The tenant of a request: the SHA-256 of its API key.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(crate) struct Tenant([u8; 32]);

impl Tenant {
    /// The server itself, in what it does for all of them. No key has this hash.
    pub(crate) const SERVER: Self = Self([0; 32]);

    pub(crate) fn of_key(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }

    pub(crate) fn hash(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tenant")
    }
}
