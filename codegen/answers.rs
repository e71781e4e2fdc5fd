//! What makes the types of answers tolerant and able to grow, whatever progenitor's defaults are.

use std::collections::BTreeSet;

use serde_json::Value;
use syn::parse_quote;
use syn::punctuated::Punctuated;

use super::{decoding, requests};

const SCHEMAS: &str = "#/components/schemas/";

/// An answer that comes as an object or as the bare list in it: a schema `oneOf: [object, array]`.
pub(crate) struct BareOrWrapped {
    pub(crate) name: String,
    wrapped: String,
    item: String,
}

impl BareOrWrapped {
    /// The hand-written type that decodes both; serde's untagged enums would buffer the answer and hide what is wrong in it.
    pub(crate) fn rust_type(&self) -> String {
        let (wrapped, item) = (&self.wrapped, &self.item);
        let types = "crate::generated::types";
        format!("crate::answers::BareOrWrapped<{types}::{wrapped}, {types}::{item}>")
    }
}

/// All such answers among the component schemas.
pub(crate) fn find_bare_or_wrapped(spec: &Value) -> Vec<BareOrWrapped> {
    let schemas = spec["components"]["schemas"].as_object().into_iter().flatten();
    schemas
        .filter_map(|(name, schema)| {
            let [object, list] = schema.get("oneOf")?.as_array()?.as_slice() else {
                return None;
            };
            let (wrapped, list) = (referenced(object)?, referenced(list)?);
            let item = referenced(&spec["components"]["schemas"][list]["items"])?;
            Some(BareOrWrapped { name: name.clone(), wrapped: wrapped.to_owned(), item: item.to_owned() })
        })
        .collect()
}

fn referenced(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
}

/// Changes the structs that occur in answers and in no request: they may gain fields without breaking callers, keep the
/// fields that they do not know, and are decoded leniently ([`decoding`]). The structs of requests are made extensible ([`requests`]).
pub(crate) fn make_tolerant(types: &mut Vec<syn::Item>, spec: &Value, view: &Value) -> Result<(), String> {
    let mut answers = BTreeSet::new();
    let mut bodies = BTreeSet::new();
    // Of some answers nothing is read; only the description as it was written has them. Only the view has those of `x-forms`.
    for operation in operations(spec).chain(operations(view)) {
        let successes = operation["responses"].as_object().into_iter().flatten();
        successes
            .filter(|(status, _)| status.starts_with('2'))
            .for_each(|(_, answer)| reach(view, answer, &mut answers));
        reach(view, &operation["requestBody"], &mut bodies);
    }
    let mut implementations = Vec::new();
    for item in types.iter_mut() {
        let syn::Item::Struct(item) = item else { continue };
        let name = item.ident.to_string();
        let schema = &view["components"]["schemas"][&name];
        let syn::Fields::Named(_) = &item.fields else { continue };
        if bodies.contains(&name) {
            implementations.extend(requests::make_extensible(item, schema));
        } else if answers.contains(&name) {
            implementations.extend(decoding::items(item, schema)?);
            make_one_tolerant(item, schema)?;
        }
    }
    types.extend(implementations);
    Ok(())
}

fn make_one_tolerant(item: &mut syn::ItemStruct, schema: &Value) -> Result<(), String> {
    let mut derives = derives(item)?;
    derives.retain(|derive| !is_named(derive, "Deserialize"));
    if !derives.iter().any(|derive| is_named(derive, "Default")) {
        derives.push(parse_quote!(Default));
    }
    item.attrs.retain(|attribute| !attribute.path().is_ident("derive"));
    item.attrs.push(parse_quote!(#[derive(#(#derives),*)]));
    item.attrs.push(parse_quote!(#[non_exhaustive]));
    if let (true, syn::Fields::Named(fields)) = (keeps_unknown(schema), &mut item.fields) {
        fields.named.push(unknown_fields());
    }
    Ok(())
}

/// Whether the type keeps the members of its object that it does not know.
pub(crate) fn keeps_unknown(schema: &Value) -> bool {
    schema["additionalProperties"] == true
}

fn unknown_fields() -> syn::Field {
    parse_quote! {
        /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>
    }
}

fn derives(item: &syn::ItemStruct) -> Result<Vec<syn::Path>, String> {
    let mut derives = Vec::new();
    for attribute in item.attrs.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        let paths = attribute.parse_args_with(Punctuated::<syn::Path, syn::Token![,]>::parse_terminated);
        derives.extend(paths.map_err(|error| format!("the derives of {} do not parse: {error}", item.ident))?);
    }
    Ok(derives)
}

fn is_named(path: &syn::Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}

/// Gives a field whose schema is a reference the description of what it refers to; OpenAPI 3.0 permits it none of its own.
pub(crate) fn document_references(types: &mut [syn::Item], spec: &Value) {
    let schemas = &spec["components"]["schemas"];
    for item in types {
        let syn::Item::Struct(item) = item else { continue };
        let properties = &schemas[item.ident.to_string()]["properties"];
        for field in &mut item.fields {
            let Some(name) = field.ident.as_ref().map(ToString::to_string) else { continue };
            let described = referenced(&properties[&name]).map(|schema| &schemas[schema]["description"]);
            if let Some(description) = described.and_then(Value::as_str) {
                let description = format!(" {}", description.trim());
                field.attrs.insert(0, parse_quote!(#[doc = #description]));
            }
        }
    }
}

fn operations(spec: &Value) -> impl Iterator<Item = &Value> {
    let items = spec["paths"].as_object().into_iter().flatten();
    items.flat_map(|(_, item)| item.as_object().into_iter().flatten().map(|(_, operation)| operation))
}

/// Collects the names of the component schemas that `value` refers to, directly or through others.
fn reach(spec: &Value, value: &Value, reached: &mut BTreeSet<String>) {
    if let Some(name) = referenced(value)
        && reached.insert(name.to_owned())
    {
        reach(spec, &spec["components"]["schemas"][name], reached);
    }
    match value {
        Value::Object(members) => members.values().for_each(|member| reach(spec, member, reached)),
        Value::Array(elements) => elements.iter().for_each(|element| reach(spec, element, reached)),
        _ => {}
    }
}
