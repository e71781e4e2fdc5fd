//! What lets the body of a request carry fields that the description does not know.

use quote::quote;
use serde_json::Value;
use syn::parse_quote;

use super::answers::keeps_unknown;

/// Adds the map of such fields to a struct whose schema takes them, and returns what tells them from the fields of the description.
pub(crate) fn make_extensible(item: &mut syn::ItemStruct, schema: &Value) -> Option<syn::Item> {
    let (true, syn::Fields::Named(fields)) = (keeps_unknown(schema), &mut item.fields) else { return None };
    fields.named.push(further_fields());
    let name = &item.ident;
    let is_required = |name: &&str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let names = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let (required, optional): (Vec<_>, Vec<_>) = names.partition(is_required);
    let tokens = quote! {
        impl crate::requests::ExtensibleBody for #name {
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
        /// Further fields to send, which the description does not know. None may have the name of another field here: it would
        /// be sent twice.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>
    }
}
