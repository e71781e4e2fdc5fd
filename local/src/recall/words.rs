//! Search by words: which memories hold the terms of a question, and how well that fits.
//!
//! The full-text index says where each term occurs; the ranking is BM25 over the searched buckets together. SQLite's own
//! `bm25()` is not used: it would weigh a term by how rare it is in the whole database, every tenant's memories included, and it
//! weighs a term that most memories hold as nothing, which is most terms where there are few memories.

use crate::store::buckets::BucketRow;
use crate::store::index::{self, Occurrence};
use crate::store::{Database, StoreError};
use crate::text::terms::Term;

/// How soon a term that is repeated counts no more.
const K1: f64 = 0.6;
/// How much longer memories are held back.
const B: f64 = 0.3;
/// How much more a rare term counts than a frequent one: less than a logarithm alone would have it.
const RARITY_POWER: f64 = 0.7;
/// How many memories without any of its terms a question is weighed against, beside those that are searched.
const MEMORIES_ELSEWHERE: f64 = 50.0;
/// A question is taken to ask for no more than this many of the rarest terms: no memory holds most of what a long one is about.
const MOST_ASKED: f64 = 6.0;

/// What the terms that a memory holds amount to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match {
    pub(super) memory: i64,
    pub(super) bm25: f32,
    /// The weight of the terms that it holds, in all.
    pub(super) held: f32,
}

/// The matches of a question.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// How many memories the buckets hold.
    pub(super) memories: f64,
    /// For each bucket, in the order of the memories' ids.
    pub(super) of_buckets: Vec<Vec<Match>>,
    /// The weight of what the question asks for.
    pub(super) asked: f64,
    /// The BM25 score of a memory of middling length that holds each term once.
    pub(super) full_score: f64,
    /// How many terms the question asks for.
    pub(super) terms: u32,
}

pub(super) fn matches(database: &Database<'_>, buckets: &[&BucketRow], terms: &[Term]) -> Result<Matches, StoreError> {
    let mut matches = Matches { of_buckets: buckets.iter().map(|_| Vec::new()).collect(), ..Matches::default() };
    let memories = buckets.iter().map(|bucket| bucket.memory_count as f64).sum::<f64>();
    matches.memories = memories;
    let average_length = buckets.iter().map(|bucket| bucket.term_count as f64).sum::<f64>() / memories.max(1.0);
    for term in terms {
        let occurrences = buckets
            .iter()
            .map(|bucket| index::occurrences(database, bucket.id, term))
            .collect::<Result<Vec<_>, _>>()?;
        let holders = occurrences.iter().map(Vec::len).sum::<usize>() as f64;
        let rarity = rarity(memories, holders).powf(RARITY_POWER);
        let held = rarity_elsewhere(memories, holders);
        // A pair that is nowhere is most likely the seam of two words.
        if holders > 0.0 || !matches!(term, Term::Pair(_)) {
            matches.asked += held;
            matches.full_score += rarity;
            matches.terms += 1;
        }
        let found = |occurrence: Occurrence| Match {
            memory: occurrence.memory,
            bm25: (rarity * frequency(&occurrence, average_length)) as f32,
            held: held as f32,
        };
        for (matches, occurrences) in matches.of_buckets.iter_mut().zip(occurrences) {
            // In the memory of the occurrences: there may be many.
            let mut found: Vec<Match> = occurrences.into_iter().map(found).collect();
            if matches.is_empty() {
                *matches = found;
            } else {
                matches.append(&mut found);
            }
        }
    }
    matches.asked = matches.asked.min(MOST_ASKED * rarity_elsewhere(memories, 0.0));
    matches.of_buckets.iter_mut().for_each(by_memory);
    Ok(matches)
}

/// Each memory once, with all of its terms.
pub(super) fn by_memory(matches: &mut Vec<Match>) {
    // A stable sort makes use of the order that the matches of each term have.
    matches.sort_by_key(|found| found.memory);
    matches.dedup_by(|one, kept| {
        let is_same = one.memory == kept.memory;
        if is_same {
            kept.bm25 += one.bm25;
            kept.held += one.held;
        }
        is_same
    });
}

/// Leaves the best, `count` at most, in no order; of those that match as well the newer.
pub(super) fn keep_best(matches: &mut Vec<Match>, count: usize) {
    if matches.len() > count {
        let order = |one: &Match, other: &Match| other.bm25.total_cmp(&one.bm25).then(other.memory.cmp(&one.memory));
        matches.select_nth_unstable_by(count, order);
        matches.truncate(count);
    }
}

/// That of one memory, if it matches.
pub(super) fn of_memory(matches: &[Match], memory: i64) -> Option<Match> {
    let place = matches.binary_search_by_key(&memory, |found| found.memory).ok()?;
    matches.get(place).copied()
}

/// Never negative, and not zero even where every memory holds the term.
fn rarity(memories: f64, holders: f64) -> f64 {
    (1.0 + (memories - holders + 0.5) / (holders + 0.5)).ln()
}

/// The rarity of a term were there as many more memories without it. In a bucket with one memory alone, each word of it is in all of
/// them, and yet its words are what a question finds it by.
fn rarity_elsewhere(memories: f64, holders: f64) -> f64 {
    rarity(memories + MEMORIES_ELSEWHERE, holders)
}

fn frequency(occurrence: &Occurrence, average_length: f64) -> f64 {
    let times = f64::from(occurrence.times);
    let length = f64::from(occurrence.length) / average_length.max(1.0);
    times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length))
}
