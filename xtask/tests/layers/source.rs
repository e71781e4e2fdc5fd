//! What the text of one module says: the modules it declares, what it imports, and every path in its code, macros included.

use std::collections::HashSet;

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, Item, ItemUse, LitStr, Stmt, Token, UseTree, Visibility, token};

pub(crate) type Path = Vec<String>;

#[derive(Default)]
pub(crate) struct Source {
    pub(crate) modules: Vec<(String, Body)>,
    /// The `mod x;` under `#[cfg(test)]`.
    pub(crate) test_modules: Vec<String>,
    pub(crate) imports: Vec<Import>,
    /// The paths outside `use`.
    pub(crate) paths: Vec<Path>,
    /// The names of the items.
    pub(crate) defined: HashSet<String>,
}

pub(crate) enum Body {
    Inline(Source),
    /// With the value of `#[path]`.
    File(Option<String>),
}

pub(crate) struct Import {
    pub(crate) path: Path,
    /// `None` for a glob.
    pub(crate) name: Option<String>,
    pub(crate) reexported: bool,
}

pub(crate) fn read(text: &str) -> syn::Result<Source> {
    module.parse_str(text)
}

fn module(input: ParseStream) -> syn::Result<Source> {
    let mut source = Source::default();
    scan(input, &mut source, true)?;
    Ok(source)
}

/// Reads tokens, not syntax: macro invocations have no other.
fn scan(input: ParseStream, source: &mut Source, of_module: bool) -> syn::Result<()> {
    let mut path_attribute = None;
    while !input.is_empty() {
        if input.peek(Token![#])
            && let Some(attributes) = attempt(input, attributes)
        {
            if attributes.iter().any(is_for_tests) {
                skip(input, source)?;
                continue;
            }
            for attribute in attributes.iter().filter(|attribute| !attribute.path().is_ident("doc")) {
                let tokens = attribute.meta.clone();
                path_attribute = path_value(attribute).or(path_attribute);
                (|inner: ParseStream| scan(inner, source, false)).parse2(quote::quote!(#tokens))?;
            }
        } else if (input.peek(Token![use]) || input.peek(Token![pub]))
            && let Some(import) = attempt(input, |input| input.parse::<ItemUse>())
        {
            let reexported = !matches!(import.vis, Visibility::Inherited);
            flatten(&import.tree, &mut Vec::new(), reexported, &mut source.imports);
        } else if input.peek(Token![pub]) {
            input.parse::<Visibility>()?; // `pub(in crate::a)` imports nothing.
        } else if input.peek(Token![mod])
            && let Some(name) = attempt(input, declared_module)
        {
            let body = match attempt(input, |input| input.parse::<Token![;]>()) {
                Some(_) => Body::File(path_attribute.take()),
                None => Body::Inline(braced(input)?),
            };
            source.modules.push((name, body));
        } else if of_module
            && input.peek(Ident::peek_any)
            && let Some(name) = attempt(input, defined_name)
        {
            source.defined.insert(name);
        } else if input.peek(Token![::]) || input.peek(Token![.]) {
            // What follows belongs to a value, a type or another crate.
            if attempt(input, |input| input.parse::<Token![::]>()).is_none() {
                input.parse::<Token![.]>()?;
            }
            if input.peek(Ident::peek_any) && !input.peek2(Token![::]) {
                input.parse::<TokenTree>()?;
            } else if input.peek(Ident) {
                path(input)?;
            }
        } else if input.peek(Ident::peek_any) {
            let path = path(input)?;
            let is_type = path[0].starts_with(char::is_uppercase);
            if path.len() > 1 || is_type || input.peek(token::Paren) || input.peek(Token![!]) {
                source.paths.push(path);
            }
        } else if input.peek(LitStr) {
            source.paths.extend(path_in(&input.parse()?)); // As in `#[serde(with = "crate::a")]`.
        } else if let TokenTree::Group(group) = input.parse()? {
            (|inner: ParseStream| scan(inner, source, false)).parse2(group.stream())?;
        }
    }
    Ok(())
}

fn attempt<T>(input: ParseStream, parse: impl Fn(ParseStream) -> syn::Result<T>) -> Option<T> {
    let fork = input.fork();
    let parsed = parse(&fork).ok()?;
    input.advance_to(&fork);
    Some(parsed)
}

fn attributes(input: ParseStream) -> syn::Result<Vec<Attribute>> {
    let mut attributes = Attribute::parse_inner(input)?;
    attributes.extend(Attribute::parse_outer(input)?);
    if attributes.is_empty() { Err(input.error("no attribute")) } else { Ok(attributes) }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    let meta = &attribute.meta;
    let meta = quote::quote!(#meta).to_string().replace(' ', "");
    meta == "cfg(test)" || meta.starts_with("cfg(all(test,")
}

fn path_value(attribute: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(value), .. }) = &pair.value else { return None };
    pair.path.is_ident("path").then(|| value.value())
}

/// Skips an item or a statement, or else a field, a variant or an arm.
fn skip(input: ParseStream, source: &mut Source) -> syn::Result<()> {
    if let Some(statement) = attempt(input, |input| input.parse::<Stmt>()) {
        if let Stmt::Item(Item::Mod(module)) = statement {
            source.test_modules.push(module.ident.unraw().to_string());
        }
        return Ok(());
    }
    while !input.is_empty() {
        let at_end = input.peek(Token![,]) || input.peek(token::Brace);
        input.parse::<TokenTree>()?;
        if at_end {
            break;
        }
    }
    Ok(())
}

fn flatten(tree: &UseTree, prefix: &mut Path, reexported: bool, imports: &mut Vec<Import>) {
    let (last, name) = match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.unraw().to_string());
            flatten(&path.tree, prefix, reexported, imports);
            prefix.pop();
            return;
        }
        UseTree::Group(group) => {
            return group.items.iter().for_each(|tree| flatten(tree, prefix, reexported, imports));
        }
        UseTree::Glob(_) => (None, None),
        UseTree::Name(name) => (Some(&name.ident), Some(&name.ident)),
        UseTree::Rename(rename) => (Some(&rename.ident), Some(&rename.rename)),
    };
    let mut path = prefix.clone();
    path.extend(last.filter(|last| *last != "self" || prefix.is_empty()).map(|last| last.unraw().to_string()));
    let name = name.map(|name| if name == "self" { path[path.len() - 1].clone() } else { name.unraw().to_string() });
    imports.push(Import { path, name, reexported });
}

