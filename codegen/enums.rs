//! Enums: those of responses (`x-extensible-enum`) keep a value that they do not know, and all may gain variants.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::parse_quote;

use super::json_schemas;
use super::openapi::{components, elements};

/// A schema of type string with `x-extensible-enum`.
pub(crate) struct OpenEnum {
    pub(crate) name: String,
    description: String,
    values: Vec<String>,
}

/// All open enums among the component schemas.
pub(crate) fn find_open(document: &Value) -> Vec<OpenEnum> {
    let extensible = components(document).filter(|(_, schema)| schema["x-extensible-enum"].is_array());
    let found = extensible.map(|(name, schema)| OpenEnum {
        name: name.to_owned(),
        description: schema["description"].as_str().unwrap_or_default().trim().to_owned(),
        values: elements(&schema["x-extensible-enum"]).filter_map(Value::as_str).map(str::to_owned).collect(),
    });
    found.collect()
}

/// Lets a list of values that requests choose from (`enum`) grow without breaking callers who match on it.
pub(crate) fn let_grow(item: &mut syn::ItemEnum) {
    let is_list = item.variants.iter().all(|variant| matches!(variant.fields, syn::Fields::Unit));
    if is_list {
        item.attrs.push(parse_quote!(#[non_exhaustive]));
    }
}

impl OpenEnum {
    /// The enum and its conversions from and to text.
    pub(crate) fn items(&self) -> Result<Vec<syn::Item>, String> {
        let name = format_ident!("{}", self.name);
        let description = &self.description;
        let values = &self.values;
        let variants: Vec<_> = values.iter().map(|value| format_ident!("{}", pascal_case(value))).collect();
        let value_docs = values.iter().map(|value| format!("`{value}`"));
        let schema = json_schemas::of_open_enum(&name, description, values);
        let tokens = quote! {
            #[doc = #description]
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
            #[non_exhaustive]
            pub enum #name {
                #(#[doc = #value_docs] #variants,)*
                /// A value that this version does not know, as it was sent.
                Unknown(::std::string::String),
            }

            impl #name {
                /// The value as it is sent.
                pub fn as_str(&self) -> &str {
                    match self {
                        #(Self::#variants => #values,)*
                        Self::Unknown(value) => value,
                    }
                }
            }

            impl ::std::convert::From<::std::string::String> for #name {
                fn from(value: ::std::string::String) -> Self {
                    match value.as_str() {
                        #(#values => Self::#variants,)*
                        _ => Self::Unknown(value),
                    }
                }
            }

            impl ::std::convert::From<&str> for #name {
                fn from(value: &str) -> Self {
                    Self::from(value.to_owned())
                }
            }

            impl ::std::fmt::Display for #name {
                fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    formatter.write_str(self.as_str())
                }
            }

            impl ::serde::Serialize for #name {
                fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }

            impl<'de> ::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                    <::std::string::String as ::serde::Deserialize>::deserialize(deserializer).map(Self::from)
                }
            }

            #schema
        };
        parse_items(tokens)
    }
}

fn parse_items(tokens: TokenStream) -> Result<Vec<syn::Item>, String> {
    syn::parse2::<syn::File>(tokens)
        .map(|file| file.items)
        .map_err(|error| format!("an open enum does not parse: {error}"))
}

fn pascal_case(value: &str) -> String {
    value
        .split(|character: char| !character.is_ascii_alphanumeric())
        .flat_map(|word| {
            let (head, tail) = word.split_at(word.len().min(1));
            [head.to_ascii_uppercase(), tail.to_owned()]
        })
        .collect()
}
