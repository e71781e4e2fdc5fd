//! The file of types: each type that progenitor makes is changed by what the spec says of its schema.

use std::collections::BTreeSet;

use serde_json::Value;
use syn::{Item, parse_quote};

use super::enums::{self, OpenEnum};
use super::openapi::{component, component_name, members, operations, reach, referenced};
use super::{json_schemas, requests, tolerance};

/// Changes the items of progenitor's module `types`, and adds what belongs to them.
pub(crate) fn transform(
    mut types: Vec<Item>,
    spec: &Value,
    view: &Value,
    open_enums: &[OpenEnum],
) -> Result<Vec<Item>, String> {
    let mut implementations = Vec::new();
    let used = Used::by_operations(spec, view);
    for item in &mut types {
        match item {
            Item::Struct(item) => {
                implementations.extend(transform_struct(item, view, &used)?);
                document_references(item, view);
            }
            Item::Enum(item) => enums::let_grow(item),
            _ => {}
        }
    }
    types.extend(implementations);
    json_schemas::derive(&mut types);
    for open_enum in open_enums {
        types.extend(open_enum.items()?);
    }
    Ok(types)
}

/// The component schemas that requests and responses are made of.
struct Used<'a> {
    in_requests: BTreeSet<&'a str>,
    in_responses: BTreeSet<&'a str>,
}

impl<'a> Used<'a> {
    /// Some responses are not read, and only the spec as it was written has them. Only the view has those of `x-forms`.
    fn by_operations(spec: &'a Value, view: &'a Value) -> Self {
        let (mut in_requests, mut in_responses) = (BTreeSet::new(), BTreeSet::new());
        for operation in operations(spec).chain(operations(view)) {
            reach(view, &operation.value["requestBody"], &mut in_requests);
            operation.successes().for_each(|response| reach(view, response, &mut in_responses));
        }
        let named = |references: BTreeSet<&'a str>| references.into_iter().filter_map(component_name).collect();
        Self { in_requests: named(in_requests), in_responses: named(in_responses) }
    }
}

/// A struct of a request can carry unknown fields; one that is in responses alone is tolerant. Returns the implementations that make
/// it so.
fn transform_struct(item: &mut syn::ItemStruct, view: &Value, used: &Used<'_>) -> Result<Vec<Item>, String> {
    let name = item.ident.to_string();
    let schema = component(view, &name);
    if !matches!(item.fields, syn::Fields::Named(_)) {
        return Ok(Vec::new());
    }
    if used.in_requests.contains(name.as_str()) {
        return Ok(requests::make_extensible(item, schema).into_iter().collect());
    }
    if used.in_responses.contains(name.as_str()) {
        return tolerance::make_tolerant(item, schema);
    }
    Ok(Vec::new())
}

/// Gives a field whose schema is a reference the description of what it refers to; OpenAPI 3.0 permits it none of its own.
fn document_references(item: &mut syn::ItemStruct, view: &Value) {
    let properties = &component(view, &item.ident.to_string())["properties"];
    for field in &mut item.fields {
        let property = members(properties).find(|(name, _)| field.ident.as_ref().is_some_and(|ident| ident == name));
        let described = property.and_then(|(_, property)| referenced(property)).map(|name| component(view, name));
        if let Some(description) = described.and_then(|schema| schema["description"].as_str()) {
            let description = format!(" {}", description.trim());
            field.attrs.insert(0, parse_quote!(#[doc = #description]));
        }
    }
}
