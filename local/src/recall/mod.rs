//! Finding the memories that match a question: by its [words], and by what it [means](meaning).

mod fusion;
pub(crate) mod graph;
pub(crate) mod meaning;
mod neighbours;
mod words;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;

use lumetra_engram::api::types::{QueryOptions, QueryRequest, RetrievedMemory, TopKPerBucket};

use crate::store::buckets::{self, BucketRow};
use crate::store::vectors::{self, Meant};
use crate::store::{Database, StoreError, memories};
use crate::text::terms;
use fusion::{Candidate, Fusion, Scores};
use words::{Match, Matches};

/// Every bucket weighs the same.
const WEIGHT: f64 = 1.0;
const DEFAULT_TOP_K: usize = 8;
/// More memories than this are retrieved from no bucket.
const MOST_TOP_K: usize = 1000;
/// So many more memories than are asked for are looked at by words and by meaning, before both together decide.
const MORE_CANDIDATES: usize = 100;

/// What to look for, and where.
#[derive(Debug)]
pub(crate) struct Search {
    question: String,
    /// How many memories to retrieve at most, for each bucket's name.
    buckets: BTreeMap<String, usize>,
    least_raw_score: f64,
    least_weighted_score: f64,
    /// What part of a memory's match its neighbours gain.
    neighbours: f64,
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
            neighbours: 0.0,
        }
    }

    /// Memories gain this part of what their neighbours match by.
    pub(crate) fn neighbours(self, weight: f64) -> Self {
        Self { neighbours: weight, ..self }
    }

    pub(crate) fn question(&self) -> &str {
        &self.question
    }

    /// The names of the buckets that are searched.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = &str> {
        self.buckets.keys().map(String::as_str)
    }

    fn admits(&self, found: &Found<'_>) -> bool {
        found.scores.raw >= self.least_raw_score && found.scores.fused * WEIGHT >= self.least_weighted_score
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

impl Place<'_> {
    /// So many memories are looked at by words and by meaning.
    fn candidates(&self) -> usize {
        self.top_k + MORE_CANDIDATES
    }
}

/// A memory that matches.
struct Found<'a> {
    place: &'a Place<'a>,
    id: i64,
    scores: Scores,
}

/// A memory that was found.
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) id: i64,
    pub(crate) memory: RetrievedMemory,
    /// RFC 3339, in UTC.
    pub(crate) stored_at: String,
    pub(crate) scores: Scores,
}

/// Searches by words, and by meaning where that is known.
pub(crate) fn search(database: &Database<'_>, search: &Search, meant: Option<&Meant>) -> Result<Vec<Hit>, StoreError> {
    let mut places = Vec::new();
    for (name, &top_k) in &search.buckets {
        // A bucket that does not exist yet holds nothing.
        if let Some(row) = buckets::find(database, name)? {
            places.push(Place { name, row, top_k });
        }
    }
    let rows: Vec<&BucketRow> = places.iter().map(|place| &place.row).collect();
    let mut matches = words::matches(database, &rows, &terms::of_question(&search.question))?;
    let of_buckets = std::mem::take(&mut matches.of_buckets);
    let mut found = Vec::new();
    for (place, mut by_words) in places.iter().zip(of_buckets) {
        if search.neighbours > 0.0 {
            neighbours::add_words(database, place.row.id, &mut by_words, search.neighbours, place.candidates())?;
        }
        let scored = match meant {
            Some(meant) => by_both(database, place, by_words, &matches, meant, search.neighbours)?,
            None => {
                words::keep_best(&mut by_words, place.top_k);
                by_words.iter().map(|found| (found.memory, Scores::by_words(found, &matches))).collect()
            }
        };
        found.extend(best(place, scored, search));
    }
    found.sort_unstable_by(order);
    found.iter().map(|found| retrieve(database, found)).collect()
}

/// The scores of the memories that match best by words, and of those that match best by meaning.
fn by_both(
    database: &Database<'_>,
    place: &Place<'_>,
    mut by_words: Vec<Match>,
    matches: &Matches,
    meant: &Meant,
    neighbours: f64,
) -> Result<Vec<(i64, Scores)>, StoreError> {
    let count = place.candidates();
    let mut candidates = HashMap::new();
    let nearest = vectors::nearest(database, place.row.id, meant, count)?;
    let fusion = Fusion::new(matches, &by_words, nearest.spread);
    for (&memory, &nearness) in &nearest.by_memory {
        let by_words = words::of_memory(&by_words, memory);
        candidates.insert(memory, Candidate { by_words, by_meaning: Some(nearness) });
    }
    if neighbours > 0.0 {
        neighbours::add_meaning(database, place.row.id, &mut candidates, &by_words, &nearest, neighbours)?;
    }
    words::keep_best(&mut by_words, count);
    for found in by_words {
        if let Entry::Vacant(entry) = candidates.entry(found.memory) {
            let by_meaning = nearest.of_memory(database, found.memory)?;
            entry.insert(Candidate { by_words: Some(found), by_meaning });
        }
    }
    Ok(candidates.into_iter().map(|(memory, candidate)| (memory, fusion.scores(&candidate))).collect())
}

/// The best memories of one bucket.
fn best<'a>(place: &'a Place<'a>, scored: Vec<(i64, Scores)>, search: &Search) -> Vec<Found<'a>> {
    let found = scored.into_iter().map(|(id, scores)| Found { place, id, scores });
    let mut found: Vec<Found<'_>> = found.filter(|found| search.admits(found)).collect();
    if found.len() > place.top_k {
        found.select_nth_unstable_by(place.top_k, order);
        found.truncate(place.top_k);
    }
    found
}

/// The best first, and of two that match as well the newer.
fn order(one: &Found<'_>, other: &Found<'_>) -> std::cmp::Ordering {
    other.scores.fused.total_cmp(&one.scores.fused).then(other.id.cmp(&one.id))
}

fn retrieve(database: &Database<'_>, found: &Found<'_>) -> Result<Hit, StoreError> {
    let (uuid, content, stored_at) = memories::content(database, found.place.row.id, found.id)?;
    let mut memory = RetrievedMemory::default();
    memory.memory_id = uuid;
    memory.content = content;
    memory.bucket_id = Some(found.place.row.uuid.clone());
    memory.bucket_name = found.place.name.to_owned();
    memory.raw_score = Some(found.scores.raw);
    memory.weight = Some(WEIGHT);
    memory.weighted_score = Some(found.scores.fused * WEIGHT);
    Ok(Hit { id: found.id, memory, stored_at, scores: found.scores })
}
