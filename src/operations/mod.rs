//! The operations, a file for each resource: what each of them takes, sends and returns.

mod buckets;
mod memories;
mod profile;
mod query;
mod settings;

pub use buckets::*;
pub use memories::*;
pub use profile::*;
pub(crate) use query::check_buckets;
pub use query::*;
pub(crate) use settings::check_segment;
pub use settings::{Extensible, InBucket};
