//! How much a model is asked at once, and for one profile.

use crate::answer::data;

/// So much of the memories goes into one request, in bytes: some 8,000 tokens of English.
const PART: usize = 32 * 1024;
/// So many requests make a profile at most.
const MOST_PARTS: usize = 8;
/// Of a memory in a request, beside its text.
const AROUND_TEXT: usize = 80;
/// The longest text of a memory, as it is in a request.
pub(super) const LONGEST_TEXT: usize = PART - AROUND_TEXT;

/// What goes into one request.
pub(super) struct Part {
    left: usize,
}

impl Part {
    pub(super) fn new() -> Self {
        Self { left: PART }
    }

    /// Whether the memory goes into it too. The first one does; where it is longer than a part, its beginning.
    pub(super) fn takes(&mut self, content: &str) -> bool {
        let size = AROUND_TEXT + data::length(content).min(LONGEST_TEXT);
        let left = self.left.checked_sub(size);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

/// What goes into one profile.
pub(super) struct Parts {
    part: Part,
    /// How many more there may be.
    more: usize,
}

impl Parts {
    pub(super) fn new() -> Self {
        Self { part: Part::new(), more: MOST_PARTS - 1 }
    }

    /// Whether the memory goes into it too. Memories that go into so many parts one way round do so the other way round, since a part is
    /// filled as far as can be.
    pub(super) fn takes(&mut self, content: &str) -> bool {
        if self.part.takes(content) {
            return true;
        }
        if self.more == 0 {
            return false;
        }
        self.more -= 1;
        self.part = Part::new();
        self.part.takes(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_of_any_length_come_to_no_more_parts_than_are_permitted() {
        let mut random = fastrand::Rng::with_seed(18);
        for _ in 0..200 {
            let largest = [100, 5_000, 20_000, 100_000][random.usize(0..4)];
            let contents: Vec<String> = (0..5_000).map(|_| "<".repeat(random.usize(0..largest) / 6)).collect();
            let mut all = Parts::new();
            let taken = contents.iter().take_while(|content| all.takes(content)).count();
            assert!(0 < taken && taken < contents.len());
            let (mut parts, mut part) = (1, Part::new());
            for content in contents[..taken].iter().rev() {
                if !part.takes(content) {
                    parts += 1;
                    part = Part::new();
                    assert!(part.takes(content));
                }
            }
            assert!(parts <= MOST_PARTS, "{parts}");
        }
    }
}
