//! Which memories an answer quotes, and when it says rather that it found nothing.

use lumetra_engram::EngramClient;
use lumetra_engram_local::LocalServer;

use crate::wire::start_and_connect;

const NOTHING_FOUND: &str = "No relevant memories found.";

/// What a person's agent might have stored. The last ones are about the same things as others, so that words are shared.
const FACTS: &[&str] = &[
    "Their dog is a beagle called Waffles.",
    "Anna grew up in Lisbon and moved to Berlin in 2019.",
    "Anna works as a nurse at the Charité hospital.",
    "Anna is allergic to penicillin.",
    "Anna's sister is called Marta.",
    "Marta runs a bakery in Porto.",
    "Marta is getting married on 12 June.",
    "Ben is Anna's husband.",
    "Ben likes black coffee without sugar.",
    "Ben plays the cello in an amateur orchestra.",
    "Ben sold his car and bought an electric bike.",
    "Ben's favourite colour is dark green.",
    "The user prefers dark mode in every UI.",
    "The user speaks Portuguese, German and English.",
    "The user is a vegetarian and never eats fish.",
    "The user works from home on Fridays.",
    "The user drives a red Volvo.",
    "The user's passport expires in March 2027.",
    "The user goes running along the canal each morning.",
    "The user wants to learn the piano.",
    "The wifi password is on the fridge.",
    "The flat has three rooms and a balcony.",
    "The rent is 1,200 euros a month.",
    "The landlord is called Mr Schulz.",
    "The team outing is on Friday, they meet at the station.",
    "The dentist appointment was moved to Tuesday.",
    "The launch 🚀 was put off until autumn.",
    "The deploy script needs Python 3.12.",
    "The database of the shop runs on PostgreSQL.",
    "The API key of the staging server is rotated every 90 days.",
    "Carla works in IT and lives in the US.",
    "Carla comes over for dinner on Sundays.",
    "Carla broke her arm while skiing.",
];

/// A question, and the beginning of the quote that must come first.
const WANTED: &[(&str, &str)] = &[
    ("What are this user's UI preferences?", "The user prefers dark mode"),
    ("Which mode does the user prefer?", "The user prefers dark mode"),
    ("Which languages does the user speak?", "The user speaks Portuguese"),
    ("Does the user eat fish?", "The user is a vegetarian"),
    ("When does the user's passport expire?", "The user's passport expires"),
    ("What kind of car does the user drive?", "The user drives a red Volvo"),
    ("Which instrument does the user want to learn?", "The user wants to learn"),
    ("What is Anna allergic to?", "Anna is allergic"),
    ("At which hospital does Anna work?", "Anna works as a nurse"),
    ("Who is Anna's husband?", "Ben is Anna's husband"),
    ("What is Ben's favourite colour?", "Ben's favourite colour"),
    ("How does Ben like his coffee?", "Ben likes black coffee"),
    ("What does Ben play?", "Ben plays the cello"),
    ("When is Marta getting married?", "Marta is getting married"),
    ("What does Marta do in Porto?", "Marta runs a bakery"),
    ("Tell me about Marta", "Marta"),
    ("What is the name of their dog?", "Their dog is a beagle"),
    ("Who is Waffles?", "Their dog is a beagle"),
    ("How much is the rent?", "The rent is 1,200"),
    ("Who is our landlord?", "The landlord is called"),
    ("When is the outing?", "The team outing"),
    ("When was the dentist's appointment moved to?", "The dentist appointment"),
    ("What about the 🚀?", "The launch"),
    ("When is the launch?", "The launch"),
    ("Which version of Python is needed?", "The deploy script"),
    ("What database does the shop use?", "The database of the shop"),
    ("How often is the API key rotated?", "The API key"),
    ("Who works in IT?", "Carla works in IT"),
    ("Who lives in the US?", "Carla works in IT"),
    ("Where's the wifi password?", "The wifi password"),
    ("How many rooms has the flat?", "The flat has three rooms"),
    ("What happened to Carla's arm?", "Carla broke her arm"),
    (LONG, "Marta is getting married"),
];

const LONG: &str = "Next month my colleagues and I are planning a surprise party with music, balloons and a huge chocolate cake, \
    and before we send the invitations to forty guests I should check one thing: on which day in June is Marta getting married?";

