mod cases;

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::{Mark, compare, parse, report};
use crate::project::{SPEC, root, run};

/// A description with one of each kind.
const DESCRIPTION: &str = "
openapi: 3.0.3
info: {title: Things, version: 1.2.0}
servers: [{url: https://one.example}]
security: [{key: []}]
paths:
  /things/{thing}:
    parameters: [{$ref: '#/components/parameters/Thing'}]
    post:
      operationId: change_thing
      tags: [Things]
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
        - {name: order, in: query, schema: {type: string, enum: [up, down]}}
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Wish'}}
          text/plain: {schema: {type: string}}
      responses:
        '200':
          description: Changed.
          headers: {Etag: {schema: {type: string}}}
          content:
            application/json: {schema: {$ref: '#/components/schemas/Thing'}}
            text/event-stream: {schema: {$ref: '#/components/schemas/Frame'}}
        '404': {$ref: '#/components/responses/NotFound'}
    delete:
      operationId: delete_thing
      tags: [Things]
      responses:
        '204': {description: Deleted.}
        '404': {$ref: '#/components/responses/NotFound'}
components:
  securitySchemes:
    key: {type: http, scheme: bearer}
    other: {type: http, scheme: basic}
  parameters:
    Thing: {name: thing, in: path, required: true, schema: {type: string}}
  responses:
    NotFound:
      description: There is none.
      content:
        application/json: {schema: {$ref: '#/components/schemas/Error'}}
  schemas:
    Wish:
      type: object
      required: [name]
      properties:
        name: {type: string, maxLength: 64}
        size: {type: number}
        note: {type: string, nullable: true}
        mode: {$ref: '#/components/schemas/Mode'}
        top: {$ref: '#/components/schemas/Top'}
        wanted: {$ref: '#/components/schemas/Unit'}
    Mode: {type: string, enum: [fast, slow]}
    Top:
      oneOf:
        - {title: All, type: integer}
        - {title: Each, type: object, additionalProperties: {type: integer}}
    Thing:
      type: object
      required: [id]
      properties:
        id: {type: string}
        memory_id: {type: string, x-mirror-of: id}
        count: {type: integer, maximum: 10}
        # The name of the thing.
        label: {type: string, description: How people call it., example: Lamp}
        status: {type: string, x-extensible-enum: [ready, pending]}
        kind: {type: string, enum: [big, small]}
        parts: {type: array, items: {$ref: '#/components/schemas/Part'}, x-aliases: [data]}
        closed: {type: object, additionalProperties: false, properties: {one: {type: string}}}
        child: {$ref: '#/components/schemas/Thing'}
        unit: {$ref: '#/components/schemas/Unit'}
    Unit: {type: object, properties: {length: {type: integer}, colour: {type: string}}}
    Part:
      type: object
      properties: {weight: {type: number}}
    Frame:
      anyOf:
        - {$ref: '#/components/schemas/Delta'}
        - {$ref: '#/components/schemas/Final'}
    Delta:
      type: object
      properties: {text: {type: string}}
    Final:
      allOf:
        - {$ref: '#/components/schemas/Delta'}
        - {type: object, properties: {answer: {type: string}}}
    Error:
      type: object
      properties: {error: {type: string}}
";

#[test]
fn each_kind_of_change_is_listed_and_marked_and_undone_it_is_listed_too() {
    let description = parse(DESCRIPTION).unwrap();
    for (name, edits, expected) in cases::CASES {
        let new = parse(&edited(edits)).unwrap();
        assert_eq!(lines(&description, &new), *expected, "{name}");
        assert_eq!(lines(&new, &description).is_empty(), expected.is_empty(), "{name}, undone");
    }
}

#[test]
fn the_same_description_has_no_changes() {
    let spec = fs::read_to_string(root().join(SPEC)).unwrap();
    let report = compare(&parse(&spec).unwrap(), &parse(&spec).unwrap()).unwrap();
    assert!(report.to_string().ends_with("no changes\n"), "{report}");
    report.ensure_allowed().unwrap();
}

#[test]
fn changes_of_wording_are_counted_and_break_nothing() {
    let new =
        edited(&[("How people call it.", "Its name."), ("example: Lamp", "example: Desk"), ("There is none.", "No.")]);
    let report = compare(&parse(DESCRIPTION).unwrap(), &parse(&new).unwrap()).unwrap();
    let printed = report.to_string();
    assert!(printed.contains("no changes but 3 of wording"), "{printed}");
    assert!(printed.contains("set `version` in `info` to 1.2.1"), "{printed}");
    report.ensure_allowed().unwrap();
}

#[test]
fn changes_of_the_real_description_name_the_operations_that_they_reach() {
    let old = fs::read_to_string(root().join(SPEC)).unwrap();
    let new = old
        .replace("x-extensible-enum: [stored, merged]", "x-extensible-enum: [stored]")
        .replace(
            "        - operationId: store_memory\n          summary: Store one memory\n          request: ",
            "        - operationId: store\n          summary: Store one memory\n          request: ",
        )
        .replace("Retry-After:", "Try-After:");
    let report = compare(&parse(&old).unwrap(), &parse(&new).unwrap()).unwrap();
    let printed = report.to_string();
    for line in [
        "breaking    components.schemas.StoreStatus: in answers, the value `merged` was removed\n            for callers of store_memory\n",
        "breaking    paths['/v1/buckets/{bucket}/memories'].post.x-forms: the form store_memory was removed\n",
        "breaking    components.responses.TooManyRequests: the header Retry-After was removed\n            for callers of clear_memories, create_bucket,",
    ] {
        assert!(printed.contains(line), "{line}\nis not in\n{printed}");
    }
}

#[test]
fn breaking_changes_come_first_and_the_counts_last() {
    let new = edited(&[
        ("        count: {", "        colour: {type: string}\n        count: {"),
        ("        size: {type: number}\n", ""),
    ]);
    let printed = compare(&parse(DESCRIPTION).unwrap(), &parse(&new).unwrap()).unwrap().to_string();
    let position = |text: &str| printed.find(text).unwrap_or_else(|| panic!("{text} is not in\n{printed}"));
    assert!(
        position("breaking    components.schemas.Wish") < position("compatible  components.schemas.Thing"),
        "{printed}"
    );
    assert!(printed.ends_with("\n1 breaking, 1 compatible\n"), "{printed}");
}

#[test]
fn a_breaking_change_is_allowed_only_by_a_version_that_says_so() {
    let with = |old: &str, new: &str, breaking: bool| {
        let edit = if breaking { ("        size: {type: number}\n", "") } else { ("maximum: 100", "maximum: 200") };
        let old = DESCRIPTION.replace("version: 1.2.0", &format!("version: {old}"));
        let new = edited(&[edit]).replace("version: 1.2.0", &format!("version: {new}"));
        let report = compare(&parse(&old).unwrap(), &parse(&new).unwrap()).unwrap();
        report.ensure_allowed().map_err(|error| error.to_string()).map(|()| report.to_string())
    };
    for (old, new) in [("1.2.0", "1.2.0"), ("1.2.0", "1.3.0"), ("0.2.0", "0.2.1")] {
        let error = with(old, new, true).unwrap_err();
        let next = if old == "1.2.0" { "2.0.0" } else { "0.3.0" };
        assert!(error.contains("1 change breaks callers") && error.contains(&format!("to {next} or more")), "{error}");
    }
    for (old, new) in [("1.2.0", "2.0.0"), ("0.2.0", "0.3.0"), ("0.2.0", "1.0.0")] {
        let printed = with(old, new, true).unwrap();
        assert!(printed.contains(&format!("The version {new} says that it breaks callers of {old}")), "{printed}");
    }
    let hint = with("1.2.0", "1.2.0", false).unwrap();
    assert!(hint.contains("The version is still 1.2.0: set `version` in `info` to 1.3.0"), "{hint}");
    assert!(!with("1.2.0", "1.3.0", false).unwrap().contains("The version"), "a raised version needs no hint");
    let error = with("1.2.0", "1.1.9", false).unwrap_err();
    assert!(error.contains("the version went down from 1.2.0 to 1.1.9"), "{error}");
}

#[test]
fn the_old_description_is_a_file_or_a_revision_of_the_project() {
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    fs::create_dir(project.join("openapi")).unwrap();
    fs::write(project.join(SPEC), DESCRIPTION).unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"];
        run(Command::new("git").current_dir(project).args(identity).args(arguments)).unwrap();
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "Describe things"]);
    assert!(report(project, "HEAD").unwrap().changes().is_empty());

    let old = project.join("old.yaml");
    fs::rename(project.join(SPEC), &old).unwrap();
    fs::write(project.join(SPEC), edited(&[("enum: [fast, slow]", "enum: [fast]")])).unwrap();
    for name in ["HEAD", old.to_str().unwrap()] {
        let report = report(project, name).unwrap();
        assert_eq!(report.changes().len(), 1, "{name}: {report}");
        report.ensure_allowed().unwrap_err();
    }

    let error = report(project, "v9.9.9").err().unwrap();
    assert!(format!("{error:#}").contains("v9.9.9 is neither a file nor a git revision that has openapi/engram.yaml"));
}

