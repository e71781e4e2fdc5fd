//! The file of the client: progenitor's `Client`, with operations that make a call and hand it to the transport.

use quote::format_ident;
use syn::{ImplItem, Item, ItemImpl, parse_quote};

use super::openapi;
use super::operation::{Operation, Reading};

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
