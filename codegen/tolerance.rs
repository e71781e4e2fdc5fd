//! Makes the types of responses tolerant and able to grow, whatever progenitor's defaults are.

use syn::parse_quote;
use syn::punctuated::Punctuated;

use serde_json::Value;

use super::decoding;
use super::openapi::is_open;

/// Changes a struct of responses: it may gain fields without breaking callers, keeps the fields that it does not know, and is decoded
/// leniently. Returns the implementations of its decoding.
pub(crate) fn make_tolerant(item: &mut syn::ItemStruct, schema: &Value) -> Result<Vec<syn::Item>, String> {
    let decoding = decoding::items(item, schema)?;
    let mut derives = derives(item)?;
    derives.retain(|derive| !is_named(derive, "Deserialize"));
    if !derives.iter().any(|derive| is_named(derive, "Default")) {
        derives.push(parse_quote!(Default));
    }
    item.attrs.retain(|attribute| !attribute.path().is_ident("derive"));
    item.attrs.push(parse_quote!(#[derive(#(#derives),*)]));
    item.attrs.push(parse_quote!(#[non_exhaustive]));
    if let (true, syn::Fields::Named(fields)) = (is_open(schema), &mut item.fields) {
        fields.named.push(unknown_fields());
    }
    Ok(decoding)
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
