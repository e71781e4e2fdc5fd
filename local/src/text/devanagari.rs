//! The two spellings of a nasal in Devanagari: हिन्दी and हिंदी.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

const VIRAMA: char = '्';
const ANUSVARA: char = 'ं';

/// The stops, by where they are spoken. The nasal of each row is its last.
const ROWS: [RangeInclusive<char>; 5] = ['क'..='ङ', 'च'..='ञ', 'ट'..='ण', 'त'..='न', 'प'..='म'];

/// Puts an anusvara in place of a nasal that stands without a vowel before a stop of its own row.
pub(super) struct Anusvara<I> {
    characters: I,
    ahead: VecDeque<char>,
}

impl<I: Iterator<Item = char>> Anusvara<I> {
    pub(super) fn new(characters: I) -> Self {
        Self { characters, ahead: VecDeque::new() }
    }

    fn peek(&mut self, place: usize) -> Option<char> {
        while self.ahead.len() <= place {
            self.ahead.push_back(self.characters.next()?);
        }
        self.ahead.get(place).copied()
    }
}

impl<I: Iterator<Item = char>> Iterator for Anusvara<I> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let character = self.ahead.pop_front().or_else(|| self.characters.next())?;
        let row = ROWS.iter().find(|row| *row.end() == character);
        if let Some(row) = row
            && self.peek(0) == Some(VIRAMA)
            && self.peek(1).is_some_and(|next| row.contains(&next) && next != character)
        {
            self.ahead.pop_front();
            return Some(ANUSVARA);
        }
        Some(character)
    }
}
