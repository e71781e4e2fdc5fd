//! Choices that depend on the input alone, so that an input always does the same and stays what a server would send.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;

/// A source of choices for one input.
pub struct Random(fastrand::Rng);

impl Random {
    pub fn of(input: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        Self(fastrand::Rng::with_seed(hasher.finish()))
    }

    /// A number from 0 to `most`.
    pub fn up_to(&mut self, most: usize) -> usize {
        self.0.usize(..=most)
    }

    /// Cuts the bytes at up to eight places.
    pub fn pieces(&mut self, bytes: &[u8]) -> Vec<Bytes> {
        let mut cuts: Vec<_> = (0..self.up_to(8)).map(|_| self.up_to(bytes.len())).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        cuts.windows(2).map(|cut| Bytes::copy_from_slice(&bytes[cut[0]..cut[1]])).collect()
    }
}
