//! Making one entity of names that mean the same.

use crate::recall::meaning::Meaning;
use crate::store::graph::{self, Judged};
use crate::store::{Database, Store, StoreError};
use crate::tenant::Tenant;

/// Two names are of one entity where their cosine is as large. It is high since names are short, and differ in a word: to the built-in model
/// "gym on Mondays" and "gym on Tuesdays" have 0.90, and "Alice's manager" and "Alice's new manager" 0.94. A wrong entity is worse than two.
const LEAST_COSINE: f64 = 0.95;
/// So many names are looked at at once.
const NAMES_AT_ONCE: usize = 32;

/// Looks at the names that nobody has looked at, as long as there are any and the embeddings can be had. They are merged by their words
/// alone until then.
pub(super) async fn merge(store: &Store, meaning: &Meaning) -> Result<(), StoreError> {
    // Until then the database may have vectors of another model.
    if !meaning.is_ready().await {
        return Ok(());
    }
    while let Some((model, bucket, names)) =
        store.read(Tenant::SERVER, |database| graph::bare(database, NAMES_AT_ONCE)).await?
    {
        let texts: Vec<&str> = names.iter().map(|name| name.name.as_str()).collect();
        let Some((vectors, space)) = meaning.of_names(&texts).await else { return Ok(()) };
        let mut judged: Vec<Judged> =
            names.into_iter().zip(vectors).map(|(name, vector)| Judged::new(name, vector, &space)).collect();
        let of = model.clone();
        let compare = move |database: &Database<'_>| {
            graph::find_nearest(database, (&of, &space), bucket, &mut judged, LEAST_COSINE)?;
            Ok(judged)
        };
        let judged = store.read(Tenant::SERVER, compare).await?;
        store.write(Tenant::SERVER, move |database| graph::merge(database, &model, &judged)).await?;
    }
    Ok(())
}

#[cfg(all(test, feature = "model"))]
mod tests {
    use super::*;
    use crate::embeddings::{Embedder, Embeddings};

    #[tokio::test]
    async fn to_the_built_in_model_names_of_different_things_are_less_alike_than_that() {
        let embedder = Embedder::new(Embeddings::built_in());
        let cosine = async |pair: [&str; 2]| {
            let vectors = embedder.passages(&pair).await.unwrap();
            vectors[0].cosine(&vectors[1])
        };
        for pair in [
            ["Alice's manager", "Alice's new manager"],
            ["New York", "New York City"],
            ["gym on Mondays", "gym on Tuesdays"],
            ["half past three", "half past four"],
            ["two weeks", "three weeks"],
            ["Monday", "Tuesday"],
            ["allergic to nuts", "allergic to peanuts"],
            ["John Smith", "Jon Smith"],
            ["Mr. Smith", "Mrs. Smith"],
            ["her brother", "his brother"],
            ["tea", "green tea"],
            ["Ana", "Anna"],
        ] {
            assert!(cosine(pair).await < LEAST_COSINE, "{pair:?}");
        }
        for pair in
            [["colour", "color"], ["movie theatre", "movie theater"], ["database migration", "database migrations"]]
        {
            assert!(cosine(pair).await >= LEAST_COSINE, "{pair:?}");
        }
    }
}
