//! The operations, a file for each resource: what each of them takes, sends and returns.

mod buckets;
mod common;
mod memories;
mod profile;
mod query;

pub use buckets::*;
pub use common::{Extensible, InBucket};
pub use memories::*;
pub use profile::*;
pub(crate) use query::check_buckets;
pub use query::*;
