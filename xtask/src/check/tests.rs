//! What the rules say of the fixtures, and what the generator makes of them.

use super::prove::{Fixture, SOUND, fixtures};
use super::*;
use crate::codegen;

fn fixture(name: &str) -> Fixture {
    let all = fixtures().unwrap();
    all.into_iter().find(|fixture| fixture.name == name).unwrap_or_else(|| panic!("no fixture {name}"))
}

/// The message about the fixture of this rule, as the command prints it.
fn message(name: &str) -> String {
    let problems = problems(&fixture(name).text);
    let [Problem { rule, finding: Finding { line, wrong, cure } }] = problems.as_slice() else {
        panic!("{name}: {} problems, not one", problems.len())
    };
    format!("{name}.yaml:{line}: {rule}: {wrong}; {cure}")
}

#[test]
fn each_rule_finds_the_fault_of_its_fixture_and_no_other_rule_does() {
    for (rule, _) in rules::all() {
        let problems = problems(&fixture(rule).text);
        let found: Vec<_> = problems.iter().map(|problem| (problem.rule, Some(problem.finding.line))).collect();
        assert_eq!(found, [(*rule, fixture(rule).line())]);
    }
}

#[test]
fn each_message_says_what_is_wrong_and_names_a_cure() {
    let path = root().join("xtask/check/messages.txt");
    let messages: String = rules::all().map(|(rule, _)| message(rule) + "\n").collect();
    if std::env::var_os("UPDATE_MESSAGES").is_some() {
        fs::write(&path, &messages).unwrap();
    }
    let reviewed = fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    assert_eq!(messages, reviewed, "review them, and write them with UPDATE_MESSAGES=1");
    for (rule, _) in rules::all() {
        let problems = problems(&fixture(rule).text);
        let Finding { wrong, cure, .. } = &problems[0].finding;
        assert!(wrong.len() > 20 && cure.len() > 10, "{}: {wrong}; {cure}", rule);
    }
}

#[test]
fn nothing_is_wrong_with_the_sound_fixture_and_with_the_own_description() {
    for text in [fixture(SOUND).text, fs::read_to_string(root().join(SPEC)).unwrap()] {
        assert_eq!(problems(&text).len(), 0);
        codegen::generate(&text).unwrap();
    }
}

/// Further faults that a rule finds: the rule, a text of the sound fixture, and what stands in its place.
const FURTHER_FAULTS: &[(&str, &str, &str)] = &[
    ("newer-keyword", "type: string\n          nullable: true", "type: [string, 'null']"),
    ("ambiguous-boolean", "summary: List all notes", "summary: off"),
    ("unresolved-reference", "schemas/State'", "schemas/Note/properties/id'"),
    ("unresolved-reference", "'#/components/schemas/State'", "'states.yaml#/State'"),
    (
        "answer-in-place",
        "'204':\n          description: Gone, without a body.",
        "'204': {$ref: '#/components/responses/Problem'}",
    ),
    ("derived-operation-id", "- operationId: write_notes", "- operationId: write_note"),
    (
        "missing-schema",
        "            schema:\n              oneOf:\n                - $ref: '#/components/schemas/NewNote'\n                - $ref: '#/components/schemas/NewNotes'\n",
        "",
    ),
    ("parameter-style", "in: query\n", "in: query\n          explode: false\n"),
    ("parameter-style", "in: path\n", "in: path\n        style: label\n"),
    ("optional-path-parameter", "in: path\n        required: true", "in: path\n        required: false"),
    (
        "bare-or-wrapped",
        "oneOf:\n        - $ref: '#/components/schemas/ListNotesResult'",
        "anyOf:\n        - $ref: '#/components/schemas/ListNotesResult'",
    ),
    ("schema-name", "    Frame:\n", "    Value: {description: Some value.}\n    Frame:\n"),
    ("name-collision", "        piece:\n", "        Piece: {type: string, description: A piece.}\n        piece:\n"),
    ("name-collision", "        note_id:\n", "        extra: {type: string, description: More.}\n        note_id:\n"),
    (
        "name-collision",
        "        - name: limit\n",
        "        - {name: Limit, in: query, description: How many., schema: {type: string}}\n        - name: limit\n",
    ),
    ("enum-value", "enum: [plain, markdown]", "enum: [mark-down, mark_down]"),
    ("enum-value", "[open, done]", "[open, unknown]"),
    ("inline-extensible-enum", "State:\n      type: string", "State:\n      type: integer"),
    ("forms", "request: '#/components/schemas/NewNotes'", "request: '#/components/schemas/Notes'"),
    ("mirror", "x-mirror-of: id", "x-mirror-of: note_id"),
    ("mirror", "          description: The text.", "          x-mirror-of: format\n          description: The text."),
    ("alias", "[items, data]", "[items, notes]"),
    ("rustdoc", "Newest first.", "Newest first, see https://notes.test/order."),
    ("rustdoc", "Newest first.", "Newest first, as <em>said</em>."),
    ("rustdoc", "Newest first.", "Newest first, as [said]."),
    (
        "links",
        "operationId: read_note\n              description: The",
        "operationId: get_note\n              description: The",
    ),
    ("one-tag", "tags: [Notes]\n      summary: Read", "summary: Read"),
    ("missing-description", "        description: The note's id.\n", ""),
    ("missing-description", "      description: The note is gone at once.\n", ""),
    ("declared-errors", "        '413': {$ref: '#/components/responses/Problem'}\n", ""),
    ("example", "            example: 20\n", "            example: 0\n"),
    ("example", "        example: n1\n", "        example: 1\n"),
    ("example", "example: '1'", "example: 1"),
    (
        "example",
        "                  text: Buy milk.\n                  format: plain",
        "                  text: Buy milk.\n                  format: bold",
    ),
    ("unknown-field", "                        due: null", "                        dew: null"),
    ("unknown-field", "                    - note_id: n1\n", "                    - notes_id: n1\n"),
];

