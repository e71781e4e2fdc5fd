//! What the generated calls do for nothing, left out: headers that the API does not know or that src/hooks.rs sets, and copies of texts.

use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Stmt, Token};

/// The variable in which progenitor collects headers: `api-version`, which it adds to every request, and those of parameters, of which
/// the API has none.
const HEADERS: &str = "header_map";
const FOREIGN_HEADER: &str = "api-version";
/// The field of the generated client.
const BASE_URL: &str = "baseurl";

/// Makes every call do less.
pub(crate) fn make_lean(file: &mut syn::File) {
    LeanCalls.visit_file_mut(file);
}

struct LeanCalls;

impl VisitMut for LeanCalls {
    fn visit_impl_item_fn_mut(&mut self, function: &mut syn::ImplItemFn) {
        if !has_headers_of_its_own(function) {
            function.block.stmts.retain(|statement| !is_about_headers(statement));
            RequestWithoutHeaders.visit_impl_item_fn_mut(function);
        }
        visit_mut::visit_impl_item_fn_mut(self, function);
    }

    /// The client is copied for every call, and its base URL need not be.
    fn visit_field_mut(&mut self, field: &mut syn::Field) {
        // Those of the API's types are public.
        let internal = matches!(field.vis, syn::Visibility::Restricted(_));
        if internal && field.ident.as_ref().is_some_and(|name| name == BASE_URL) {
            field.ty = syn::parse_quote!(::std::sync::Arc<str>);
        }
    }

    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        let expression = &field.expr;
        if quote!(#expression).to_string() == "baseurl . to_string ()" {
            field.expr = syn::parse_quote!(baseurl.into());
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
            *expression = syn::parse_quote!(&#base_url);
        }
    }

    /// `encode_path(&name.to_string())` is `encode_path(name)`, since all that stands in a path is a text.
    fn visit_macro_mut(&mut self, call: &mut syn::Macro) {
        let Ok(mut arguments) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(call.tokens.clone()) else {
            return;
        };
        arguments.iter_mut().for_each(borrow_path_parameter);
        call.tokens = quote!(#arguments);
    }
}

fn is_base_url(field: &syn::ExprField) -> bool {
    matches!(&field.member, syn::Member::Named(name) if name == BASE_URL)
}

fn borrow_path_parameter(argument: &mut Expr) {
    if let Expr::Call(call) = argument
        && quote!(#call).to_string().starts_with("encode_path")
        && let Some(Expr::Reference(reference)) = call.args.first_mut()
        && let Expr::MethodCall(copy) = &*reference.expr
        && copy.method == "to_string"
    {
        *argument = {
            let name = &copy.receiver;
            syn::parse_quote!(encode_path(#name))
        };
    }
}

fn is_about_headers(statement: &Stmt) -> bool {
    let text = quote!(#statement).to_string();
    text.starts_with(&format!("let mut {HEADERS} ")) || text.starts_with(&format!("{HEADERS} . append"))
}

/// Whether the call has headers from parameters too.
fn has_headers_of_its_own(function: &syn::ImplItemFn) -> bool {
    let adds = |statement: &&Stmt| is_about_headers(statement) && quote!(#statement).to_string().contains("append");
    function.block.stmts.iter().filter(adds).any(|statement| !quote!(#statement).to_string().contains(FOREIGN_HEADER))
}

/// Takes `.headers(header_map)` and `.header(ACCEPT, …)` out of a chain of calls.
struct RequestWithoutHeaders;

impl VisitMut for RequestWithoutHeaders {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if let Expr::MethodCall(call) = expression
            && (call.method == "headers" || is_accept(call))
        {
            *expression = (*call.receiver).clone();
        }
    }
}

/// What a call accepts is set by its hook.
fn is_accept(call: &syn::ExprMethodCall) -> bool {
    let name = call.args.first().map(|name| quote!(#name).to_string());
    call.method == "header" && name.is_some_and(|name| name.ends_with("ACCEPT"))
}