#[test]
fn what_cannot_be_compared_is_an_error_that_says_why() {
    for (edits, expected) in [
        (&[("paths:", "ways:")][..], "it has no `paths`"),
        (
            &[("/things/{thing}:", "/things/{other}:")],
            "has parameters {\"other\"} in its path and declares {\"thing\"}",
        ),
        (&[("/things/{thing}:", "/things/{thing:")], "in its path and declares"),
        (&[("components:", "components: {")], "not valid YAML"),
    ] {
        let error = format!("{:#}", parse(&edited(edits)).unwrap_err());
        assert!(error.contains(expected), "{error}");
    }
    let versions = edited(&[("version: 1.2.0", "version: first")]);
    let error = format!("{:#}", compare(&parse(&versions).unwrap(), &parse(DESCRIPTION).unwrap()).err().unwrap());
    assert!(error.contains("not a semantic version: first"), "{error}");
}

#[test]
fn what_only_the_second_look_finds_is_not_passed_over() {
    let edit = ("text/plain: {schema: {type: string}}", "text/plain: {schema: {type: string}, encoding: {}}");
    let expected = "breaking the description: differs in a way that this task cannot judge: compare by hand";
    assert_eq!(lines(&parse(DESCRIPTION).unwrap(), &parse(&edited(&[edit])).unwrap()), [expected]);
}

fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(DESCRIPTION.to_owned(), |text, (old, new)| {
        assert_eq!(text.matches(old).count(), 1, "{old:?} is not there once");
        text.replace(old, new)
    })
}

fn lines(old: &Value, new: &Value) -> Vec<String> {
    let report = compare(old, new).unwrap();
    let line = |change: &super::Change| {
        let mark = if change.mark == Mark::Breaking { "breaking" } else { "compatible" };
        format!("{mark} {}: {}", change.place, change.what)
    };
    report.changes().iter().map(line).collect()
}
