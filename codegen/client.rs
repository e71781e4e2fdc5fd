//! The file of the client: progenitor's `Client`, with operations that make a call and hand it to the transport.

use quote::format_ident;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ImplItem, Item, ItemImpl, parse_quote};

use super::openapi;
use super::operation::{Operation, Reading};

/// The field of the generated client.
const BASE_URL: &str = "baseurl";

/// Changes progenitor's items outside its module `types`.
pub(crate) fn transform(items: Vec<Item>, operations: &[openapi::Operation<'_>]) -> Result<Vec<Item>, String> {
    let (mut client, mut endpoints, mut imports) = (Vec::new(), Vec::new(), Imports::default());
    for item in items {
        match item {
            // Imports are our own, `prelude` is for other layouts of a crate, and the constant checks that hooks are implemented.
            Item::Use(_) | Item::Mod(_) | Item::Const(_) => {}
            Item::Impl(block) if block.trait_.is_none() => {
                let block = transform_methods(block, operations, &mut endpoints, &mut imports)?;
                client.push(Item::Impl(block));
            }
            item => client.push(item),
        }
    }
    client.iter_mut().for_each(|item| ShareBaseUrl.visit_item_mut(item));
    Ok([imports.items(), endpoints, client].concat())
}

/// Replaces the operations among the methods of the client.
fn transform_methods(
    mut block: ItemImpl,
    operations: &[openapi::Operation<'_>],
    endpoints: &mut Vec<Item>,
    imports: &mut Imports,
) -> Result<ItemImpl, String> {
    for item in std::mem::take(&mut block.items) {
        match item {
            ImplItem::Fn(method) if method.sig.asyncness.is_some() => {
                let operation = Operation::parse(method, operations)?;
                imports.note(&operation);
                endpoints.push(operation.endpoint());
                block.items.extend(operation.methods());
            }
            // It builds its own HTTP client and panics where that fails. Ours is built by hand.
            ImplItem::Fn(method) if method.sig.ident == "new" => {}
            item => block.items.push(item),
        }
    }
    Ok(block)
}

/// What the operations use.
#[derive(Default)]
struct Imports {
    readings: Vec<Reading>,
    encode_path: bool,
}

impl Imports {
    fn note(&mut self, operation: &Operation) {
        self.readings.push(operation.reading);
        self.encode_path |= operation.encodes_path;
    }

    fn items(&self) -> Vec<Item> {
        let names = [
            ("Call", None),
            ("Empty", Some(Reading::Empty)),
            ("Endpoint", None),
            ("Json", Some(Reading::Json)),
            ("Streamed", Some(Reading::Streamed)),
            ("Transport", None),
        ];
        let used = names.iter().filter(|(_, reading)| reading.is_none_or(|reading| self.readings.contains(&reading)));
        let used = used.map(|(name, _)| format_ident!("{name}"));
        let mut items = vec![
            parse_quote! {
                #[allow(unused_imports)]
                pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
            },
            parse_quote!(
                use crate::generated::types;
            ),
            parse_quote!(use crate::transport::{#(#used),*};),
        ];
        // progenitor's `encode_path` leaves the backslash as it is, which the `url` crate reads as another path separator, and it
        // lets `.` and `..` through.
        if self.encode_path {
            items.push(parse_quote!(
                use crate::wire::encode_path;
            ));
        }
        items
    }
}

/// The client is cloned for every call, and its base URL need not be copied.
struct ShareBaseUrl;

impl VisitMut for ShareBaseUrl {
    fn visit_field_mut(&mut self, field: &mut syn::Field) {
        if field.ident.as_ref().is_some_and(|name| name == BASE_URL) {
            field.ty = parse_quote!(::std::sync::Arc<str>);
        }
    }

    /// `baseurl: baseurl.to_string()` becomes `baseurl: baseurl.into()`.
    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        if let Expr::MethodCall(copy) = &mut field.expr
            && copy.method == "to_string"
            && matches!(&*copy.receiver, Expr::Path(name) if name.path.is_ident(BASE_URL))
        {
            copy.method = parse_quote!(into);
        }
    }

    /// `self.baseurl.as_str()` becomes `&self.baseurl`.
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if let Expr::MethodCall(call) = expression
            && call.method == "as_str"
            && matches!(&*call.receiver, Expr::Field(field) if is_base_url(field))
        {
            let base_url = &call.receiver;
            *expression = parse_quote!(&#base_url);
        }
    }
}

fn is_base_url(field: &syn::ExprField) -> bool {
    matches!(&field.member, syn::Member::Named(name) if name == BASE_URL)
}
