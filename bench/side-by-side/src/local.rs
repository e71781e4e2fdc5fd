//! The local server and bare SQLite, each with the same memories and questions.

mod bare;
mod load;
mod served;

pub use bare::Bare;
pub use load::{Fact, Load};
pub use served::Served;

/// What both can do that are compared.
pub trait Memories {
    /// Stores the facts in one batch, on the disk when it returns.
    fn store(&mut self, bucket: u32, facts: &[Fact]) -> impl Future<Output = anyhow::Result<()>>;

    /// Retrieves the best eight memories, and says how many came.
    fn query(&mut self, bucket: u32, words: &[String]) -> impl Future<Output = anyhow::Result<usize>>;
}
