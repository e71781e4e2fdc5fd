//! What a search takes for the same, script by script, and what it keeps apart.

use lumetra_engram::{EngramClient, StoreStatus};

use crate::wire::start_and_connect;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// The same text to a reader: a search finds it, and a second store merges it.
    Same,
    /// A search finds it, but the texts are two.
    Found,
    /// Another word.
    Apart,
}

use Outcome::{Apart, Found, Same};

/// A stored text, a question, and whether it matches.
const PAIRS: &[(&str, &str, Outcome)] = &[
    // Latin
    ("Café crème", "CAFE CREME", Same),
    ("Cafe\u{301}", "Café", Same),
    ("Straße", "STRASSE", Same),
    ("STRAẞE", "straße", Same),
    ("İstanbul", "istanbul", Same),
    ("ISPARTA", "ısparta", Same),
    ("DİYARBAKIR", "Diyarbakır", Same),
    ("Łódź", "lodz", Same),
    ("Københavns Ærø", "KOBENHAVNS AERO", Same),
    ("Þingvellir", "Thingvellir", Same),
    ("Đà Nẵng", "da nang", Same),
    ("phở bò", "pho bo", Same),
    ("Tiếng Việt", "Tie\u{302}\u{301}ng Vie\u{323}\u{302}t", Same),
    ("cœur", "COEUR", Same),
    ("Ďuriš", "duris", Same),
    ("Ħal Għaxaq", "hal ghaxaq", Same),
    ("oﬃce ﬂoor", "office floor", Same),
    ("Ｆｕｌｌ　Ｗｉｄｔｈ", "full width", Same),
    ("𝔉𝔯𝔞𝔨𝔱𝔲𝔯", "fraktur", Same),
    ("100 m²", "100 m2", Same),
    ("H₂O", "h2o", Same),
    ("Ⅷ", "viii", Same),
    ("extra\u{AD}ordinary", "extraordinary", Same),
    ("zero\u{200B}width\u{2060}\u{FEFF}", "ZEROWIDTH", Same),
    ("caf\u{E9}\u{200F}", "cafe", Same),
    ("O\u{2019}Brien", "o'brien", Same),
    ("Hawai\u{2BB}i", "hawai'i", Same),
    ("a\u{200C}b", "AB", Same),
    ("snake_case example.com 3.14", "cases", Found),
    ("snake_case example.com 3.14", "example", Found),
    ("snake_case example.com 3.14", "14", Found),
    ("Acme™ Tools®", "acme", Found),
    ("a naïve façade", "facades", Found),
    ("résumé", "resumption", Apart),
    ("Bar", "Bären", Apart),
    ("Alice", "Alicia", Apart),
    // Greek
    ("Ερμής", "ΕΡΜΗΣ", Same),
    ("ΟΔΟΣ", "οδος", Same),
    ("Ἀθῆναι", "αθηναι", Same),
    ("ΑΫΠΝΊΑ", "αϋπνία", Same),
    ("ὦ ἄνδρες", "ω ανδρεσ", Same),
    ("νόμος", "νομός", Same),
    ("Ερμής", "Ερμού", Apart),
    // Cyrillic
    ("ёлка", "ЕЛКА", Same),
    ("за́мок", "замок", Same),
    ("ПРИВЕТ", "привет", Same),
    ("мой", "мои", Apart),
    ("їжак", "іжак", Apart),
    ("куќа", "кука", Apart),
    // Hebrew
    ("שָׁלוֹם", "שלום", Same),
    ("\u{FB2A}לום", "שלום", Same),
    ("שלום", "שלוט", Apart),
    // Arabic
    ("مُحَمَّد", "محمد", Same),
    ("محـــمد", "محمد", Same),
    ("أحمد", "احمد", Same),
    ("إسلام", "اسلام", Same),
    ("ٱلقرآن", "القران", Same),
    ("مستشفى", "مستشفي", Same),
    ("مدرسة", "مدرسه", Same),
    ("ﻛﺘﺎﺏ", "كتاب", Same),
    ("ﻻ مال", "لا مال", Same),
    ("باب", "تاب", Apart),
    // Persian and Urdu
    ("علی کریم", "علي كريم", Same),
    ("می\u{200C}خواهم", "میخواهم", Same),
    ("می\u{200C}خواهم", "می خواهم", Found),
    ("کتاب خانه", "کتاب\u{200C}خانه", Found),
    ("پدر", "بدر", Apart),
    // Syriac
    ("ܫܠܵܡܵܐ", "ܫܠܡܐ", Same),
    // Devanagari
    ("क़लम", "कलम", Same),
    ("ज\u{93C}रूर", "जरूर", Same),
    ("क्\u{200D}ष", "क्ष", Same),
    ("हिन्दी", "हिंदी", Same),
    ("कम्पनी", "कंपनी", Same),
    ("सम्बन्ध", "संबंध", Same),
    ("अण्डा", "अंडा", Same),
    ("पञ्च", "पंच", Same),
    ("गङ्गा", "गंगा", Same),
    ("जन्म", "जंम", Apart),
    ("अन्न", "अंन", Apart),
    ("काला", "कला", Apart),
    ("दिन", "दीन", Apart),
    ("हंस", "हस", Apart),
    // Bengali
    ("ড\u{9BC}", "ড়", Same),
    ("পড়া", "পডা", Apart),
    ("বাড়ি", "বাড়ী", Apart),
    // Gurmukhi, Gujarati, Odia
    ("ਸ਼ੇਰ", "ਸੇਰ", Apart),
    ("દીન", "દિન", Apart),
    ("କଳା", "କାଳା", Apart),
    // Tamil, Telugu, Kannada, Malayalam, Sinhala
    ("கொடு", "க\u{BC6}\u{BBE}டு", Same),
    ("பால்", "பல்", Apart),
    ("పాలు", "పలు", Apart),
    ("ಮನೆ", "ಮನ", Apart),
    ("മാല", "മല", Apart),
    ("ශ්\u{200D}රී", "ශ්රී", Same),
    // Thai, Lao, Khmer, Myanmar: no spaces
    ("ผู้ใช้ชอบโหมดมืด", "โหมดมืด", Found),
    ("น้ำ", "น\u{E49}\u{E4D}\u{E32}", Same),
    ("ปา", "ป้า", Apart),
    ("ຜູ້ໃຊ້ມັກໂໝດມືດ", "ໂໝດມືດ", Found),
    ("ກຳ", "ກ\u{ECD}\u{EB2}", Same),
    ("អ្នកប្រើចូលចិត្តភ្នំពេញ", "ភ្នំពេញ", Found),
    ("ភ្នំ\u{200B}ពេញ", "ភ្នំពេញ", Same),
    ("သုံးစွဲသူသည်ရန်ကုန်", "ရန်ကုန်", Found),
    // Chinese
    ("用户喜欢深色模式", "深色模式是什么？", Found),
    ("用户喜欢猫", "猫", Found),
    ("猫喜欢用户", "猫", Found),
    ("\u{F900}", "豈", Same),
    ("用户喜欢深色模式", "浅红", Apart),
    // Japanese
    ("ひらがな", "ヒラガナ", Same),
    ("ﾕｰｻﾞｰ", "ユーザー", Same),
    ("か\u{3099}くせい", "ガクセイ", Same),
    ("㍿山田", "株式会社山田", Same),
    ("ユーザーは猫を飼っています", "ねこ", Apart),
    ("ジョン・スミス", "スミス", Found),
    ("ジョン・スミス", "ンス", Apart),
    ("かき", "がき", Apart),
    ("はは", "ぱぱ", Apart),
    // Korean
    ("사용자", "\u{1109}\u{1161}\u{110B}\u{116D}\u{11BC}\u{110C}\u{1161}", Same),
    ("사용자는 다크모드를 선호합니다", "다크모드", Found),
    ("가나", "거너", Apart),
    // Armenian, Georgian, Cherokee, Deseret, Adlam, Osage
    ("ԵՐԵՎԱՆ", "Երևան", Same),
    ("ԵՐԵՒԱՆ", "Երևան", Same),
    ("ᲗᲑᲘᲚᲘᲡᲘ", "თბილისი", Same),
    ("ᏣᎳᎩ", "ꮳꮃꭹ", Same),
    ("𐐔𐐯𐑅𐐨𐑉𐐯𐐻", "𐐼𐐯𐑅𐐨𐑉𐐯𐐻", Same),
    ("𞤀𞤁𞤂𞤃", "𞤢𞤣𞤤𞤥", Same),
    ("𐓏𐓘𐓻𐓘𐓻𐓟", "𐓷𐓘𐓻𐓘𐓻𐓟", Same),
    // Ethiopic, Tibetan: other vowels, other words
    ("ሰላም", "ሰላም፡", Found),
    ("ሰላም", "ሰሊም", Apart),
    ("བོད", "བད", Apart),
    // Digits
    ("٢٠٢٤", "2024", Same),
    ("۱۲۳", "123", Same),
    ("२०२४", "2024", Same),
    ("๒๐๒๔", "២០២៤", Same),
    ("၁၂၃", "１２３", Same),
    ("①②", "12", Same),
    ("2024", "2025", Apart),
    ("二", "2", Apart),
    // Emoji and symbols
    ("launch 🚀 on Friday", "🚀", Found),
    ("launch🚀🎉", "🎉", Found),
    ("👍🏽", "👍", Same),
    ("❤\u{FE0F}", "❤", Same),
    ("🤷🏾‍♀️", "🤷", Found),
    ("our family: 👨‍👩‍👧", "👨🏼‍👩🏼‍👧🏼", Found),
    ("our family: 👨‍👩‍👧", "👧", Apart),
    ("she is an 👩‍🚀", "🚀", Apart),
    ("👩🚀", "👩‍🚀", Apart),
    ("from 🇩🇪🇫🇷", "🇫🇷", Found),
    ("from 🇩🇪🇫🇷", "🇪🇫", Apart),
    ("🏴󠁧󠁢󠁳󠁣󠁴󠁿 trip", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", Found),
    ("🏴󠁧󠁢󠁳󠁣󠁴󠁿 trip", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", Apart),
    ("5️⃣", "5", Same),
    ("costs 5 €", "€", Found),
    ("☃ outside", "☃", Found),
    ("🚀", "🛸", Apart),
];

#[tokio::test]
async fn a_search_matches_what_people_of_each_script_expect() {
    let (_server, engram) = start_and_connect().await;
    let mut wrong = Vec::new();
    for (place, &(stored, question, expected)) in PAIRS.iter().enumerate() {
        let found = finds(&engram, &format!("{place} there"), stored, question).await;
        // What is the same, and what is not, is so both ways.
        let back = expected == Found || finds(&engram, &format!("{place} back"), question, stored).await;
        if (found, back) != (expected != Apart, expected != Apart) {
            wrong.push(format!("{stored} / {question}: expected {expected:?}, found: {found}, {back}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn search_and_dedup_agree_on_what_is_the_same() {
    let (_server, engram) = start_and_connect().await;
    let mut wrong = Vec::new();
    for (place, &(stored, question, expected)) in PAIRS.iter().enumerate() {
        if merges(&engram, &place.to_string(), stored, question).await != (expected == Same) {
            wrong.push(format!("{stored} / {question}: expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn finds(engram: &EngramClient, bucket: &str, stored: &str, question: &str) -> bool {
    engram.store_memory(stored).bucket(bucket).await.unwrap();
    engram.query(question).bucket(bucket).await.unwrap().memories_found == Some(1)
}

async fn merges(engram: &EngramClient, bucket: &str, first: &str, second: &str) -> bool {
    engram.store_memory(first).bucket(bucket).await.unwrap();
    let status = engram.store_memory(second).bucket(bucket).await.unwrap().status;
    status == Some(StoreStatus::Merged)
}
