//! What the rules of this project say of the fixtures, and what the generator makes of them.

use std::collections::BTreeSet;

use lumetra_engram_spec::openapi::members;
use serde_json::Value;

use super::prove::{Fixture, SOUND, fixtures};
use super::rules::RULES;
use super::*;
use crate::codegen;

fn sound() -> String {
    fixtures().unwrap().into_iter().find(|fixture| fixture.name == SOUND).unwrap().text
}

#[test]
fn each_rule_finds_the_fault_of_its_fixtures_and_nothing_else() {
    for Fixture { name, text } in fixtures().unwrap() {
        // Other lines end on Windows.
        for text in [text.replace('\n', "\r\n"), text.clone()] {
            let fixture = Fixture { name: name.clone(), text };
            let found = problems(&fixture.text).unwrap();
            let places: Vec<_> = found.iter().map(|problem| format!("{} {}", problem.rule, problem.pointer)).collect();
            if fixture.rule().is_some_and(|rule| RULES.iter().any(|(own, _)| *own == rule)) {
                assert_eq!(places, [fixture.mark().unwrap().1], "{name}");
            } else if fixture.rule().is_none() {
                assert_eq!(found, [], "{name}");
            }
        }
    }
}

#[test]
fn each_rule_has_a_fixture_and_each_fixture_a_rule() {
    let fixtures = fixtures().unwrap();
    let proved: BTreeSet<_> = fixtures.iter().filter_map(Fixture::rule).map(str::to_owned).collect();
    let configuration: Value = serde_saphyr::from_str(include_str!("../../../redocly.yaml")).unwrap();
    let of_redocly = members(&configuration["rules"]).map(|(rule, _)| rule);
    let all = RULES.iter().map(|(rule, _)| *rule).chain(of_redocly).chain([openapi_spec_validator::NAME]);
    assert_eq!(all.filter(|rule| !proved.contains(*rule)).collect::<Vec<_>>(), [""; 0]);
    let unmarked: Vec<_> = fixtures.iter().filter(|fixture| fixture.rule().is_none()).map(|it| &it.name).collect();
    assert_eq!(unmarked, [SOUND]);
}

#[test]
fn nothing_is_wrong_with_the_projects_own_spec() {
    let text = fs::read_to_string(root().join(SPEC)).unwrap();
    assert_eq!(problems(&text).unwrap(), []);
    codegen::generate(&sound()).unwrap();
}

/// Further faults that a rule finds: the rule, a text of the sound fixture, and what stands in its place.
const FURTHER_FAULTS: &[(&str, &str, &str)] = &[
    ("ambiguous-boolean", "summary: List all notes", "summary: off"),
    ("derived-operation-id", "- operationId: write_notes", "- operationId: write_note"),
    (
        "bare-or-wrapped",
        "oneOf:\n        - $ref: '#/components/schemas/ListNotesResult'",
        "anyOf:\n        - $ref: '#/components/schemas/ListNotesResult'",
    ),
    ("name-collision", "        piece:\n", "        Piece: {type: string, description: A piece.}\n        piece:\n"),
    ("name-collision", "        note_id:\n", "        extra: {type: string, description: More.}\n        note_id:\n"),
    (
        "name-collision",
        "        - name: limit\n",
        "        - {name: Limit, in: query, description: How many., schema: {type: string}}\n        - name: limit\n",
    ),
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
    ("example", "            example: 20\n", "            example: 0\n"),
    ("example", "        example: n1\n", "        example: 1\n"),
    ("example", "                        due: null", "                        dew: null"),
    ("example", "                    - note_id: n1\n", "                    - notes_id: n1\n"),
];

#[test]
fn a_rule_finds_its_further_faults_too() {
    let sound = sound();
    for (rule, from, to) in FURTHER_FAULTS {
        let faulty = sound.replacen(from, to, 1);
        assert_ne!(faulty, sound, "{rule}: {from}");
        let found: Vec<_> = problems(&faulty).unwrap().iter().map(|problem| problem.rule).collect();
        assert!(found.contains(rule), "{rule}: {to}: {found:?}");
    }
}

/// The fixtures say in their last line what the generator does with their fault.
#[test]
fn each_rule_about_the_generator_prevents_something_that_it_still_does() {
    let mut shown = BTreeSet::new();
    for fixture in fixtures().unwrap() {
        let Some((_, effect)) = fixture.text.split_once("\n# generator ") else { continue };
        let (does, text) = effect.trim_end().split_once(": ").unwrap();
        let generated = codegen::generate(&fixture.text).map(|generated| {
            let [(_, types), (_, client), _] = generated.files();
            [types, client].map(without_spaces).concat()
        });
        let shows = match (does, &generated) {
            ("fails", Err(problem)) => problem.contains(text),
            ("makes", Ok(code)) => code.contains(&without_spaces(text)),
            ("lacks", Ok(code)) => !code.contains(&without_spaces(text)),
            _ => false,
        };
        assert!(shows, "{}: the generator does otherwise now: the rule may go: {generated:?}", fixture.name);
        shown.insert(fixture.rule().unwrap().to_owned());
    }
    let own = RULES.iter().map(|(rule, _)| *rule).filter(|rule| !shown.contains(*rule));
    assert_eq!(own.collect::<Vec<_>>(), ["links", "example"], "these are for readers, the others for the generator");
}

/// The layout does not matter.
fn without_spaces(code: &str) -> String {
    code.split_whitespace().collect()
}

#[test]
fn what_cannot_be_read_is_said_with_its_line() {
    for (text, expected) in [
        ("openapi: 3.0.3\ninfo:\n\ttitle: Notes\n", "line 3"),
        ("openapi: 3.0.3\npaths: {}\npaths: {}\n", "duplicate mapping key: paths"),
        ("", "not an OpenAPI document"),
        ("just a text", "not an OpenAPI document"),
        ("- a list\n", "not an OpenAPI document"),
    ] {
        let error = problems(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let file = Some(PathBuf::from("no/such.yaml"));
    let error = run(&Options { file, prove: false }).unwrap_err();
    assert!(error.to_string().contains("cannot read no/such.yaml"), "{error}");
}
