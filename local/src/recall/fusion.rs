//! What a match by words and one by meaning amount to together.
//!
//! The weights were chosen with `cargo xtask recall`, by the questions in `dev/recall` and those of LoCoMo together.

use super::words::{Match, Matches};
use crate::store::vectors::Nearness;

/// How much each term of the question counts beside meaning, in a memory that holds it, where some memory holds all of them.
const TERM: f64 = 0.8;
/// More terms count no more.
const MOST_TERMS: u32 = 8;
/// How far the cosines of a bucket usually spread. Where they spread otherwise they are stretched to that, or compressed.
const USUAL_SPREAD: f64 = 0.14;
/// The score is 0.5 where the sum of words and meaning is so much more than the best that chance gives one of the memories.
const MORE_THAN_CHANCE: f64 = 0.143;
/// Chance gives more in more memories, but only up to so many.
const MOST_BY_CHANCE: f64 = 1000.0;
/// How soon the score rises with more than that.
const STEEPNESS: f64 = 6.0;
/// A memory answers a question only if its centred cosine reaches this plus what chance gives. Nine in ten questions that nothing answers
/// stay below.
const LEAST_CENTRED: f64 = 0.183;
/// How far centred cosines spread by chance.
const CENTRED_SPREAD: f64 = 0.07;
/// Words count beside the centred cosine only by what they exceed this: a word or two may be shared by chance.
const WORDS_BY_CHANCE: f64 = 0.25;
/// Without vectors: a memory that holds less than this part of what the question looks for does not answer it. Otherwise a word that the
/// memory shares with the question by chance would make an answer that looks certain.
const LEAST_COVERAGE: f64 = 0.3;

/// The scores of a memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scores {
    /// What the search itself gives: the cosine where there is one, from 0 to 1.
    pub(crate) raw: f64,
    /// What the memories are ranked by, from 0 to 1.
    pub(crate) fused: f64,
    /// To compare the memories of one question: twice as much is twice as relevant.
    pub(crate) relevance: f64,
    /// Whether an answer may be made from the memory.
    pub(crate) answers: bool,
}

impl Scores {
    pub(super) fn by_words(found: &Match, matches: &Matches) -> Self {
        let coverage = f64::from(found.held) / matches.asked;
        let score = squash(found.bm25);
        Self { raw: score, fused: score, relevance: f64::from(found.bm25), answers: coverage >= LEAST_COVERAGE }
    }
}

/// What is known of a memory that may be retrieved.
pub(super) struct Candidate {
    pub(super) by_words: Option<Match>,
    pub(super) by_meaning: Option<Nearness>,
}

/// From 0 to 1, in the same order.
fn squash(bm25: f32) -> f64 {
    let bm25 = f64::from(bm25);
    bm25 / (1.0 + bm25)
}

/// The largest of so many numbers that are normally distributed, about, in standard deviations.
fn best_by_chance(memories: f64) -> f64 {
    (2.0 * memories.clamp(1.0, MOST_BY_CHANCE).ln()).sqrt()
}

/// What the scores of one bucket depend on.
pub(super) struct Fusion {
    full_score: f64,
    terms: f64,
    best_by_words: f64,
    stretch: f64,
    middle: f64,
    least_centred: f64,
}

impl Fusion {
    /// The memories are those of all buckets that are searched, and the spread is that of this one's cosines.
    pub(super) fn new(matches: &Matches, by_words: &[Match], spread: Option<f64>) -> Self {
        let spread = spread.filter(|spread| spread.is_normal());
        let by_chance = best_by_chance(matches.memories);
        let mut fusion = Self {
            full_score: matches.full_score,
            terms: f64::from(matches.terms.min(MOST_TERMS)),
            best_by_words: 0.0,
            stretch: spread.map_or(1.0, |spread| USUAL_SPREAD / spread),
            middle: MORE_THAN_CHANCE + USUAL_SPREAD * by_chance,
            least_centred: LEAST_CENTRED + CENTRED_SPREAD * by_chance,
        };
        fusion.best_by_words = by_words.iter().map(|found| fusion.fit(found)).fold(0.0, f64::max);
        fusion
    }

    /// How well the words fit, from 0 to 1: measured by the best that the question could reach, not by the best that was found.
    fn fit(&self, found: &Match) -> f64 {
        (f64::from(found.bm25) / self.full_score).min(1.0)
    }

    /// Where no memory fits the words well, those that fit a little do so by chance, and count for little. So do few words beside many.
    pub(super) fn scores(&self, candidate: &Candidate) -> Scores {
        let (found, nearness) = (candidate.by_words.as_ref(), candidate.by_meaning);
        let terms = found.map_or(0.0, |found| self.fit(found) * self.terms);
        let words = TERM * terms * self.best_by_words.powi(3);
        let meaning = nearness.map_or(0.0, |nearness| nearness.placed * self.stretch);
        let fused = 1.0 / (1.0 + (-STEEPNESS * (meaning + words - self.middle)).exp());
        // One that is not embedded yet has no cosine.
        let by_words = found.map_or(0.0, |found| squash(found.bm25));
        let raw = nearness.map_or(by_words, |nearness| nearness.cosine.clamp(0.0, 1.0));
        let centred = nearness.map_or(0.0, |nearness| nearness.centred);
        let answers = centred + (words - WORDS_BY_CHANCE).max(0.0) >= self.least_centred;
        Scores { raw, fused, relevance: fused, answers }
    }
}
