//! What the stems of English words still have apart: irregular forms, and words that are made from others.

/// Irregular forms and what they are forms of, in the order of the alphabet for the search below. Those that are a word of their own as
/// often, such as "lives" and "rose", are left out.
#[rustfmt::skip]
const IRREGULAR: &[(&str, &str)] = &[
    ("arisen", "arise"), ("arose", "arise"), ("ate", "eat"), ("awoke", "awake"), ("awoken", "awake"), ("beaten", "beat"),
    ("became", "become"), ("began", "begin"), ("begun", "begin"), ("bent", "bend"), ("betted", "bet"), ("bitten", "bite"),
    ("bled", "bleed"), ("blew", "blow"), ("blown", "blow"), ("bought", "buy"), ("bred", "breed"), ("broke", "break"),
    ("broken", "break"), ("brought", "bring"), ("built", "build"), ("burnt", "burn"), ("calves", "calf"),
    ("caught", "catch"), ("children", "child"), ("chose", "choose"), ("chosen", "choose"), ("clung", "cling"),
    ("crept", "creep"), ("dealt", "deal"), ("drank", "drink"), ("drawn", "draw"), ("dreamt", "dream"), ("drew", "draw"),
    ("driven", "drive"), ("drove", "drive"), ("drunk", "drink"), ("dug", "dig"), ("eaten", "eat"), ("fallen", "fall"),
    ("fed", "feed"), ("feet", "foot"), ("fell", "fall"), ("felt", "feel"), ("fled", "flee"), ("flew", "fly"),
    ("flown", "fly"), ("flung", "fling"), ("forbade", "forbid"), ("forbidden", "forbid"), ("forgave", "forgive"),
    ("forgiven", "forgive"), ("forgot", "forget"), ("forgotten", "forget"), ("fought", "fight"), ("found", "find"),
    ("froze", "freeze"), ("frozen", "freeze"), ("gave", "give"), ("geese", "goose"), ("given", "give"), ("grew", "grow"),
    ("grown", "grow"), ("halves", "half"), ("heard", "hear"), ("held", "hold"), ("hid", "hide"), ("hidden", "hide"),
    ("hung", "hang"), ("kept", "keep"), ("knelt", "kneel"), ("knew", "know"), ("knives", "knife"), ("known", "know"),
    ("laid", "lay"), ("lain", "lie"), ("leant", "lean"), ("leapt", "leap"), ("learnt", "learn"), ("led", "lead"),
    ("left", "leave"), ("lent", "lend"), ("lit", "light"), ("loaves", "loaf"), ("lost", "lose"), ("made", "make"),
    ("meant", "mean"), ("men", "man"), ("met", "meet"), ("mice", "mouse"), ("mistaken", "mistake"), ("mistook", "mistake"),
    ("mown", "mow"), ("overcame", "overcome"), ("paid", "pay"), ("people", "person"), ("persons", "person"),
    ("proven", "prove"), ("ran", "run"), ("rang", "ring"), ("ridden", "ride"), ("risen", "rise"), ("rode", "ride"),
    ("rung", "ring"), ("sang", "sing"), ("sank", "sink"), ("sat", "sit"), ("saw", "see"), ("seen", "see"), ("sent", "send"),
    ("sewn", "sew"), ("shaken", "shake"), ("shelves", "shelf"), ("shone", "shine"), ("shook", "shake"), ("shot", "shoot"),
    ("shown", "show"), ("shrank", "shrink"), ("shrunk", "shrink"), ("slept", "sleep"), ("slid", "slide"), ("smelt", "smell"),
    ("sold", "sell"), ("sought", "seek"), ("spelt", "spell"), ("spent", "spend"), ("spilt", "spill"), ("spoilt", "spoil"),
    ("spoke", "speak"), ("spoken", "speak"), ("spun", "spin"), ("stole", "steal"), ("stolen", "steal"), ("stood", "stand"),
    ("stricken", "strike"), ("striven", "strive"), ("strove", "strive"), ("struck", "strike"), ("strung", "string"),
    ("stuck", "stick"), ("stung", "sting"), ("sung", "sing"), ("sunk", "sink"), ("swam", "swim"), ("swept", "sweep"),
    ("swollen", "swell"), ("swore", "swear"), ("sworn", "swear"), ("swum", "swim"), ("swung", "swing"), ("taken", "take"),
    ("taught", "teach"), ("teeth", "tooth"), ("thieves", "thief"), ("thought", "think"), ("threw", "throw"),
    ("thrown", "throw"), ("told", "tell"), ("took", "take"), ("tore", "tear"), ("torn", "tear"), ("undergone", "undergo"),
    ("understood", "understand"), ("underwent", "undergo"), ("wept", "weep"), ("withdrawn", "withdraw"),
    ("withdrew", "withdraw"), ("wives", "wife"), ("woke", "wake"), ("woken", "wake"), ("wolves", "wolf"), ("women", "woman"),
    ("won", "win"), ("wore", "wear"), ("worn", "wear"), ("wove", "weave"), ("woven", "weave"), ("written", "write"),
    ("wrote", "write"),
];

/// What makes one word of another, as [Snowball's stemmer](https://snowballstem.org/algorithms/english/stemmer.html) leaves it: the
/// longest first.
#[rustfmt::skip]
const ENDINGS: &[&str] = &[
    "ation", "ition", "able", "ance", "ancy", "ativ", "ence", "ency", "hood", "ible", "ical", "less", "ment", "ness", "ship",
    "sion", "tion", "abl", "age", "anc", "ant", "dom", "enc", "ent", "ful", "ibl", "ing", "ion", "ism", "ist", "iti", "ity",
    "ive", "ize", "ous", "al", "en", "er", "ic", "iv", "iz", "ly", "or", "e", "i", "y",
];

/// A word has at most two of these, as "helplessness" does.
const MOST_ENDINGS: usize = 2;
/// As much of a word stays. What is shorter says too little: "ration" is not made from "rat".
const SHORTEST_ROOT: usize = 5;

/// The word that this is a form of, or the word itself.
pub(super) fn base(word: &str) -> &str {
    match IRREGULAR.binary_search_by_key(&word, |&(form, _)| form) {
        Ok(place) => IRREGULAR.get(place).map_or(word, |&(_, base)| base),
        Err(_) => word,
    }
}

/// The stem without its endings, so that "allergic" finds "allergies".
pub(super) fn root(stem: &str) -> &str {
    let mut root = stem;
    for _ in 0..MOST_ENDINGS {
        let shorter =
            ENDINGS.iter().find_map(|ending| root.strip_suffix(ending).filter(|rest| rest.len() >= SHORTEST_ROOT));
        match shorter {
            Some(shorter) => root = shorter,
            None => break,
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_irregular_form_is_found() {
        assert!(IRREGULAR.iter().all(|&(form, found)| base(form) == found));
    }

    #[test]
    fn a_root_is_the_stem_without_its_endings() {
        let pairs = [
            ("allergi", "allerg"),
            ("volunt", "volunt"),
            ("stressor", "stress"),
            ("stress", "stress"),
            ("ration", "ration"),
        ];
        for (stem, expected) in pairs {
            assert_eq!(root(stem), expected, "{stem}");
        }
    }
}
