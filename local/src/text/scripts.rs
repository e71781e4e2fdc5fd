//! Scripts that put no space between words, or glue particles to them.

use icu_properties::props::Script;
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};

const SCRIPTS: CodePointMapDataBorrowed<'static, Script> = CodePointMapData::<Script>::new();

/// Lengthens a vowel, and belongs to both Japanese syllabaries.
const PROLONGED_SOUND: char = 'ー';

pub(super) fn script(character: char) -> Script {
    SCRIPTS.get(character)
}

/// Whether the letter or mark is of such a script.
pub(super) fn is_spaceless(character: char) -> bool {
    // Most characters of most texts stand before the first of these scripts.
    character >= '\u{0E00}'
        && (character == PROLONGED_SOUND
            || matches!(
                script(character),
                Script::Thai
                    | Script::Lao
                    | Script::Myanmar
                    | Script::Khmer
                    | Script::TaiLe
                    | Script::NewTaiLue
                    | Script::TaiTham
                    | Script::TaiViet
                    | Script::Balinese
                    | Script::Javanese
                    | Script::Han
                    | Script::Hiragana
                    | Script::Katakana
                    | Script::Bopomofo
                    | Script::Hangul
                    | Script::Yi
                    | Script::Tangut
                    | Script::Nushu
            ))
}