#[test]
fn a_rule_finds_its_further_faults_too() {
    let sound = fixture(SOUND).text;
    for (rule, from, to) in FURTHER_FAULTS {
        let faulty = sound.replacen(from, to, 1);
        assert_ne!(faulty, sound, "{rule}: {from}");
        let found: Vec<_> = problems(&faulty).iter().map(|problem| problem.rule).collect();
        assert!(found.contains(rule), "{rule}: {to}: {found:?}");
    }
}

#[test]
fn where_an_example_fits_no_schema_of_a_union_the_nearest_one_says_why() {
    let faulty = fixture(SOUND).text.replacen(
        "text: Buy milk.\n                        state",
        "text: 3\n                        state",
        1,
    );
    let (rule, line, wrong) = only_problem(&faulty);
    let at = faulty.lines().position(|line| line.ends_with("text: 3")).unwrap() as u64 + 1;
    assert_eq!((rule, line), ("example", at), "{wrong}");
    assert!(wrong.contains("`/notes/0/text`: 3 is not of type"), "{wrong}");
}

#[test]
fn a_misspelt_field_is_found_in_the_values_of_a_map_too() {
    let map = "        by_day: {type: object, description: By day., additionalProperties: {$ref: '#/components/schemas/Note'}}\n";
    let sound = fixture(SOUND).text.replacen("        note_id:\n", &format!("{map}        note_id:\n"), 1);
    let with_example =
        |note| sound.replacen("due: null", &format!("by_day: {{monday: {{id: n2, text: Rest., {note}: null}}}}"), 1);
    assert_eq!(problems(&with_example("due")).len(), 0);
    assert_eq!(only_problem(&with_example("dew")).0, "unknown-field");
}

