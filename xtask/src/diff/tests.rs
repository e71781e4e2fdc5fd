use std::fs;
use std::process::Command;

use serde_json::Value;

use super::changelog::{keep, updated};
use super::{compare, nothing, parse, report};
use crate::project::{SPEC, root, run};

const THINGS: &str = "
openapi: 3.0.3
info: {title: Things, version: 1.2.0}
servers: [{url: https://one.example}]
security: [{key: []}]
paths:
  /things/{thing}:
    parameters: [{$ref: '#/components/parameters/Thing'}]
    post:
      operationId: change
      tags: [Things]
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
        - {name: order, in: query, schema: {type: string, enum: [up, down]}}
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Wish'}}
          text/plain: {schema: {type: string}}
      x-forms: [{operationId: make, summary: Make it, request: '#/components/schemas/Wish'}]
      responses:
        '200':
          description: Changed.
          content:
            application/json: {schema: {$ref: '#/components/schemas/Thing'}}
            text/event-stream: {schema: {$ref: '#/components/schemas/Event'}}
        '404': {$ref: '#/components/responses/NotFound'}
    delete: {operationId: remove, responses: {'204': {description: Gone.}, '404': {$ref: '#/components/responses/NotFound'}}}
components:
  securitySchemes: {key: {type: http, scheme: bearer}}
  parameters: {Thing: {name: thing, in: path, required: true, schema: {type: string}}}
  responses:
    NotFound: {description: None., headers: {Etag: {schema: {type: string}}}, content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}}
  schemas:
    Wish:
      required: [name]
      properties: {name: {type: string, maxLength: 64}, size: {type: number}, note: {type: string, nullable: true}, mode: {$ref: '#/components/schemas/Mode'}, top: {$ref: '#/components/schemas/Top'}, weight: {$ref: '#/components/schemas/Part/properties/weight'}, unit: {$ref: '#/components/schemas/Unit'}}
    Mode: {type: string, enum: [fast, slow]}
    Top: {oneOf: [{title: All, type: integer}, {title: Each, type: object, additionalProperties: {type: integer}}]}
    Thing:
      required: [id]
      properties:
        id: {type: string}
        memory_id: {type: string, x-mirror-of: id}
        count: {type: integer, maximum: 10}
        label: {type: string, description: How people call it., example: Lamp}
        status: {type: string, x-extensible-enum: [ready, pending]}
        kind: {type: string, enum: [big, small]}
        either: {oneOf: [{title: Text, type: string}]}
        parts: {type: array, items: {$ref: '#/components/schemas/Part'}, x-aliases: [data]}
        closed: {type: object, additionalProperties: false, properties: {one: {type: string}}}
        child: {$ref: '#/components/schemas/Thing'}
        unit: {$ref: '#/components/schemas/Unit'}
    Unit: {type: object, properties: {length: {type: integer}}}
    Part: {type: object, properties: {weight: {type: number}}}
    Event: {anyOf: [{$ref: '#/components/schemas/Delta'}, {$ref: '#/components/schemas/Final'}]}
    Delta: {type: object, properties: {text: {type: string}}}
    Final: {allOf: [{$ref: '#/components/schemas/Delta'}, {type: object, properties: {answer: {type: string}}}]}
    Error: {type: object, properties: {error: {type: string}}}
    Spare: {type: string}
";

/// What is replaced by what, and all lines that it gives.
#[rustfmt::skip]
const CASES: &[(&str, &str, &[&str])] = &[
    // Operations.
    ("    delete: {operationId: remove, responses: {'204': {description: Gone.}, '404': {$ref: '#/components/responses/NotFound'}}}\n", "", &["breaking operation: The operation remove was removed (remove)"]),
    ("    delete: {", "    get: {operationId: get, responses: {'200': {description: It.}}}\n    delete: {", &["additive operation: The operation get was added (get)"]),
    ("operationId: remove", "operationId: delete", &["breaking operation: `operationId` changed from remove to delete (delete)"]),
    ("  /things/{thing}:", "  /things/{id}:", &["breaking operation: The operation change was removed (change)", "breaking operation: The operation remove was removed (remove)", "additive operation: The operation change was added (change)", "additive operation: The operation remove was added (remove)"]),
    ("tags: [Things]", "tags: [Things, More]", &["additive operation.tags.More: was added (change)"]),
    ("tags: [Things]", "tags: [More, Things]", &["breaking operation: `first tag` changed from Things to More (change)", "additive operation.tags.More: was added (change)"]),
    ("operationId: remove", "operationId: remove, deprecated: true", &["additive operation: `deprecated: true` was added (remove)"]),
    ("operationId: remove", "operationId: remove, callbacks: {}", &["breaking operation: `callbacks: ` was added (remove)"]),
    ("security: [{key: []}]", "security: [{key: []}, {other: []}]", &[r#"breaking operation: `security` changed from [{"key":[]}] to [{"key":[]},{"other":[]}] (change, remove)"#]),
    ("scheme: bearer", "scheme: digest", &["breaking spec.securitySchemes.key: `scheme` changed from bearer to digest"]),
    ("[{url: https://one.example}", "[{url: https://one.example}, {url: https://two.example}", &["additive spec.servers.1: was added"]),
    ("x-forms: [{operationId: make", "x-forms: [{operationId: build", &["breaking operation.x-forms.make: was removed (change)", "additive operation.x-forms.build: was added (change)"]),
    // Parameters and bodies.
    ("        - {name: order, in: query, schema: {type: string, enum: [up, down]}}\n", "", &["breaking operation: The parameter 'order' was removed (change)"]),
    ("name: order, in: query,", "name: order, in: query, required: true,", &["breaking operation: The parameter 'order' was optional and is now required (change)"]),
    ("        - {name: order", "        - {name: offset, in: query, required: true, schema: {type: integer}}\n        - {name: order", &["breaking operation: A new, required parameter 'offset' was added (change)"]),
    ("maximum: 100", "maximum: 50", &["breaking operation.parameters.limit: `maximum` changed from 100 to 50 (change)"]),
    ("minimum: 1,", "minimum: 5,", &["breaking operation.parameters.limit: `minimum` changed from 1 to 5 (change)"]),
    ("maximum: 100", "maximum: 500", &["additive operation.parameters.limit: `maximum` changed from 100 to 500 (change)"]),
    ("name: order, in: query,", "name: order, in: query, style: pipeDelimited,", &["breaking operation.parameters.order: `style: pipeDelimited` was added (change)"]),
    ("name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}\n        - {name: order, in: query, schema: {type: string, enum: [up, down]}}", "name: order, in: query, schema: {type: string, enum: [up, down]}}\n        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}", &[r#"breaking operation: `order of parameters` changed from ["thing","limit","order"] to ["thing","order","limit"] (change)"#]),
    ("[up, down]", "[up]", &["breaking operation.parameters.order.enum.down: was removed (change)"]),
    ("      requestBody:\n        required: true\n        content:\n          application/json: {schema: {$ref: '#/components/schemas/Wish'}}\n          text/plain: {schema: {type: string}}\n", "", &["breaking operation: a required body parameter was removed (change)"]),
    ("requestBody:\n        required: true", "requestBody:\n        required: false", &["additive operation: the body parameter was required and is now optional (change)"]),
    ("text/plain: {schema: {type: string}}", "text/plain: {schema: {type: string}}\n          text/html: {}", &["additive operation.requestBody.text/html: was added (change)"]),
    ("text/plain: {schema: {type: string}}", "text/plain: {}", &["breaking operation.requestBody.text/plain: `schema: type` was removed (change)"]),
    ("'204': {description: Gone.}", "'204': {description: Gone., content: {text/plain: {schema: {type: string}}}}", &["additive responses.204.text/plain: was added (remove)"]),
    ("text/plain: {schema: {type: string}}", "text/plain: {schema: {type: string}, encoding: {}}", &["breaking operation.requestBody.text/plain: `encoding: ` was added (change)"]),
    // Responses.
    ("'204': {description: Gone.}, '404': {$ref: '#/components/responses/NotFound'}", "'204': {description: Gone.}", &["breaking operation: no longer responds with status 404 (remove)"]),
    ("'204': {description: Gone.}", "'204': {description: Gone.}, 5XX: {description: Failed.}", &["additive operation: added a new response code 5XX (remove)"]),
    ("'204': {description: Gone.}", "'200': {description: Gone.}", &["breaking operation: added a new response code 200 (remove)", "breaking operation: no longer responds with status 204 (remove)"]),
    ("'204': {description: Gone.}", "'204': {description: Gone.}, default: {description: Failed.}", &["breaking operation: added a default response (remove)"]),
    ("            text/event-stream: {schema: {$ref: '#/components/schemas/Event'}}\n", "", &["breaking responses.200.text/event-stream: was removed (change)"]),
    ("headers: {Etag: {schema: {type: string}}}, ", "", &["breaking responses.404.headers.Etag: was removed (change, remove)"]),
    ("Etag: {schema: {type: string}}", "Etag: {schema: {type: string}}, Age: {schema: {type: integer}}", &["additive responses.404.headers.Age: was added (change, remove)"]),
    // Schemas of requests.
    ("size: {type: number}, ", "", &["breaking Wish.size: was removed in requests (change)"]),
    ("size: {type: number}", "size: {type: number}, hue: {type: string}", &["additive Wish.hue: was added in requests (change)"]),
    ("required: [name]", "required: [name, size]", &["breaking Wish.size: `required: true` was added in requests (change)"]),
    ("note: {type: string, nullable: true}", "note: {type: string}", &["breaking Wish.note: `nullable: true` was removed in requests (change)"]),
    ("nullable: true}", "nullable: true, enum: [a]}", &["breaking Wish.note: `enum: a` was added in requests (change)"]),
    ("required: [name]\n      properties: {", "required: [name, hue]\n      properties: {hue: {type: string}, ", &["breaking Wish.hue: was added and is required in requests (change)"]),
    ("[fast, slow]", "[slow, fast, lazy]", &["additive Mode.enum.lazy: was added in requests (change)"]),
    ("{title: All, type: integer}", "{title: All, type: number}", &["breaking Top.oneOf.All: `type` changed from integer to number in requests (change)"]),
    ("{title: All, type: integer}", "{title: None, type: boolean}, {title: All, type: integer}", &["additive Top.oneOf.None: was added in requests (change)"]),
    // Schemas of responses.
    ("        count: {type: integer, maximum: 10}\n", "", &["breaking Thing.count: was removed in responses (change)"]),
    ("        count: {", "        colour: {type: string}\n        count: {", &["additive Thing.colour: was added in responses (change)"]),
    ("{one: {type: string}}", "{one: {type: string}, two: {type: string}}", &["breaking Thing.closed.two: was added in responses (change)"]),
    ("required: [id]", "required: []", &["breaking Thing.id: `required: true` was removed in responses (change)"]),
    ("maximum: 10}", "maximum: 20}", &["breaking Thing.count: `maximum` changed from 10 to 20 in responses (change)"]),
    ("[big, small]", "[big, small, huge]", &["breaking Thing.kind.enum.huge: was added in responses (change)"]),
    ("enum: [big, small]", "x-extensible-enum: [big, small]", &["breaking Thing.kind.enum.big: was removed in responses (change)", "breaking Thing.kind.enum.small: was removed in responses (change)", "additive Thing.kind.x-extensible-enum.big: was added in responses (change)", "additive Thing.kind.x-extensible-enum.small: was added in responses (change)"]),
    ("[ready, pending]", "[ready]", &["breaking Thing.status.x-extensible-enum.pending: was removed in responses (change)"]),
    ("[ready, pending]", "[ready, pending, gone]", &["additive Thing.status.x-extensible-enum.gone: was added in responses (change)"]),
    (", x-aliases: [data]", "", &["breaking Thing.parts.x-aliases.data: was removed in responses (change)"]),
    (", x-mirror-of: id", "", &["breaking Thing.memory_id: `x-mirror-of: id` was removed in responses (change)"]),
    ("{$ref: '#/components/schemas/Final'}]", "{$ref: '#/components/schemas/Final'}, {$ref: '#/components/schemas/Error'}]", &["breaking Event.anyOf.Error: was added in responses (change)"]),
    ("{answer: {type: string}}", "{answer: {type: integer}}", &["breaking Final.allOf.1.answer: `type` changed from string to integer in responses (change)"]),
    ("{answer: {type: string}}}]", "{answer: {type: string}}}, {type: object}]", &["breaking Final.allOf.2: was added in responses (change)"]),
    ("{title: Text, type: string}", "{title: Text, type: string}, {title: Text, type: integer}", &["breaking Thing.either.oneOf.Text 1: was added in responses (change)"]),
    ("child: {$ref: '#/components/schemas/Thing'}", "child: {type: string}", &["breaking Thing.child: `$ref: #/components/schemas/Thing` was removed in responses (change)", "breaking Thing.child: `type: string` was added in responses (change)"]),
    // Schemas anywhere.
    ("length: {type: integer}", "length: {type: integer, nullable: true}", &["breaking Unit.length: `nullable: true` was added in responses (change)", "additive Unit.length: `nullable: true` was added in requests (change)"]),
    ("Delta: {type: object, ", "Delta: {type: object, x-order: 1, ", &["breaking Delta: `x-order: 1` was added in responses (change)"]),
    ("{weight: {type: number}}", "{weight: {type: number, nullable: true}}", &["breaking Part.weight: `nullable: true` was added in responses (change)", "additive Part.weight: `nullable: true` was added in requests (change)"]),
    ("Spare: {type: string}", "Spare: {type: integer}", &["breaking Spare: `type` changed from string to integer in requests", "breaking Spare: `type` changed from string to integer in responses"]),
    ("    Error: {", "    Unused: {type: string}\n    Error: {", &["additive Unused: the type was added"]),
    ("mode: {$ref: '#/components/schemas/Mode'}", "mode: {description: How., allOf: [{$ref: '#/components/schemas/Mode'}]}", &["documentation Wish.mode: `description` changed (change)"]),
    // Documentation.
    ("How people call it.", "Its name.", &["documentation Thing.label: `description` changed (change)"]),
    ("description: None.", "description: There is none.", &["documentation responses.404: `description` changed (change, remove)"]),
];

#[test]
fn each_change_is_listed_in_one_line_with_its_kind_and_operations_and_undone_it_is_listed_too() {
    let things = parse(THINGS).unwrap();
    for (old, new, expected) in CASES {
        let changed = parse(&edited(old, new)).unwrap();
        assert_eq!(lines(&things, &changed), *expected, "{old} -> {new}");
        assert!(!lines(&changed, &things).is_empty(), "{old} -> {new}, undone");
    }
}

#[test]
fn the_same_spec_has_no_changes_and_changes_of_it_name_the_operations_that_they_reach() {
    let old = fs::read_to_string(root().join(SPEC)).unwrap();
    let spec = parse(&old).unwrap();
    assert!(lines(&spec, &spec).is_empty());
    let form = "- operationId: store_memory\n          summary: Store one memory\n          request: ";
    let new = old
        .replace("x-extensible-enum: [stored, merged]", "x-extensible-enum: [stored]")
        .replace(form, &form.replace("store_memory", "store"))
        .replace("Retry-After:", "Try-After:");
    let printed = lines(&spec, &parse(&new).unwrap()).join("\n");
    for line in [
        "breaking StoreStatus.x-extensible-enum.merged: was removed in responses (store_memory)",
        "breaking operation.x-forms.store_memory: was removed (store_memory)",
        "breaking responses.429.headers.Retry-After: was removed (clear_memories, create_bucket,",
    ] {
        assert!(printed.contains(line), "{line}\nis not in\n{printed}");
    }
}

#[test]
fn the_version_must_say_what_changed() {
    let breaking = ("size: {type: number}, ", "");
    let additive = ("size: {type: number}", "size: {type: number}, hue: {type: string}");
    let documentation = ("How people call it.", "Its name.");
    for (old, (before, after), least, too_low) in [
        ("1.2.0", breaking, "2.0.0", "1.3.0"),
        ("0.2.0", breaking, "0.3.0", "0.2.1"),
        ("1.2.0", additive, "1.3.0", "1.2.0"),
        ("0.2.0", additive, "0.2.1", "0.2.0"),
        ("1.2.0", documentation, "1.2.0", "1.1.9"),
    ] {
        let version = |text: &str, version: &str| text.replace("version: 1.2.0", &format!("version: {version}"));
        let check = |new: &str| {
            let (old, new) = (version(THINGS, old), version(&edited(before, after), new));
            compare(&parse(&old).unwrap(), &parse(&new).unwrap()).unwrap().ensure_version()
        };
        check(least).unwrap();
        check(&format!("{least}-rc.1")).unwrap();
        let error = check(too_low).unwrap_err().to_string();
        assert!(error.contains(&format!("is {too_low}; after {old}")), "{error}");
        assert!(error.contains(&format!("must be {least} or more")), "{error}");
    }
}

#[test]
fn the_report_lists_every_change() {
    let new = edited("size: {type: number}, ", "");
    let report = compare(&parse(THINGS).unwrap(), &parse(&new).unwrap()).unwrap();
    let expected = "From version 1.2.0 to 1.2.0:\nbreaking       Wish.size: was removed in requests (change)\n1 breaking, 0 additive, 0 of documentation\n";
    assert_eq!(report.to_string(), expected);
}

#[test]
fn the_changelog_lists_every_change_of_the_version_and_keeps_what_people_wrote() {
    let released = "# Changelog\n\nWhat changed.\n\n## 1.2.0\n\n### Added\n\n- operation: The operation change was added (change)\n";
    let new = edited("version: 1.2.0", "version: 2.0.0").replace("size: {type: number}, ", "");
    let breaking = compare(&parse(THINGS).unwrap(), &parse(&new).unwrap()).unwrap();
    let entry = "## 2.0.0\n\n### Breaking\n\n- Wish.size: was removed in requests (change)\n\n";
    let written = updated(released, &breaking);
    assert_eq!(written, released.replace("## 1.2.0", &format!("{entry}## 1.2.0")));
    assert_eq!(updated(&written, &breaking), written);

    let new = new.replace("    Spare: {type: string}\n", "    Spare: {type: string}\n    More: {type: string}\n");
    let both = compare(&parse(THINGS).unwrap(), &parse(&new).unwrap()).unwrap();
    let with_prose = written.replace("## 2.0.0\n", "## 2.0.0\n\nSizes are gone.\n");
    let longer = updated(&with_prose, &both);
    assert!(longer.contains("Sizes are gone.\n\n### Breaking\n\n- Wish.size"), "{longer}");
    assert!(longer.contains("(change)\n\n### Added\n\n- More: the type was added\n\n## 1.2.0\n"), "{longer}");
}

#[test]
fn a_changelog_is_stale_until_it_is_written_and_a_released_entry_stays() {
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    fs::create_dir(project.join("openapi")).unwrap();
    let file = project.join("openapi/CHANGELOG.md");
    fs::write(&file, "# Changelog\n").unwrap();
    let spec = parse(THINGS).unwrap();
    let first = compare(&nothing(&spec), &spec).unwrap();
    let error = keep(project, &first, false).unwrap_err().to_string();
    assert!(error.contains("+- operation: The operation change was added (change)"), "{error}");
    keep(project, &first, true).unwrap();
    keep(project, &first, false).unwrap();
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.contains("\n- Wish: the type was added\n"), "{written}");

    let described = parse(&edited("How people call it.", "What people call it.")).unwrap();
    keep(project, &compare(&spec, &described).unwrap(), true).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), written);
}

#[test]
fn the_old_spec_is_a_file_or_a_revision_of_the_project() {
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    fs::create_dir(project.join("openapi")).unwrap();
    fs::write(project.join(SPEC), THINGS).unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"];
        run(Command::new("git").current_dir(project).args(identity).args(arguments)).unwrap();
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "Describe things"]);
    report(project, "HEAD").unwrap().ensure_version().unwrap();

    let old = project.join("old.yaml");
    fs::rename(project.join(SPEC), &old).unwrap();
    fs::write(project.join(SPEC), edited("[fast, slow]", "[fast]")).unwrap();
    for name in ["HEAD", old.to_str().unwrap()] {
        report(project, name).unwrap().ensure_version().unwrap_err();
    }
    let error = format!("{:#}", report(project, "v9.9.9").err().unwrap());
    assert!(error.contains("v9.9.9 is neither a file nor a git revision that has openapi/engram.yaml"), "{error}");
}

#[test]
fn what_cannot_be_compared_is_an_error_that_says_why() {
    for (old, new, expected) in [
        ("paths:", "ways:", "it has no `paths`"),
        ("components:", "components: {", "not valid YAML"),
        ("version: 1.2.0", "version: first", "not a semantic version: first"),
        ("in: query, schema: {type: string", "in: space, schema: {type: string", "cannot be compared"),
    ] {
        let compared = parse(&edited(old, new)).and_then(|new| compare(&parse(THINGS)?, &new));
        let error = format!("{:#}", compared.err().unwrap());
        assert!(error.contains(expected), "{error}");
    }
}

fn edited(old: &str, new: &str) -> String {
    assert_eq!(THINGS.matches(old).count(), 1, "{old:?} is not there once");
    THINGS.replace(old, new)
}

fn lines(old: &Value, new: &Value) -> Vec<String> {
    let report = compare(old, new).unwrap().to_string();
    let lines: Vec<_> = report.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines[1..lines.len() - 1].to_vec()
}
