//! What the generator makes of a small description.

use super::fingerprint::fingerprint;
use super::generate;

const SPEC: &str = "
openapi: 3.0.3
info: {title: Test, version: 1.0.0}
paths:
  /v1/things/{thing}:
    parameters:
      - {name: thing, in: path, required: true, schema: {type: string}}
    post:
      operationId: put_thing
      x-forms:
        - {operationId: put_thing, summary: One, request: '#/components/schemas/One', response: '#/components/schemas/Thing'}
        - {operationId: put_things, summary: Many, request: '#/components/schemas/Many', response: '#/components/schemas/Things'}
      requestBody:
        content:
          application/json:
            schema: {oneOf: [{$ref: '#/components/schemas/One'}, {$ref: '#/components/schemas/Many'}]}
      responses:
        '200':
          description: Done.
          content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
        '404':
          description: Not there.
          content: {application/json: {schema: {$ref: '#/components/schemas/Problem'}}}
    get:
      operationId: watch
      responses:
        '200':
          description: The thing, or its changes.
          content:
            application/json: {schema: {$ref: '#/components/schemas/Thing'}}
            text/event-stream: {schema: {type: string}}
    delete:
      operationId: drop_thing
      responses:
        '200': {description: Gone., content: {application/json: {schema: {$ref: '#/components/schemas/Gone'}}}}
        '204': {description: Gone.}
components:
  schemas:
    One: {type: object, required: [label], properties: {label: {type: string}, tags: {type: array, items: {type: string}}}, additionalProperties: true}
    Many: {type: object, required: [things], properties: {things: {type: array, items: {$ref: '#/components/schemas/One'}}}}
    Gone: {type: object, properties: {ok: {type: boolean}}}
    Problem: {type: object, properties: {error: {type: string}}}
    Things:
      oneOf: [{$ref: '#/components/schemas/ThingPage'}, {$ref: '#/components/schemas/ThingList'}]
    ThingList: {type: array, items: {$ref: '#/components/schemas/Thing'}}
    ThingPage:
      type: object
      required: [things]
      properties:
        things: {type: array, items: {$ref: '#/components/schemas/Thing'}, x-aliases: [items, data]}
        total: {type: integer, format: int64}
        next-page: {type: string}
    Thing:
      type: object
      required: [id]
      additionalProperties: true
      properties:
        id: {type: string}
        old_id: {type: string, x-mirror-of: id}
        label: {type: string}
        score: {type: number, x-mirror-of: rank}
        rank: {type: number}
        old_label: {type: string, x-mirror-of: label}
        state: {$ref: '#/components/schemas/State'}
    State: {type: string, description: How it is., x-extensible-enum: [not_ready, ready]}
";

/// The generated source without white space, so that the layout does not matter.
fn generated() -> String {
    generate(SPEC).expect("the description is valid").split_whitespace().collect()
}

fn assert_generated(what: &str) {
    let what: String = what.split_whitespace().collect();
    assert!(generated().contains(&what), "{what} is missing");
}

fn struct_source(name: &str) -> String {
    let source = generated();
    let (_, after) = source.split_once(&format!("pubstruct{name}{{")).expect("the struct");
    after.split_once('}').expect("its end").0.to_owned()
}

/// The attributes of a struct.
fn deriving(name: &str) -> String {
    let source = generated();
    let (before, _) = source.split_once(&format!("pubstruct{name}{{")).expect("the struct");
    before[before.rfind("#[derive(").expect("its derives")..].to_owned()
}

#[test]
fn errors_reach_our_code_as_they_came() {
    assert!(!generated().contains("ErrorResponse"));
    assert_generated("_ => Err(Error::UnexpectedResponse(response))");
}

#[test]
fn any_2xx_is_a_success_and_a_body_that_may_be_missing_is_not_read() {
    assert_generated("200..=299 => ResponseValue::from_response(response).await");
    assert_generated("200..=299 => Ok(ResponseValue::empty(response))");
}

#[test]
fn an_operation_of_several_forms_becomes_several() {
    assert_generated("pub async fn put_thing<'a>(&'a self, thing: &'a str, body: &'a types::One,)");
    assert_generated("pub async fn put_things<'a>(&'a self, thing: &'a str, body: &'a types::Many,)");
}

#[test]
fn a_streamed_answer_gets_an_operation_of_its_own() {
    assert_generated(
        "pub async fn watch<'a>(&'a self, thing: &'a str,) -> Result<ResponseValue<types::Thing>, Error<()>>",
    );
    assert_generated(
        "pub async fn watch_stream<'a>(&'a self, thing: &'a str,) -> Result<ResponseValue<ByteStream>, Error<()>>",
    );
}

#[test]
fn answers_can_grow_and_keep_what_they_do_not_know() {
    assert_generated("#[non_exhaustive] pub struct Thing");
    assert!(struct_source("Thing").contains("#[serde(flatten)]pubextra:::serde_json::Map"));
    assert!(!generated().contains("#[non_exhaustive]pubstructOne"), "callers build requests");
}

