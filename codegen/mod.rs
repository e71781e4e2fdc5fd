//! The generator: OpenAPI description in, Rust source out. Used by `build.rs` (feature `codegen`) and by `cargo xtask`.
//!
//! progenitor does the work. What is done around it is generic, driven by the description alone: before, a view of the
//! description that progenitor handles well ([`view`]); after, answer types that are tolerant and can grow ([`answers`],
//! [`decoding`]), calls that copy less ([`calls`]), bodies that carry unknown fields ([`requests`]), enums that take unknown values
//! ([`open_enums`]) and JSON Schemas of all of them ([`schemas`]).

mod answers;
mod calls;
mod decoding;
mod fingerprint;
mod open_enums;
mod requests;
mod schemas;
mod view;

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use quote::quote;
use serde_json::Value;

/// Generates the module `generated` from the text of the OpenAPI description. What progenitor panics at is an error too.
pub(crate) fn generate(spec: &str) -> Result<String, String> {
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

fn generated(spec: &str) -> Result<String, String> {
    let spec_value: Value = serde_saphyr::from_str(spec).map_err(|error| format!("not valid YAML: {error}"))?;
    let view = view::codegen_view(&spec_value)?;
    let document: openapiv3::OpenAPI = serde_json::from_value(view.clone())
        .map_err(|error| format!("not a valid OpenAPI 3.0 description: {error}"))?;

    let open_enums = open_enums::find(&view);
    let bare_or_wrapped = answers::find_bare_or_wrapped(&view);
    let tokens = Generator::new(&settings(&open_enums, &bare_or_wrapped))
        .generate_tokens(&document)
        .map_err(|error| format!("progenitor cannot generate code from it: {}", first_line(&error.to_string())))?;

    let mut file: syn::File =
        syn::parse2(tokens).map_err(|error| format!("progenitor's output does not parse: {error}"))?;
    remove_panicking_constructor(&mut file);
    use_own_path_encoding(&mut file);
    calls::make_lean(&mut file);
    let types = types_module(&mut file)?;
    answers::make_tolerant(types, &spec_value, &view)?;
    answers::document_references(types, &view);
    schemas::derive(types);
    for open_enum in &open_enums {
        types.extend(open_enum.items()?);
    }
    Ok(format!(
        "// Generated from openapi/engram.yaml by `cargo xtask regen`; do not edit.\n// {}\n\n{}",
        fingerprint::fingerprint(spec),
        prettyplease::unparse(&file)
    ))
}

fn settings(open_enums: &[open_enums::OpenEnum], bare_or_wrapped: &[answers::BareOrWrapped]) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote! { crate::hooks::Inner })
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq");
    for open_enum in open_enums {
        let name = &open_enum.name;
        settings.with_replacement(name, format!("crate::generated::types::{name}"), std::iter::empty());
    }
    for answer in bare_or_wrapped {
        settings.with_replacement(&answer.name, answer.rust_type(), std::iter::empty());
    }
    settings
}

/// The items of the generated module `types`.
fn types_module(file: &mut syn::File) -> Result<&mut Vec<syn::Item>, String> {
    file.items
        .iter_mut()
        .find_map(|item| match item {
            syn::Item::Mod(module) if module.ident == "types" => Some(&mut module.content.as_mut()?.1),
            _ => None,
        })
        .ok_or_else(|| "progenitor's output has no module `types`".to_owned())
}

/// progenitor's `Client::new` builds its own HTTP client and panics where that fails. Ours is built in `src/config.rs`.
fn remove_panicking_constructor(file: &mut syn::File) {
    for item in &mut file.items {
        if let syn::Item::Impl(implementation) = item {
            implementation
                .items
                .retain(|item| !matches!(item, syn::ImplItem::Fn(function) if function.sig.ident == "new"));
        }
    }
}

/// progenitor's `encode_path` leaves the backslash as it is, which the `url` crate reads as another path separator, and it
/// lets `.` and `..` through. `src/path.rs` has a safe one.
fn use_own_path_encoding(file: &mut syn::File) {
    for item in &mut file.items {
        if let syn::Item::Use(import) = item
            && let syn::UseTree::Path(path) = &mut import.tree
            && let syn::UseTree::Group(group) = &mut *path.tree
        {
            let kept = std::mem::take(&mut group.items).into_iter();
            group.items = kept.filter(|name| quote!(#name).to_string() != "encode_path").collect();
        }
    }
    file.items.insert(0, syn::parse_quote! { use crate::path::encode_path; });
}

#[cfg(test)]
mod tests;
