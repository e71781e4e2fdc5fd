//! Letters, digits and quotation marks that people take for the same, though Unicode's normal forms keep them apart.
//!
//! These are few, and no part of ICU4X has them: a collator does, but its keys change with each version of Unicode, and the index
//! keeps what is made here.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// The letter or digit that stands for the folded character.
pub(super) fn alike(character: char) -> char {
    match character {
        // Quotation marks and apostrophes, as each keyboard has them.
        '\u{2018}' | '\u{2019}' | '\u{02BB}' | '\u{02BC}' => '\'',
        '\u{201C}' | '\u{201D}' => '"',
        // Latin letters with a stroke or hook, which Unicode takes for letters of their own; ı has no dot to lose.
        'ł' => 'l',
        'ø' => 'o',
        'đ' | 'ð' | 'ɗ' => 'd',
        'ħ' => 'h',
        'ŧ' => 't',
        'ŋ' => 'n',
        'ɓ' => 'b',
        'ƙ' => 'k',
        'ƴ' => 'y',
        'ı' => 'i',
        'ȷ' => 'j',
        // Arabic: alef wasla, yeh and alef maksura, kaf, teh marbuta and the forms of heh.
        '\u{0671}' => '\u{0627}',
        '\u{0649}' | '\u{06CC}' => '\u{064A}',
        '\u{06A9}' => '\u{0643}',
        '\u{0629}' | '\u{06C1}' | '\u{06C3}' | '\u{06D5}' => '\u{0647}',
        // Hiragana; katakana stands in the same order.
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(character) + 0x60).unwrap_or(character),
        _ if character.is_numeric() => digit(character).unwrap_or(character),
        _ => character,
    }
}

/// The two letters that stand for one.
pub(super) fn pair(character: char) -> Option<(char, char)> {
    match character {
        'ß' => Some(('s', 's')),
        'æ' => Some(('a', 'e')),
        'œ' => Some(('o', 'e')),
        'þ' => Some(('t', 'h')),
        _ => None,
    }
}

/// Armenian և is եւ to Unicode, and ԵՎ in the capitals that most people write: after ե, yiwn becomes vew.
#[derive(Default)]
pub(super) struct Yiwn {
    after_ech: bool,
}

impl Yiwn {
    pub(super) fn replace(&mut self, folded: char) -> char {
        let after_ech = std::mem::replace(&mut self.after_ech, folded == 'ե');
        if after_ech && folded == 'ւ' { 'վ' } else { folded }
    }
}

/// Unicode has the decimal digits of each script as a range from zero to nine.
static DIGITS: LazyLock<Vec<RangeInclusive<u32>>> = LazyLock::new(|| {
    CodePointMapData::<GeneralCategory>::new().iter_ranges_for_value(GeneralCategory::DecimalNumber).collect()
});

/// The ASCII digit of the same value, for a decimal digit of any script.
fn digit(character: char) -> Option<char> {
    let code = u32::from(character);
    let place = DIGITS.binary_search_by(|range| {
        if *range.end() < code {
            std::cmp::Ordering::Less
        } else if *range.start() > code {
            std::cmp::Ordering::Greater
        } else {
            std::cmp::Ordering::Equal
        }
    });
    let range = DIGITS.get(place.ok()?)?;
    char::from_digit((code - range.start()) % 10, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_of_every_script_have_their_value() {
        assert!(DIGITS.len() > 40);
        for zero in "0٠۰߀०০੦૦୦௦౦೦൦෦๐໐༠၀០᠐᥆᧐᭐꘠꣐꧐０𑁦𞥐".chars() {
            let digits = (0..10).map(|value| char::from_u32(u32::from(zero) + value).unwrap());
            assert_eq!(digits.map(alike).collect::<String>(), "0123456789", "{zero}");
        }
        for other in "a〇一Ⅳ½²".chars() {
            assert_eq!(digit(other), None);
        }
    }
}