/// Questions that find the fact by its subject alone, and so a few others too.
const AMONG_OTHERS: &[(&str, &str)] = &[
    ("Where did Anna grow up?", "Anna grew up"),
    ("Does Anna have any allergies?", "Anna is allergic"),
    ("Who is Ben married to?", "Ben is Anna's husband"),
    ("Where is Carla employed?", "Carla works in IT"),
];

/// A bucket with one memory, a question, and whether it is quoted.
const ALONE: &[(&str, &str, bool)] = &[
    ("Alice loves tea.", "What does Alice like?", true),
    ("Bob prefers Rust.", "What kind of programming language does Bob prefer?", true),
    ("The user lives in Lisbon.", "Where does the user live?", true),
    ("The user lives in Lisbon.", "In which city does the user live?", true),
    ("The user prefers dark mode in every UI.", "What is the user's favourite food?", false),
    ("The user prefers dark mode in every UI.", "Has the user ever broken a bone?", false),
    ("Their dog is a beagle called Waffles.", "Was anything of theirs ever robbed?", false),
    ("She grew up in Porto.", "What is coming up?", false),
    ("用户喜欢深色模式", "用户喜欢什么模式？", true),
    ("用户喜欢深色模式", "今天天气怎么样？", false),
    ("ユーザーは猫を飼っています", "ユーザーは何を飼っていますか", true),
    ("Пользователь живёт в Москве", "Где живет пользователь?", true),
];

/// Questions that no fact answers.
const UNWANTED: &[&str] = &[
    "Was anything of theirs ever robbed?",
    "Was theirs ever stolen?",
    "What is coming up?",
    "What's up?",
    "Is it over?",
    "How are you doing?",
    "Who am I?",
    "Did they ever get away with it?",
    "Is there anything else that they are on about?",
    "WHAT IS IT THAT THEY ARE UP TO?",
    "Ｗｈａｔ ａｂｏｕｔ ｔｈｅｉｒｓ?",
    "What’s theirs isn’t ours, is it?",
    "Which of these is hers and which is his?",
    "Was she with him before that?",
    "What is the user's blood type?",
    "What is the user's shoe size?",
    "Does the user own any shares of a railway company?",
    "Which insurance covers the user's teeth?",
    "Has the user ever visited an observatory in Chile?",
    "What is the capital of Mongolia?",
    "How tall is Mount Everest?",
    "ever yet still already",
    "Who is out and who is down?",
    "WHO OF US IS IT?",
];

async fn start_with_facts() -> (LocalServer, EngramClient) {
    let (server, engram) = start_and_connect().await;
    engram.store_memories(FACTS.iter().copied()).await.unwrap();
    // Most memories of an agent speak of the user.
    let more = (0..270).map(|number| format!("The user read page {number} of the handbook."));
    engram.store_memories(more).await.unwrap();
    (server, engram)
}

#[tokio::test]
async fn a_question_gets_the_quotes_that_answer_it_and_a_word_shared_by_chance_makes_no_answer() {
    let (_server, engram) = start_with_facts().await;
    let mut wrong = Vec::new();
    let mut ask = async |question: &str, is_right: &dyn Fn(&str) -> bool| {
        let answer = engram.query(question).await.unwrap().answer;
        if !is_right(&answer) {
            wrong.push(format!("{question} {answer}"));
        }
    };
    for (question, quote) in WANTED {
        let first = |answer: &str| {
            answer.trim_start_matches("From memory:").trim_start_matches(['\n', '-', ' ']).starts_with(quote)
        };
        ask(question, &first).await;
    }
    for (question, quote) in AMONG_OTHERS {
        ask(question, &|answer| answer.contains(quote)).await;
    }
    for question in UNWANTED {
        ask(question, &|answer| answer == NOTHING_FOUND).await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_bucket_with_one_memory_quotes_it_where_it_answers() {
    let (_server, engram) = start_and_connect().await;
    for (place, &(fact, question, quoted)) in ALONE.iter().enumerate() {
        let bucket = place.to_string();
        engram.store_memory(fact).bucket(&bucket).await.unwrap();
        let answer = engram.query(question).bucket(&bucket).await.unwrap().answer;
        let expected = if quoted { format!("From memory: {fact}") } else { NOTHING_FOUND.to_owned() };
        assert_eq!(answer, expected, "{question}");
    }
}
