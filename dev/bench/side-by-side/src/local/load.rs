//! Made-up memories and questions: words of which some are frequent and most are rare, as in every language.

use fastrand::Rng;

use super::Fact;

const VOCABULARY: usize = 50_000;
/// The words of a memory, at least and at most.
const LENGTHS: std::ops::Range<usize> = 8..40;
/// Nobody asks for the most frequent words, which are the likes of "the" and "of".
const NOT_ASKED_FOR: usize = 100;

/// The same memories and questions for the same seed.
pub struct Load {
    random: Rng,
    /// The words, the most frequent first.
    words: Vec<String>,
    /// For each word, the sum of the frequencies up to it.
    sums: Vec<f64>,
}

impl Load {
    pub fn new(seed: u64) -> Self {
        // Zipf's law: the second word is half as frequent as the first, and so on.
        let sums = (1..=VOCABULARY).scan(0.0, |sum, rank| {
            *sum += 1.0 / f64::from(u32::try_from(rank).unwrap_or(u32::MAX));
            Some(*sum)
        });
        Self { random: Rng::with_seed(seed), words: (0..VOCABULARY).map(word).collect(), sums: sums.collect() }
    }

    pub fn facts(&mut self, count: usize) -> Vec<Fact> {
        (0..count).map(|_| self.fact()).collect()
    }

    fn fact(&mut self) -> Fact {
        let length = self.random.usize(LENGTHS);
        (0..length).map(|_| self.word(0)).collect()
    }

    /// Two to four words.
    pub fn question(&mut self) -> Vec<String> {
        let length = self.random.usize(2..5);
        (0..length).map(|_| self.word(NOT_ASKED_FOR)).collect()
    }

    /// A word by its frequency, but none of the most frequent ones.
    fn word(&mut self, most_frequent: usize) -> String {
        let least = if most_frequent == 0 { 0.0 } else { self.sums[most_frequent - 1] };
        let place = least + self.random.f64() * (self.sums[VOCABULARY - 1] - least);
        let found = self.sums.partition_point(|sum| *sum < place);
        self.words[found.min(VOCABULARY - 1)].clone()
    }
}

/// A word that its stem is the same as: syllables that end in `a`, `o` or `u`.
fn word(number: usize) -> String {
    const CONSONANTS: [char; 12] = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 't', 'v'];
    const VOWELS: [char; 3] = ['a', 'o', 'u'];
    let mut rest = number + CONSONANTS.len() * VOWELS.len();
    let mut word = String::new();
    while rest > 0 {
        word.push(CONSONANTS[rest % CONSONANTS.len()]);
        rest /= CONSONANTS.len();
        word.push(VOWELS[rest % VOWELS.len()]);
        rest /= VOWELS.len();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_memories_of_which_the_first_word_is_in_many() {
        let facts = |seed| Load::new(seed).facts(1000);
        assert_eq!(facts(1), facts(1));
        let holders = facts(1).iter().filter(|fact| fact.contains(&word(0))).count();
        assert!((500..1000).contains(&holders), "{} is in {holders}", word(0));
    }
}