#[test]
fn answers_are_decoded_by_our_own_code_and_requests_are_not() {
    assert!(deriving("Thing").contains("::serde::Serialize") && !deriving("Thing").contains("::serde::Deserialize"));
    assert!(deriving("One").contains("::serde::Deserialize"));
    assert_generated("impl crate::answers::Object for Thing");
    assert!(!generated().contains("impl crate::answers::Object for One"));
}

#[test]
fn a_body_carries_unknown_fields_only_where_the_description_lets_it() {
    assert!(struct_source("One").contains("#[serde(flatten)]pubextra:::serde_json::Map"));
    assert_generated(r#"const REQUIRED: &'static [&'static str] = &["label"];"#);
    assert_generated(r#"const OPTIONAL: &'static [&'static str] = &["tags"];"#);
    assert!(!struct_source("Many").contains("extra") && !generated().contains("ExtensibleBodyforMany"));
}

#[test]
fn an_answer_that_is_never_read_is_tolerant_too() {
    assert_generated("impl crate::answers::Object for Gone");
}

#[test]
fn null_stands_for_an_absent_list() {
    assert_generated(r#"things: things_property.needed_or_null("things")?"#);
}

#[test]
fn further_names_are_known() {
    assert_generated(r#"things_property.or_alias(&mut unknown, &["items", "data"])?;"#);
}

#[test]
fn a_property_or_its_mirror_is_enough() {
    assert_generated("id_property.or_mirrored_name(&old_id_property);");
    assert_generated(r#"id: id_property.needed("id")?"#);
    assert_generated("rank_property.or_mirror(&score_property);");
    assert_generated("label_property.or_mirrored_name(&old_label_property);");
    assert!(struct_source("Thing").contains("publabel:::std::string::String"), "a text that may be left out is empty");
}

#[test]
fn numbers_are_read_leniently() {
    assert_generated(r#""total" => total_property = crate::answers::number(&mut members)?"#);
    assert_generated(r#""rank" => rank_property = crate::answers::number(&mut members)?"#);
    assert_generated(r#""id" => id_property = members.next_value()?"#);
}

#[test]
fn a_property_has_its_name_in_json() {
    assert_generated(r#""next-page" => next_page_property ="#);
}

#[test]
fn a_list_may_come_bare_or_wrapped() {
    assert_generated(
        "ResponseValue<crate::answers::BareOrWrapped<crate::generated::types::ThingPage, crate::generated::types::Thing,>,>",
    );
}

#[test]
fn an_extensible_enum_keeps_unknown_values() {
    assert_generated("pub enum State");
    assert_generated(r#""not_ready" => Self::NotReady, "ready" => Self::Ready, _ => Self::Unknown(value),"#);
}

#[test]
fn every_type_has_a_schema_where_the_client_is_built_with_schemas() {
    let derived = r#"#[cfg_attr(feature="schemars",derive(::schemars::JsonSchema))]"#;
    for name in ["Thing", "One", "ThingPage"] {
        assert!(deriving(name).contains(derived), "{name}");
    }
    assert_generated(r#"#[cfg(feature = "schemars")] impl ::schemars::JsonSchema for State"#);
    assert_generated(r#"{"type": "string", "description": "How it is.", "examples": ["not_ready", "ready"]}"#);
}

#[test]
fn a_field_that_refers_to_a_schema_is_described() {
    assert!(struct_source("Thing").contains("///Howitis."));
}

#[test]
fn path_parameters_are_encoded_by_our_own_code() {
    assert_generated("use crate::path::encode_path;");
    assert!(!generated().contains("progenitor_client::{encode_path"));
}

#[test]
fn a_call_makes_no_header_that_the_api_does_not_know_and_copies_no_parameter_of_its_path() {
    assert!(!generated().contains("api-version") && !generated().contains("header_map"));
    assert_generated(r#"let url = format!("{}/v1/things/{}", self.baseurl, encode_path(thing),);"#);
}

#[test]
fn nothing_that_panics_is_generated() {
    assert!(!generated().contains("unwrap()"));
}

#[test]
fn the_fingerprint_follows_the_text_but_not_its_line_endings() {
    assert_eq!(fingerprint("a\nb\n"), fingerprint("a\r\nb\r\n"));
    assert_ne!(fingerprint("a\nb\n"), fingerprint("a\nc\n"));
    assert!(generate(SPEC).expect("valid").contains(&fingerprint(SPEC)));
}

#[test]
fn what_is_wrong_with_a_description_is_said() {
    for (spec, says) in [
        ("a: [", "not valid YAML"),
        ("openapi: 3.0.3", "`paths` is missing"),
        (&SPEC.replace("operationId: watch\n", "summary: Watch\n"), "no operationId"),
        (&SPEC.replace("openapi: 3.0.3", "openapi: 3.1.0"), "3.1.0"),
    ] {
        let problem = generate(spec).expect_err("not a description");
        assert!(problem.contains(says), "{problem}");
    }
}
