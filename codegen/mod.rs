//! The generator: OpenAPI spec in, Rust source out. Used by `build.rs` (feature `codegen`) and by `cargo xtask`.
//!
//! progenitor does the work. What is done around it is generic, driven by the spec alone. Before: a view of the spec that progenitor
//! handles well ([`view`]). After: types that are tolerant in responses, extensible in requests and can grow ([`types`]), and a client
//! whose operations hand their calls to the transport ([`client`]).
//!
//! A file imports only from files above it: `openapi`, `fingerprint`; `view`; `bare_or_wrapped`, `json_schemas`, `decoding`,
//! `tolerance`, `requests`, `enums`, `operation`; `types`, `client`; this one.

mod bare_or_wrapped;
mod client;
mod decoding;
mod enums;
mod fingerprint;
mod json_schemas;
// Other programs read specs too, and include this file for themselves.
#[allow(dead_code, unreachable_pub)]
pub(crate) mod openapi;
mod operation;
mod requests;
mod tolerance;
mod types;
mod view;

use bare_or_wrapped::BareOrWrapped;
use enums::OpenEnum;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use quote::quote;
use serde_json::Value;

/// The generated files.
#[derive(Debug)]
pub(crate) struct Generated {
    types: String,
    client: String,
    openapi: String,
}

impl Generated {
    /// The name and the text of each file.
    pub(crate) fn files(&self) -> [(&'static str, &str); 3] {
        [("types.rs", &self.types), ("client.rs", &self.client), ("openapi.json", &self.openapi)]
    }
}

/// Generates the module `generated` from the text of the OpenAPI spec. What progenitor panics at is an error too.
pub(crate) fn generate(spec: &str) -> Result<Generated, String> {
    std::panic::catch_unwind(|| generated(spec)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        let message = first_line(message.unwrap_or("no message"));
        Err(format!("progenitor panics at it: {message}"))
    })
}

/// progenitor's messages end in long dumps of its structures.
fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

fn generated(spec: &str) -> Result<Generated, String> {
    let document: Value = serde_saphyr::from_str(spec).map_err(|error| format!("not valid YAML: {error}"))?;
    let view = view::codegen_view(&document)?;
    let open_enums = enums::find_open(&view);
    let mut items = progenitors_items(&view, &open_enums)?;
    let types = take_types(&mut items)?;
    let types = types::transform(types, &document, &view, &open_enums)?;
    let operations: Vec<_> = openapi::operations(&view).collect();
    let client = client::transform(items, &operations)?;
    let header = format!(
        "// Generated from openapi/engram.yaml by `cargo xtask regen`; do not edit.\n// {}\n\n",
        fingerprint::fingerprint(spec)
    );
    let source = |items: &[syn::Item]| header.clone() + &prettyplease::unparse(&syn::parse_quote!(#(#items)*));
    Ok(Generated { types: source(&types), client: source(&client), openapi: as_json(spec)? })
}

/// The spec as JSON, its members in the order of the YAML.
fn as_json(spec: &str) -> Result<String, String> {
    let json = serde_saphyr::with_deserializer_from_str(spec, |yaml| {
        Ok(serde_json::to_string_pretty(&serde_transcode::Transcoder::new(yaml)))
    });
    let json = json.map_err(|error| format!("not valid YAML: {error}"))?;
    json.map(|json| json + "\n").map_err(|error| format!("not to be written as JSON: {error}"))
}

/// What progenitor makes of the view.
fn progenitors_items(view: &Value, open_enums: &[OpenEnum]) -> Result<Vec<syn::Item>, String> {
    let document: openapiv3::OpenAPI =
        serde_json::from_value(view.clone()).map_err(|error| format!("not a valid OpenAPI 3.0 document: {error}"))?;
    let tokens = Generator::new(&settings(open_enums, &bare_or_wrapped::find(view)))
        .generate_tokens(&document)
        .map_err(|error| format!("progenitor cannot generate code from it: {}", first_line(&error.to_string())))?;
    let file: syn::File =
        syn::parse2(tokens).map_err(|error| format!("progenitor's output does not parse: {error}"))?;
    Ok(file.items)
}

fn settings(open_enums: &[OpenEnum], bare_or_wrapped: &[BareOrWrapped]) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        // Ours are the only operations, so no hooks are implemented.
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote! { Transport })
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq");
    for open_enum in open_enums {
        let name = &open_enum.name;
        settings.with_replacement(name, format!("crate::generated::types::{name}"), std::iter::empty());
    }
    for response in bare_or_wrapped {
        settings.with_replacement(&response.name, response.rust_type(), std::iter::empty());
    }
    settings
}

/// Takes the items of the module `types`.
fn take_types(items: &mut [syn::Item]) -> Result<Vec<syn::Item>, String> {
    let types = items.iter_mut().find_map(|item| match item {
        syn::Item::Mod(module) if module.ident == "types" => module.content.take(),
        _ => None,
    });
    types.map(|(_, items)| items).ok_or_else(|| "progenitor's output has no module `types`".to_owned())
}

#[cfg(test)]
mod tests;
