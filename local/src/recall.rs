//! Finding the memories that match a question.
//!
//! The full-text index says where each term occurs; the ranking is BM25 over the searched buckets together. SQLite's own
//! `bm25()` is not used: it would weigh a term by how rare it is in the whole database, every tenant's memories included, and it
//! weighs a term that most memories hold as nothing, which is most terms where there are few memories.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;

use lumetra_engram::api::types::{QueryOptions, QueryRequest, RetrievedMemory, TopKPerBucket};

use crate::store::buckets::{self, BucketRow};
use crate::store::index::{self, Occurrence};
use crate::store::{Database, StoreError, memories};
use crate::text::terms::{self, Term};

/// How soon a term that is repeated counts no more.
const K1: f64 = 1.2;
/// How much longer memories are held back.
const B: f64 = 0.75;
/// How many memories without any of its terms a question is weighed against, beside those that are searched.
const MEMORIES_ELSEWHERE: f64 = 50.0;
/// A question is taken to ask for no more than this many of the rarest terms: no memory holds most of what a long one is about.
const MOST_ASKED: f64 = 6.0;
/// Every bucket weighs the same.
const WEIGHT: f64 = 1.0;
const DEFAULT_TOP_K: usize = 8;
/// More memories than this are retrieved from no bucket.
const MOST_TOP_K: usize = 1000;

/// What to look for, and where.
#[derive(Debug)]
pub(crate) struct Search {
    question: String,
    /// How many memories to retrieve at most, for each bucket's name.
    buckets: BTreeMap<String, usize>,
    least_raw_score: f64,
    least_weighted_score: f64,
}

impl Search {
    /// The search that the request asks for; `default_bucket` where it names none.
    pub(crate) fn new(request: QueryRequest, options: &QueryOptions, default_bucket: &str) -> Self {
        let names = if request.buckets.is_empty() { vec![default_bucket.to_owned()] } else { request.buckets };
        Self {
            question: request.query,
            buckets: names.into_iter().map(|name| (name.clone(), top_k(options, &name))).collect(),
            least_raw_score: options.min_similarity_threshold.unwrap_or(f64::NEG_INFINITY),
            least_weighted_score: options.min_weighted_score.unwrap_or(f64::NEG_INFINITY),
        }
    }

    pub(crate) fn question(&self) -> &str {
        &self.question
    }

    fn admits(&self, found: &Found<'_>) -> bool {
        found.score >= self.least_raw_score && found.score * WEIGHT >= self.least_weighted_score
    }
}

fn top_k(options: &QueryOptions, bucket: &str) -> usize {
    let of_bucket = match &options.top_k_per_bucket {
        Some(TopKPerBucket::All(number)) => Some(*number),
        Some(TopKPerBucket::Each(numbers)) => numbers.get(bucket).copied(),
        None => None,
    };
    let number = of_bucket.or(options.top_k).map(NonZeroU32::get).and_then(|number| usize::try_from(number).ok());
    number.unwrap_or(DEFAULT_TOP_K).min(MOST_TOP_K)
}

/// A bucket that is searched.
struct Place<'a> {
    name: &'a str,
    row: BucketRow,
    top_k: usize,
}

/// A memory that matches.
struct Found<'a> {
    place: &'a Place<'a>,
    id: i64,
    score: f64,
    coverage: f64,
}

/// A memory that was found.
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) memory: RetrievedMemory,
    /// Which part of what the question looks for the memory holds, from 0 to 1. Rare terms weigh more.
    pub(crate) coverage: f64,
}

/// What the terms that a memory holds amount to.
#[derive(Default)]
struct Score {
    bm25: f64,
    /// The weight of the terms that it holds, in all.
    held: f64,
}

pub(crate) fn search(database: &Database<'_>, search: &Search) -> Result<Vec<Hit>, StoreError> {
    let mut places = Vec::new();
    for (name, &top_k) in &search.buckets {
        // A bucket that does not exist yet holds nothing.
        if let Some(row) = buckets::find(database, name)? {
            places.push(Place { name, row, top_k });
        }
    }
    let (scores, asked) = score(database, &places, &terms::of_question(&search.question))?;
    let mut found: Vec<Found<'_>> =
        places.iter().zip(scores).flat_map(|(place, scores)| best(place, scores, asked, search)).collect();
    found.sort_unstable_by(order);
    found.iter().map(|found| retrieve(database, found)).collect()
}

/// For each bucket, the score of each memory that holds one of the terms; and the weight of what the question asks for.
fn score(
    database: &Database<'_>,
    places: &[Place<'_>],
    terms: &[Term],
) -> Result<(Vec<HashMap<i64, Score>>, f64), StoreError> {
    let mut scores: Vec<HashMap<i64, Score>> = places.iter().map(|_| HashMap::new()).collect();
    let mut asked = 0.0;
    let memories = places.iter().map(|place| place.row.memory_count as f64).sum::<f64>();
    let average_length = places.iter().map(|place| place.row.term_count as f64).sum::<f64>() / memories.max(1.0);
    for term in terms {
        let occurrences = places
            .iter()
            .map(|place| index::occurrences(database, place.row.id, term))
            .collect::<Result<Vec<_>, _>>()?;
        let holders = occurrences.iter().map(Vec::len).sum::<usize>() as f64;
        let rarity = rarity(memories, holders);
        let weight = rarity_elsewhere(memories, holders);
        // A pair that is nowhere is most likely the seam of two words.
        if holders > 0.0 || !matches!(term, Term::Pair(_)) {
            asked += weight;
        }
        for (scores, occurrences) in scores.iter_mut().zip(occurrences) {
            for occurrence in occurrences {
                let score = scores.entry(occurrence.memory).or_default();
                score.bm25 += rarity * frequency(&occurrence, average_length);
                score.held += weight;
            }
        }
    }
    Ok((scores, asked.min(MOST_ASKED * rarity_elsewhere(memories, 0.0))))
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

/// The best memories of one bucket.
fn best<'a>(place: &'a Place<'a>, scores: HashMap<i64, Score>, asked: f64, search: &Search) -> Vec<Found<'a>> {
    // From 0 to 1, in the same order.
    let squash = |score: f64| score / (1.0 + score);
    let found = scores.into_iter().map(|(id, Score { bm25, held })| Found {
        place,
        id,
        score: squash(bm25),
        coverage: (held / asked).min(1.0),
    });
    let mut found: Vec<Found<'_>> = found.filter(|found| search.admits(found)).collect();
    if found.len() > place.top_k {
        found.select_nth_unstable_by(place.top_k, order);
        found.truncate(place.top_k);
    }
    found
}

/// The best first, and of two that match as well the newer.
fn order(one: &Found<'_>, other: &Found<'_>) -> std::cmp::Ordering {
    other.score.total_cmp(&one.score).then(other.id.cmp(&one.id))
}

fn retrieve(database: &Database<'_>, found: &Found<'_>) -> Result<Hit, StoreError> {
    let (uuid, content) = memories::content(database, found.place.row.id, found.id)?;
    let mut memory = RetrievedMemory::default();
    memory.memory_id = uuid;
    memory.content = content;
    memory.bucket_id = Some(found.place.row.uuid.clone());
    memory.bucket_name = found.place.name.to_owned();
    memory.raw_score = Some(found.score);
    memory.weight = Some(WEIGHT);
    memory.weighted_score = Some(found.score * WEIGHT);
    Ok(Hit { memory, coverage: found.coverage })
}
