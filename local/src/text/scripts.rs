//! Scripts that put no space between words, or glue particles to them.

use std::ops::RangeInclusive;

const SPACELESS: [RangeInclusive<char>; 12] = [
    '\u{0E00}'..='\u{0EFF}',   // Thai, Lao
    '\u{1000}'..='\u{109F}',   // Myanmar
    '\u{1100}'..='\u{11FF}',   // Hangul, letters
    '\u{1780}'..='\u{17FF}',   // Khmer
    '\u{3005}'..='\u{3007}',   // marks that stand among Han characters
    '\u{3041}'..='\u{30FF}',   // Hiragana, Katakana
    '\u{3100}'..='\u{312F}',   // Bopomofo
    '\u{31F0}'..='\u{31FF}',   // Katakana, extended
    '\u{3400}'..='\u{9FFF}',   // Han
    '\u{AC00}'..='\u{D7FF}',   // Hangul, syllables
    '\u{F900}'..='\u{FAFF}',   // Han, compatibility
    '\u{20000}'..='\u{3FFFF}', // Han, extended
];

pub(super) fn is_spaceless(character: char) -> bool {
    // Most characters of most texts stand before the first of these scripts.
    character >= *SPACELESS[0].start() && SPACELESS.iter().any(|range| range.contains(&character))
}