fn declared_module(input: ParseStream) -> syn::Result<String> {
    input.parse::<Token![mod]>()?;
    let name: Ident = input.parse()?;
    if input.peek(Token![;]) || input.peek(token::Brace) {
        Ok(name.unraw().to_string())
    } else {
        Err(input.error("no module"))
    }
}

fn braced(input: ParseStream) -> syn::Result<Source> {
    let content;
    syn::braced!(content in input);
    module(&content)
}

fn defined_name(input: ParseStream) -> syn::Result<String> {
    let keyword = Ident::parse_any(input)?.to_string();
    match keyword.as_str() {
        "macro_rules" => drop(input.parse::<Token![!]>()?),
        "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static" => {}
        _ => return Err(input.error("no item")),
    }
    Ok(input.parse::<Ident>()?.unraw().to_string())
}

fn path(input: ParseStream) -> syn::Result<Path> {
    let mut path = vec![Ident::parse_any(input)?.unraw().to_string()];
    while input.peek(Token![::]) && input.peek3(Ident::peek_any) {
        input.parse::<Token![::]>()?;
        path.push(Ident::parse_any(input)?.unraw().to_string());
    }
    Ok(path)
}

fn path_in(text: &LitStr) -> Option<Path> {
    let text = text.value();
    if text.starts_with("crate::") || text.starts_with("super::") { path.parse_str(&text).ok() } else { None }
}
