//! What the generator makes of a small spec.

use serde_json::Value;

use super::fingerprint::fingerprint;
use super::{generate, openapi, operation};

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
    One: {type: object, required: [label], properties: {label: {type: string}, size: {$ref: '#/components/schemas/Size'}, tags: {type: array, items: {type: string}}}, additionalProperties: true}
    Many: {type: object, required: [things], properties: {things: {type: array, items: {$ref: '#/components/schemas/One'}}}}
    Gone: {type: object, properties: {ok: {type: boolean}}}
    Size: {type: string, enum: [small, large]}
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
    generated_from(SPEC)
}

fn generated_from(spec: &str) -> String {
    let generated = generate(spec).expect("the spec is valid");
    generated.files().iter().flat_map(|(_, text)| text.split_whitespace()).collect()
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
    assert_generated("-> Result<Call<Json<types::Thing>>, Error<()>>");
}

#[test]
fn a_body_that_may_be_missing_is_not_read() {
    assert_generated("fn drop_thing_call<'a>(&'a self, thing: &'a str,) -> Result<Call<Empty>, Error<()>>");
}

#[test]
fn an_operation_of_several_forms_becomes_several() {
    assert_generated("pub async fn put_thing<'a>(&'a self, thing: &'a str, body: &'a types::One,)");
    assert_generated("pub async fn put_things<'a>(&'a self, thing: &'a str, body: &'a types::Many,)");
}

#[test]
fn a_streamed_response_gets_an_operation_of_its_own() {
    assert_generated(
        "pub async fn watch<'a>(&'a self, thing: &'a str,) -> Result<ResponseValue<types::Thing>, Error<()>>",
    );
    assert_generated(
        "pub async fn watch_stream<'a>(&'a self, thing: &'a str,) -> Result<ResponseValue<ByteStream>, Error<()>>",
    );
    assert_generated("fn watch_stream_call<'a>(&'a self, thing: &'a str,) -> Result<Call<Streamed>, Error<()>>");
}

#[test]
fn an_operation_makes_a_call_and_runs_it() {
    assert_generated(
        r#"
        pub(crate) fn put_thing_call<'a>(&'a self, thing: &'a str, body: &'a types::One,)
            -> Result<Call<Json<types::Thing>>, Error<()>>
        {
            let url = format!("{}/v1/things/{}", self.baseurl, encode_path(thing),);
            let request = self.client.post(url).build()?;
            Call::json(&PUT_THING, request, &body)
        }
        "#,
    );
    assert_generated(
        "
        pub async fn put_thing<'a>(&'a self, thing: &'a str, body: &'a types::One,)
            -> Result<ResponseValue<types::Thing>, Error<()>>
        {
            self.run(self.put_thing_call(thing, body)?).await
        }
        ",
    );
}

#[test]
fn an_operation_says_what_it_is_and_what_it_accepts() {
    assert_generated(
        r#"pub(crate) const WATCH: Endpoint = Endpoint { operation_id: "watch", accept: "application/json", };"#,
    );
    assert_generated(
        r#"const WATCH_STREAM: Endpoint = Endpoint { operation_id: "watch_stream", accept: "text/event-stream", };"#,
    );
    assert_generated(
        r#"const DROP_THING: Endpoint = Endpoint { operation_id: "drop_thing", accept: "application/json", };"#,
    );
}

#[test]
fn the_documentation_of_an_operation_is_on_its_public_method() {
    assert_generated("Sends a `GET` request to `/v1/things/{thing}`");
    assert_generated("///The call that [`watch`](Self::watch) runs. pub(crate) fn watch_call");
}

#[test]
fn the_spec_in_json_says_the_same_in_the_same_order() {
    let generated = generate(SPEC).expect("the spec is valid");
    let [.., (name, json)] = generated.files();
    assert_eq!(name, "openapi.json");
    let [from_yaml, from_json]: [Value; 2] =
        [serde_saphyr::from_str(SPEC).expect("YAML"), serde_json::from_str(json).expect("JSON")];
    assert_eq!(from_json, from_yaml);
    let places = ["openapi", "info", "paths", "components"].map(|name| json.find(&format!("\n  \"{name}\"")));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
}

