//! Lets the body of a request carry fields that the spec does not know.

use quote::quote;
use serde_json::Value;
use syn::parse_quote;

use super::openapi::{is_open, is_required, members};

/// Adds the map of such fields to a struct whose schema takes them, and returns what tells them from the fields of the spec.
pub(crate) fn make_extensible(item: &mut syn::ItemStruct, schema: &Value) -> Option<syn::Item> {
    let (true, syn::Fields::Named(fields)) = (is_open(schema), &mut item.fields) else { return None };
    fields.named.push(further_fields());
    let name = &item.ident;
    let names = members(&schema["properties"]).map(|(name, _)| name);
    let (required, optional): (Vec<_>, Vec<_>) = names.partition(|name| is_required(schema, name));
    let tokens = quote! {
        impl crate::wire::ExtensibleBody for #name {
            const REQUIRED: &'static [&'static str] = &[#(#required),*];
            const OPTIONAL: &'static [&'static str] = &[#(#optional),*];

            fn extra(&self) -> &::serde_json::Map<::std::string::String, ::serde_json::Value> {
                &self.extra
            }
        }
    };
    Some(parse_quote!(#tokens))
}

fn further_fields() -> syn::Field {
    parse_quote! {
        /// Further fields to send, which this version of the client does not know. None may have the name of another field
        /// here: it would be sent twice.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>
    }
}
