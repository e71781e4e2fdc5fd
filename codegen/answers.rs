//! What makes the types of answers tolerant and able to grow, whatever progenitor's defaults are.

use std::collections::BTreeSet;

use quote::quote;
use serde_json::Value;
use syn::parse_quote;

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
/// fields that they do not know, take `null` for an absent list or object, and know the further names (`x-aliases`) of
/// their fields.
pub(crate) fn make_tolerant(types: &mut [syn::Item], spec: &Value) {
    let mut answers = BTreeSet::new();
    let mut requests = BTreeSet::new();
    for operation in operations(spec) {
        reach(spec, &operation["responses"], &mut answers);
        reach(spec, &operation["requestBody"], &mut requests);
    }
    for item in types {
        let syn::Item::Struct(item) = item else { continue };
        let name = item.ident.to_string();
        if answers.contains(&name) && !requests.contains(&name) {
            let schema = &spec["components"]["schemas"][&name];
            let syn::Fields::Named(fields) = &mut item.fields else { continue };
            fields.named.iter_mut().for_each(|field| soften(field, &schema["properties"]));
            if schema["additionalProperties"] == true {
                fields.named.push(unknown_fields());
            }
            item.attrs.push(parse_quote!(#[non_exhaustive]));
            if !derives_default(item) {
                item.attrs.push(parse_quote!(#[derive(Default)]));
            }
        }
    }
}

fn unknown_fields() -> syn::Field {
    parse_quote! {
        /// Fields that this version of the client does not know, as they were sent.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>
    }
}

fn derives_default(item: &syn::ItemStruct) -> bool {
    let derives = item.attrs.iter().filter(|attribute| attribute.path().is_ident("derive"));
    derives.into_iter().any(|attribute| quote!(#attribute).to_string().contains("Default"))
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

fn soften(field: &mut syn::Field, properties: &Value) {
    let Some(name) = field.ident.as_ref().map(ToString::to_string) else {
        return;
    };
    let Some(property) = properties.get(&name) else {
        return;
    };
    if is_collection(&field.ty) || property.get("default").is_some() {
        field.attrs.push(parse_quote!(#[serde(deserialize_with = "crate::answers::null_as_default")]));
    }
    for alias in property["x-aliases"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        field.attrs.push(parse_quote!(#[serde(alias = #alias)]));
    }
}

fn is_collection(field_type: &syn::Type) -> bool {
    let syn::Type::Path(field_type) = field_type else {
        return false;
    };
    let name = field_type.path.segments.last().map(|segment| segment.ident.to_string());
    name.is_some_and(|name| ["Vec", "BTreeMap", "Map"].contains(&name.as_str()))
}