/// What the generator makes of a fixture, which shows why the rule is there.
enum Effect {
    /// It fails, and says this.
    Fails(&'static str),
    /// It makes this, which is wrong.
    Makes(&'static str),
    /// It does not make this, which the fixture asks for.
    Lacks(&'static str),
}
use Effect::{Fails, Lacks, Makes};

const EFFECTS: &[(&str, Effect)] = &[
    ("openapi-version", Fails("invalid version: 3.1.0")),
    ("newer-keyword", Makes("pub kind: ::std::option::Option<::serde_json::Value>")),
    ("unsupported-keyword", Fails("panics at it: not yet implemented: unhandled not schema")),
    ("discriminator", Lacks("kind")),
    ("ambiguous-boolean", Fails("invalid type: boolean `true`, expected a string")),
    ("unresolved-reference", Fails("panics at it: $ref #/components/schemas/State is missing")),
    ("beside-reference", Lacks("The note that this one answers.")),
    ("answer-in-place", Lacks("read_note_stream")),
    ("derived-operation-id", Fails("duplicate operation ID: read_note_stream")),
    ("default-answer", Lacks("ErrorResponse")),
    ("different-answers", Lacks("ResponseValue<types::Later>")),
    ("answer-media-type", Makes("Result<ResponseValue<ByteStream>, Error<()>>")),
    ("stream-beside-json", Makes("Result<ResponseValue<()>, Error<()>>")),
    ("missing-schema", Fails("panics at it: not yet implemented: media type encoding, no schema")),
    ("body-media-type", Fails("panics at it: not yet implemented: more media types than expected")),
    ("optional-body", Makes("write_note<'a>(&'a self, body: &'a types::NewNote,)")),
    ("default-value", Makes("#[serde(default)] pub pinned: bool")),
    ("parameter-style", Fails("cookie parameters are not supported")),
    ("optional-path-parameter", Fails("panics at it: assertion failed: parameter_data.required")),
    ("closed-enum", Makes(r#"_ => Err("invalid value".into())"#)),
    ("strict-format", Makes("pub due: ::std::option::Option<::chrono::DateTime<::chrono::offset::Utc>>")),
    ("strict-bounds", Makes(r#"return Err("longer than 80 characters".into())"#)),
    ("closed-object", Makes("#[serde(deny_unknown_fields)]")),
    ("inline-object", Lacks("impl crate::wire::Object for NoteAuthor")),
    ("bare-or-wrapped", Makes("#[serde(untagged)] pub enum ReadAnswer")),
    ("all-of", Makes("due: due_property.or_default()")),
    ("shared-type", Lacks("impl crate::wire::Object for NewNote")),
    ("schema-name", Lacks("impl crate::wire::Object for NoteAuthor")),
    (
        "name-collision",
        Makes("let mut next_page_property = crate::wire::Property::Absent; let mut next_page_property ="),
    ),
    ("enum-value", Fails("panics at it: Ident cannot be a number")),
    ("inline-extensible-enum", Makes("pub state: ::std::option::Option<::std::string::String>")),
    ("unknown-extension", Lacks("or_mirrored_name")),
    ("forms", Makes("Result<ResponseValue<::serde_json::Value>, Error<()>>")),
    ("mirror", Lacks("or_mirrored_name")),
    ("alias", Lacks("or_alias")),
    ("rustdoc", Makes("``` n1 ```")),
];

#[test]
fn each_rule_about_the_generator_prevents_something_that_it_still_does() {
    let rules: Vec<_> = rules::OF_THE_GENERATOR.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(rules, EFFECTS.iter().map(|(rule, _)| *rule).collect::<Vec<_>>());
    let generate = |name| {
        let generated = codegen::generate(&fixture(name).text)?;
        let [(_, types), (_, client), _] = generated.files();
        Ok::<_, String>([types, client].map(without_spaces).concat())
    };
    for (name, effect) in EFFECTS {
        let generated = generate(name);
        let shows = match (effect, &generated) {
            (Fails(says), Err(problem)) => problem.contains(says),
            (Makes(code), Ok(generated)) => generated.contains(&without_spaces(code)),
            (Lacks(code), Ok(generated)) => !generated.contains(&without_spaces(code)),
            _ => false,
        };
        assert!(shows, "{name}: the generator does otherwise now, so that the rule may go: {generated:?}");
    }
}

/// The layout does not matter.
fn without_spaces(code: &str) -> String {
    code.split_whitespace().collect()
}

/// The rule and the line of the one thing that is wrong with the text.
fn only_problem(text: &str) -> (&'static str, u64, String) {
    let problems = problems(text);
    let [Problem { rule, finding }] = problems.as_slice() else { panic!("{} problems, not one", problems.len()) };
    (*rule, finding.line, finding.wrong.clone())
}

#[test]
fn what_is_no_yaml_is_said_with_its_line() {
    let (rule, line, wrong) = only_problem("openapi: 3.0.3\ninfo:\n\ttitle: Notes\n");
    assert_eq!((rule, line), (UNREADABLE, 3), "{wrong}");
    assert!(wrong.contains("tabs disallowed"), "{wrong}");
    let (rule, line, wrong) = only_problem("openapi: 3.0.3\npaths: {}\npaths: {}\n");
    assert_eq!((rule, line), (UNREADABLE, 3), "{wrong}");
    assert!(wrong.contains("duplicate mapping key: paths"), "{wrong}");
}

#[test]
fn a_file_without_a_description_is_named_so() {
    for text in ["", "\n# nothing\n", "just a text", "- a list\n"] {
        let (rule, _, wrong) = only_problem(text);
        assert_eq!(rule, UNREADABLE);
        assert!(wrong.contains("not a description"), "{wrong}");
    }
}

#[test]
fn lines_that_end_as_on_windows_are_counted_alike() {
    for (rule, _) in rules::all() {
        let windows = fixture(rule).text.replace('\n', "\r\n");
        let found: Vec<_> =
            problems(&windows).iter().map(|problem| (problem.rule, Some(problem.finding.line))).collect();
        assert_eq!(found, [(*rule, fixture(rule).line())]);
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let file = Some(PathBuf::from("no/such.yaml"));
    let error = run(&Options { file, prove: false }).unwrap_err();
    assert!(error.to_string().contains("cannot read no/such.yaml"), "{error}");
}

#[test]
fn a_panic_of_the_generator_is_an_error() {
    let error = codegen::generate(&fixture("missing-schema").text).unwrap_err();
    assert!(error.contains("panics at it: not yet implemented"), "{error}");
}
