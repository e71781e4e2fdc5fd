//! With the feature `schemars` of the client: the JSON Schemas of its types.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

/// Derives the schema of every type that is sent or received.
pub(crate) fn derive(types: &mut [syn::Item]) {
    for item in types {
        let attributes = match item {
            syn::Item::Struct(item) => &mut item.attrs,
            syn::Item::Enum(item) => &mut item.attrs,
            _ => continue,
        };
        let derives = attributes.iter().position(|attribute| attribute.path().is_ident("derive"));
        attributes.insert(derives.map_or(0, |index| index + 1), derived());
    }
}

fn derived() -> syn::Attribute {
    parse_quote!(#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))])
}

/// The schema of a text that has known values and may have others.
pub(crate) fn of_open_enum(name: &syn::Ident, description: &str, values: &[String]) -> TokenStream {
    let text = name.to_string();
    quote! {
        #[cfg(feature = "schemars")]
        impl ::schemars::JsonSchema for #name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                #text.into()
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", #text).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({ "type": "string", "description": #description, "examples": [#(#values),*] })
            }
        }
    }
}
