//! What a memory gains from its neighbours: the memories that were stored right before and right after it in its bucket. In a transcript a
//! question and its answer stand next to each other, and only one of them may have the words or the meaning that is looked for.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::fusion::Candidate;
use super::words::{Match, by_memory, keep_best, of_memory};
use crate::store::vectors::{Nearest, Nearness};
use crate::store::{Database, StoreError, memories};

/// Adds this part of the best matches to their neighbours, which may have matched nothing themselves.
pub(super) fn add_words(
    database: &Database<'_>,
    bucket_id: i64,
    matches: &mut Vec<Match>,
    weight: f64,
    best: usize,
) -> Result<(), StoreError> {
    let part = weight as f32;
    let mut givers = matches.clone();
    keep_best(&mut givers, best);
    for giver in givers {
        for memory in memories::neighbours(database, bucket_id, giver.memory)? {
            matches.push(Match { memory, bm25: giver.bm25 * part, held: giver.held * part });
        }
    }
    by_memory(matches);
    Ok(())
}

/// Adds this part of the candidates' nearness to their neighbours, which become candidates.
pub(super) fn add_meaning(
    database: &Database<'_>,
    bucket_id: i64,
    candidates: &mut HashMap<i64, Candidate>,
    by_words: &[Match],
    nearest: &Nearest,
    weight: f64,
) -> Result<(), StoreError> {
    let givers: Vec<(i64, Nearness)> =
        candidates.iter().filter_map(|(&memory, candidate)| Some((memory, candidate.by_meaning?))).collect();
    for (memory, giver) in givers.into_iter().filter(|(_, giver)| giver.placed > 0.0) {
        for memory in memories::neighbours(database, bucket_id, memory)? {
            let candidate = match candidates.entry(memory) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(Candidate {
                    by_words: of_memory(by_words, memory),
                    by_meaning: nearest.of_memory(database, memory)?,
                }),
            };
            // One that is not embedded yet is found by words alone.
            if let Some(nearness) = &mut candidate.by_meaning {
                nearness.gain(&giver, weight);
            }
        }
    }
    Ok(())
}
