//! How the types of responses are decoded: whatever `src/wire/` takes for each of their properties.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::openapi::{aliases, is_open, is_required};
use super::view::NULL_IS_EMPTY;

/// A field and the property that it holds.
struct Field<'a> {
    ident: &'a syn::Ident,
    name: String,
    /// Where the property is kept until all members are read.
    variable: syn::Ident,
    field_type: &'a syn::Type,
    property: &'a Value,
    is_needed: bool,
}

/// The implementations of `Deserialize` for a struct, whose schema this is.
pub(crate) fn items(item: &syn::ItemStruct, schema: &Value) -> Result<Vec<syn::Item>, String> {
    let fields = item.fields.iter().map(|field| Field::new(field, schema)).collect::<Result<Vec<_>, _>>()?;
    let tokens = implementations(&item.ident, &fields, schema);
    syn::parse2::<syn::File>(tokens)
        .map(|file| file.items)
        .map_err(|error| format!("the decoding of {} does not parse: {error}", item.ident))
}

impl<'a> Field<'a> {
    fn new(field: &'a syn::Field, schema: &'a Value) -> Result<Self, String> {
        let ident = field.ident.as_ref().ok_or("a field has no name")?;
        let name = renamed(field)?.unwrap_or_else(|| ident.to_string());
        let variable = format_ident!("{ident}_property");
        let is_needed = is_required(schema, &name);
        let property = &schema["properties"][&name];
        Ok(Self { ident, name, variable, field_type: &field.ty, property, is_needed })
    }

    fn type_is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| last_segment(self.field_type).is_some_and(|segment| segment.ident == name))
    }

    /// Whether it holds one of these types, or none of it.
    fn holds(&self, types: &[&str]) -> bool {
        let held = last_segment(self.field_type).and_then(|segment| match &segment.arguments {
            syn::PathArguments::AngleBracketed(arguments) => arguments.args.first(),
            _ => None,
        });
        let held = match held {
            Some(syn::GenericArgument::Type(held)) if self.type_is(&["Option"]) => held,
            _ => self.field_type,
        };
        last_segment(held).is_some_and(|segment| types.iter().any(|name| segment.ident == name))
    }

    fn read(&self) -> TokenStream {
        let Self { variable, name, .. } = self;
        if self.holds(&["i64", "f64"]) {
            quote! { #name => #variable = crate::wire::number(&mut members)?, }
        } else if self.holds(&["String"]) && is_id_or_time(name) {
            quote! { #name => #variable = crate::wire::text(&mut members)?, }
        } else {
            quote! { #name => #variable = members.next_value()?, }
        }
    }

    fn value(&self) -> TokenStream {
        let Self { ident, variable, name, .. } = self;
        let may_be_null = self.type_is(&["Vec", "BTreeMap", "Map", "Value"]) || self.property[NULL_IS_EMPTY] == true;
        match self.is_needed {
            _ if self.type_is(&["Option"]) => quote! { #ident: #variable.optional(), },
            true if may_be_null => quote! { #ident: #variable.needed_or_null(#name)?, },
            true => quote! { #ident: #variable.needed(#name)?, },
            false => quote! { #ident: #variable.or_default(), },
        }
    }

    fn take_alias(&self) -> Option<TokenStream> {
        let (variable, aliases) = (&self.variable, aliases(self.property).collect::<Vec<_>>());
        (!aliases.is_empty()).then(|| quote! { #variable.or_alias(&mut unknown, &[#(#aliases),*])?; })
    }

    /// Where this property mirrors another one, the other one takes its value.
    fn fill_mirrored(&self, fields: &[Field<'_>]) -> Option<TokenStream> {
        let mirrored = fields.iter().find(|field| self.property["x-mirror-of"] == field.name.as_str())?;
        let (mirror, variable) = (&self.variable, &mirrored.variable);
        Some(match mirrored.type_is(&["String"]) {
            true => quote! { #variable.or_mirrored_name(&#mirror); },
            false => quote! { #variable.or_mirror(&#mirror); },
        })
    }
}

/// Whether a number under this name is as good as its text.
fn is_id_or_time(name: &str) -> bool {
    name == "id" || name.ends_with("_id") || name.ends_with("_at")
}

fn implementations(name: &syn::Ident, fields: &[Field<'_>], schema: &Value) -> TokenStream {
    let variables = fields.iter().map(|field| &field.variable);
    let reads = fields.iter().map(Field::read);
    let aliases: Vec<_> = fields.iter().filter_map(Field::take_alias).collect();
    let mirrors = fields.iter().filter_map(|field| field.fill_mirrored(fields));
    let values = fields.iter().map(Field::value);
    let (keep, unknown, extra) = match is_open(schema) {
        false if aliases.is_empty() => {
            (quote! {}, quote! { _ => { members.next_value::<::serde::de::IgnoredAny>()?; } }, quote! {})
        }
        keeps => (
            quote! { let mut unknown = ::serde_json::Map::new(); },
            quote! { _ => { unknown.insert(name.0.into_owned(), members.next_value()?); } },
            if keeps {
                quote! { extra: unknown, }
            } else {
                quote! {}
            },
        ),
    };
    quote! {
        impl<'de> ::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                crate::wire::read_object(deserializer)
            }
        }

        impl crate::wire::Object for #name {
            fn read<'de, A: ::serde::de::MapAccess<'de>>(mut members: A) -> ::std::result::Result<Self, A::Error> {
                #(let mut #variables = crate::wire::Property::Absent;)*
                #keep
                while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
                    match &*name.0 {
                        #(#reads)*
                        #unknown
                    }
                }
                #(#aliases)*
                #(#mirrors)*
                Ok(Self { #(#values)* #extra })
            }
        }
    }
}

/// The name that the field has in JSON, where it is another one.
fn renamed(field: &syn::Field) -> Result<Option<String>, String> {
    let mut renamed = None;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let read = attribute.parse_nested_meta(|meta| {
            if meta.input.peek(syn::Token![=]) {
                let value: syn::LitStr = meta.value()?.parse()?;
                if meta.path.is_ident("rename") {
                    renamed = Some(value.value());
                }
            }
            Ok(())
        });
        read.map_err(|error| format!("an attribute of a field does not parse: {error}"))?;
    }
    Ok(renamed)
}

fn last_segment(path: &syn::Type) -> Option<&syn::PathSegment> {
    match path {
        syn::Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}