#[test]
fn the_types_do_not_depend_on_the_client() {
    let generated = generate(SPEC).expect("the spec is valid");
    let [(types, types_text), (client, client_text), _] = generated.files();
    assert_eq!([types, client], ["types.rs", "client.rs"]);
    for foreign in ["progenitor_client", "crate::transport", "crate::generated::client", "super::"] {
        assert!(!types_text.contains(foreign), "{foreign}");
    }
    assert!(!client_text.contains("pub struct Thing"));
}

#[test]
fn only_what_is_used_is_imported() {
    assert_generated("use crate::transport::{Call, Empty, Endpoint, Json, Streamed, Transport};");
    let without_stream = SPEC.replace("            text/event-stream: {schema: {type: string}}\n", "");
    assert!(generated_from(&without_stream).contains("{Call,Empty,Endpoint,Json,Transport}"));
    assert!(!generated().contains("ClientHooks") && !generated().contains("OperationInfo"));
}

#[test]
fn a_header_from_a_parameter_is_sent() {
    let with_header = SPEC.replacen(
        "      operationId: watch\n",
        "      operationId: watch\n      parameters: [{name: x-since, in: header, schema: {type: string}}]\n",
        1,
    );
    let generated = generated_from(&with_header);
    assert!(generated.contains(r#"header_map.append("x-since","#), "{generated}");
    assert!(generated.contains("self.client.get(url).headers(header_map).build()?"), "{generated}");
    assert!(!generated.contains("api-version"));
}

#[test]
fn a_list_of_values_of_a_request_can_grow() {
    assert_generated("#[non_exhaustive] pub enum Size");
}

#[test]
fn responses_can_grow_and_keep_what_they_do_not_know() {
    assert_generated("#[non_exhaustive] pub struct Thing");
    assert!(struct_source("Thing").contains("#[serde(flatten)]pubextra:::serde_json::Map"));
    assert!(!generated().contains("#[non_exhaustive]pubstructOne"), "callers build requests");
}

#[test]
fn responses_are_decoded_by_our_own_code_and_requests_are_not() {
    assert!(deriving("Thing").contains("::serde::Serialize") && !deriving("Thing").contains("::serde::Deserialize"));
    assert!(deriving("One").contains("::serde::Deserialize"));
    assert_generated("impl crate::wire::Object for Thing");
    assert!(!generated().contains("impl crate::wire::Object for One"));
}

#[test]
fn a_body_carries_unknown_fields_only_where_the_spec_lets_it() {
    assert!(struct_source("One").contains("#[serde(flatten)]pubextra:::serde_json::Map"));
    assert_generated(r#"const REQUIRED: &'static [&'static str] = &["label"];"#);
    assert_generated(r#"const OPTIONAL: &'static [&'static str] = &["size", "tags"];"#);
    assert!(!struct_source("Many").contains("extra") && !generated().contains("ExtensibleBodyforMany"));
}

#[test]
fn a_response_that_is_never_read_is_tolerant_too() {
    assert_generated("impl crate::wire::Object for Gone");
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
    assert_generated(r#""total" => total_property = crate::wire::number(&mut members)?"#);
    assert_generated(r#""rank" => rank_property = crate::wire::number(&mut members)?"#);
    assert_generated(r#""id" => id_property = crate::wire::text(&mut members)?"#);
}

#[test]
fn a_property_has_its_name_in_json() {
    assert_generated(r#""next-page" => next_page_property ="#);
}

#[test]
fn a_list_may_come_bare_or_wrapped() {
    assert_generated(
        "ResponseValue<crate::wire::BareOrWrapped<crate::generated::types::ThingPage, crate::generated::types::Thing,>,>",
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
    assert_generated("use crate::wire::encode_path;");
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
    let generated = generate(SPEC).expect("the spec is valid");
    let [(_, types), (_, client), _] = generated.files();
    assert!([types, client].iter().all(|text| text.contains(&fingerprint(SPEC))));
}

#[test]
fn what_is_wrong_with_a_spec_is_said() {
    for (spec, says) in [
        ("a: [", "not valid YAML"),
        ("openapi: 3.0.3", "`paths` is missing"),
        (&SPEC.replace("operationId: watch\n", "summary: Watch\n"), "no operationId"),
        (&SPEC.replace("openapi: 3.0.3", "openapi: 3.1.0"), "3.1.0"),
        (&SPEC.replace("operationId: watch\n", "operationId: watchThing\n"), "the operation watch_thing"),
    ] {
        let problem = generate(spec).expect_err("not a spec");
        assert!(problem.contains(says), "{problem}");
    }
}

/// A method as progenitor writes it.
const METHOD: &str = r#"
    pub async fn watch<'a>(&'a self, thing: &'a str) -> Result<ResponseValue<types::Thing>, Error<()>> {
        let url = format!("{}/v1/things/{}", self.baseurl, encode_path(&thing.to_string()),);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(::reqwest::header::ACCEPT, ::reqwest::header::HeaderValue::from_static("application/json"))
            .headers(header_map)
            .build()?;
        let info = OperationInfo { operation_id: "watch" };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16..=299u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
"#;

fn operation(method: &str) -> Result<operation::Operation, String> {
    let spec = serde_saphyr::from_str(SPEC).expect("the spec is YAML");
    let operations: Vec<_> = openapi::operations(&spec).collect();
    operation::Operation::parse(syn::parse_str(method).expect("the method parses"), &operations)
}

#[test]
fn what_is_unexpected_in_progenitors_code_is_an_error_that_names_the_operation() {
    assert!(operation(METHOD).is_ok());
    for (from, to, says) in [
        ("ResponseValue<types::Thing>,", "types::Thing,", "does not return"),
        ("format!(", "concat!(", "not made by `format!`"),
        ("&thing.to_string()", "thing", "not encoded from a copy"),
        ("let mut header_map", "let mut map", "no `header_map`"),
        ("#[allow(unused_mut)]", "loop {}", "neither a header nor the request"),
        ("let mut request =", "let request_of_ours; let mut request =", "the request has no value"),
        (".build()?", ".build().unwrap()", "does not end in `.build()?`"),
        ("self\n            .client", "client", "not built from `self.client`"),
        (".get(url)", ".get(url).form_urlencoded(&body)?", "not built from `self.client`"),
        (".get(url)", ".get(url).bearer_auth(key)", "built with `bearer_auth`"),
        ("self.pre(&mut request, &info).await?;", "", "no call of the hook `pre`"),
        ("self.exec(request, &info)", "self.execute(request)", "no call of the hook `exec`"),
        ("let response = result?;", "let response = result.unwrap();", "not `result?`"),
        ("_ => Err", "404u16 => Ok(ResponseValue::empty(response)), _ => Err", "3 arms"),
        ("200u16..=299u16 =>", "_ if true =>", "not `200..=299` and `_`"),
        ("Error::UnexpectedResponse(response)", "Error::Custom(text)", "not an `UnexpectedResponse`"),
        ("from_response", "upgrade", "read in an unknown way"),
        ("fn watch<'a>", "fn observe<'a>", "write it in snake case"),
    ] {
        let method = METHOD.replacen(from, to, 1);
        assert_ne!(method, METHOD, "{from}");
        let Err(problem) = operation(&method) else { panic!("{to} passes") };
        let name = if to.contains("observe") { "observe" } else { "watch" };
        assert!(problem.contains(&format!("the operation {name} ")) && problem.contains(says), "{to}: {problem}");
    }
}

#[test]
fn references_are_followed_in_a_circle_too() {
    let document = serde_json::json!({ "components": {
        "responses": { "Tree": { "schema": { "$ref": "#/components/schemas/Tree" } } },
        "schemas": {
            "Tree": { "properties": { "children": { "items": { "$ref": "#/components/schemas/Tree" } } } },
            "Endless": { "$ref": "#/components/schemas/Endless" },
        },
    } });
    let response = serde_json::json!({ "$ref": "#/components/responses/Tree" });
    let mut reached = Default::default();
    openapi::reach(&document, &response, &mut reached);
    assert_eq!(reached, ["#/components/responses/Tree", "#/components/schemas/Tree"].into());
    let [tree, endless] = ["Tree", "Endless"].map(|name| openapi::component(&document, name));
    assert_eq!(openapi::resolve(&document, tree), Some(tree));
    assert_eq!(openapi::resolve(&document, endless), None);
}
