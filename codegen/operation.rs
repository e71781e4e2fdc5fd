//! One operation of the generated client: progenitor's method is taken apart, and what is needed of it becomes a constant and two
//! methods. progenitor does not promise the shape of its code, so whatever is not as expected is an error.

use proc_macro2::Span;
use quote::{format_ident, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Arm, Attribute, Expr, ExprMethodCall, FnArg, Ident, ImplItemFn, Local, Macro, Pat, Stmt, Token, Type};

use super::openapi::{self, JSON};

/// The variable in which progenitor collects headers.
const HEADERS: &str = "header_map";
/// progenitor adds it to every request; the API does not know it.
const FOREIGN_HEADER: &str = "api-version";
/// The methods that a request is built with, beside those that are named like methods of HTTP.
const BUILDERS: [&str; 3] = ["build", "headers", "query"];
/// The methods of progenitor's client that call hooks, in their order. The transport takes their place.
const HOOKS: [&str; 3] = ["pre", "exec", "post"];

/// What is unexpected in progenitor's output.
type Unexpected = String;

/// How a response is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Json,
    Empty,
    Streamed,
}

/// What a method of progenitor's client does.
pub(crate) struct Operation {
    name: Ident,
    endpoint: Endpoint,
    docs: Vec<Attribute>,
    parameters: Punctuated<FnArg, Token![,]>,
    generics: syn::Generics,
    /// What is read from the response.
    output: Type,
    error: Type,
    url: Local,
    /// The statements that collect headers of parameters.
    headers: Vec<Stmt>,
    /// The builder of the request, up to and with `.build()?`.
    request: Expr,
    /// The argument of `.json(…)`.
    body: Option<Expr>,
    pub(crate) reading: Reading,
    pub(crate) encodes_path: bool,
}

/// What the spec says of an operation.
struct Endpoint {
    id: String,
    accept: String,
}

impl Operation {
    /// Takes the method apart.
    pub(crate) fn parse(method: ImplItemFn, operations: &[openapi::Operation<'_>]) -> Result<Self, String> {
        let name = method.sig.ident.clone();
        Self::try_parse(method, operations).map_err(|unexpected| {
            format!("progenitor's code for the operation {name} is not as expected: {unexpected}")
        })
    }

    fn try_parse(method: ImplItemFn, operations: &[openapi::Operation<'_>]) -> Result<Self, Unexpected> {
        let ImplItemFn { attrs, sig, block, .. } = method;
        let (output, error) = outcome(&sig.output).ok_or("it does not return `Result<ResponseValue<…>, …>`")?;
        let mut statements = block.stmts.into_iter();
        let mut url = local(statements.next(), "the URL")?;
        let encodes_path = borrow_path_parameters(&mut url)?;
        let (headers, request) = take_request(&mut statements)?;
        let (request, body) = lean_request(request, !headers.is_empty())?;
        expect_hooks(&mut statements)?;
        let reading = take_reading(&mut statements)?;
        Ok(Self {
            endpoint: Endpoint::find(&sig.ident, operations)?,
            name: sig.ident,
            docs: attrs,
            parameters: sig.inputs,
            generics: sig.generics,
            output,
            error,
            url,
            headers,
            request,
            body,
            reading,
            encodes_path,
        })
    }

    /// The constant that says what the operation is.
    pub(crate) fn endpoint(&self) -> syn::Item {
        let Endpoint { id, accept } = &self.endpoint;
        let constant = self.constant();
        syn::parse_quote! {
            pub(crate) const #constant: Endpoint =
                Endpoint { operation_id: #id, accept: #accept };
        }
    }

    fn constant(&self) -> Ident {
        Ident::new(&self.name.to_string().to_uppercase(), Span::call_site())
    }

    /// The method that makes the call, and the one that runs it.
    pub(crate) fn methods(&self) -> [syn::ImplItem; 2] {
        let Self { name, docs, parameters, generics, output, error, url, headers, request, body, .. } = self;
        let (call, constant) = (format_ident!("{name}_call"), self.constant());
        let arguments = parameters.iter().filter_map(|parameter| match parameter {
            FnArg::Typed(parameter) => Some(&parameter.pat),
            FnArg::Receiver(_) => None,
        });
        let reading: Type = match self.reading {
            Reading::Json => syn::parse_quote!(Json<#output>),
            Reading::Empty => syn::parse_quote!(Empty),
            Reading::Streamed => syn::parse_quote!(Streamed),
        };
        let made: Expr = match body {
            Some(body) => syn::parse_quote!(Call::json(&#constant, request, #body)),
            None => syn::parse_quote!(Ok(Call::new(&#constant, request))),
        };
        let doc = format!(" The call that [`{name}`](Self::{name}) runs.");
        let making = syn::parse_quote! {
            #[doc = #doc]
            pub(crate) fn #call #generics (#parameters) -> Result<Call<#reading>, #error> {
                #url
                #(#headers)*
                let request = #request;
                #made
            }
        };
        let running = syn::parse_quote! {
            #(#docs)*
            pub async fn #name #generics (#parameters) -> Result<ResponseValue<#output>, #error> {
                self.run(self.#call(#(#arguments),*)?).await
            }
        };
        [making, running]
    }
}

impl Endpoint {
    fn find(name: &Ident, operations: &[openapi::Operation<'_>]) -> Result<Self, Unexpected> {
        let operation = operations
            .iter()
            .find(|operation| operation.id().is_some_and(|id| name == id))
            .ok_or("no operation has its name as `operationId`; write it in snake case")?;
        let content = operation.successes().flat_map(|response| openapi::members(&response["content"]));
        let accept = content.map(|(media_type, _)| media_type).next().unwrap_or(JSON);
        Ok(Self { id: name.to_string(), accept: accept.to_owned() })
    }
}

/// `T` and `E` of a return type `Result<ResponseValue<T>, E>`.
fn outcome(output: &syn::ReturnType) -> Option<(Type, Type)> {
    let syn::ReturnType::Type(_, output) = output else { return None };
    let [value, error] = arguments_of(output, "Result")?.try_into().ok()?;
    let [read] = arguments_of(&value, "ResponseValue")?.try_into().ok()?;
    Some((read, error))
}

/// The arguments of a generic type of this name.
fn arguments_of(generic: &Type, name: &str) -> Option<Vec<Type>> {
    let Type::Path(path) = generic else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    let types = arguments.args.iter().map(|argument| match argument {
        syn::GenericArgument::Type(argument) => Some(argument.clone()),
        _ => None,
    });
    types.collect()
}

/// The statement, which must be a `let`.
fn local(statement: Option<Stmt>, what: &str) -> Result<Local, Unexpected> {
    match statement {
        Some(Stmt::Local(local)) => Ok(local),
        _ => Err(format!("no `let` for {what}")),
    }
}

fn value(local: Local) -> Option<Expr> {
    local.init.map(|init| *init.expr)
}

/// In the `format!` of a URL, `encode_path(&name.to_string())` becomes `encode_path(name)`, since all that stands in a path is a text.
/// Says whether there is one.
fn borrow_path_parameters(url: &mut Local) -> Result<bool, Unexpected> {
    let Some(Expr::Macro(format)) = url.init.as_mut().map(|init| &mut *init.expr) else {
        return Err("the URL is not made by `format!`".to_owned());
    };
    let mut arguments = macro_arguments(&format.mac)?;
    let mut encoded = false;
    for argument in &mut arguments {
        if let Expr::Call(call) = argument
            && is_path(&call.func, "encode_path")
        {
            borrow_text(call)?;
            encoded = true;
        }
    }
    format.mac.tokens = quote!(#arguments);
    Ok(encoded)
}

fn macro_arguments(call: &Macro) -> Result<Punctuated<Expr, Token![,]>, Unexpected> {
    if !call.path.is_ident("format") {
        return Err("the URL is not made by `format!`".to_owned());
    }
    Punctuated::parse_terminated
        .parse2(call.tokens.clone())
        .map_err(|error| format!("the arguments of `format!` do not parse: {error}"))
}

fn borrow_text(encode_path: &mut syn::ExprCall) -> Result<(), Unexpected> {
    if let Some(Expr::Reference(reference)) = encode_path.args.first()
        && let Expr::MethodCall(copy) = &*reference.expr
        && copy.method == "to_string"
    {
        let name = (*copy.receiver).clone();
        encode_path.args = Punctuated::from_iter([name]);
        return Ok(());
    }
    Err("a path parameter is not encoded from a copy".to_owned())
}

/// The statements that collect headers of parameters, and the expression of the request after them.
fn take_request(statements: &mut impl Iterator<Item = Stmt>) -> Result<(Vec<Stmt>, Expr), Unexpected> {
    let map = local(statements.next(), "the headers")?;
    if !matches!(&map.pat, Pat::Ident(pattern) if pattern.ident == HEADERS) {
        return Err(format!("no `{HEADERS}` after the URL"));
    }
    let mut headers = Vec::new();
    for statement in statements {
        match statement {
            Stmt::Local(local) => {
                let request = value(local).ok_or("the request has no value")?;
                if !headers.is_empty() {
                    headers.insert(0, Stmt::Local(map));
                }
                return Ok((headers, request));
            }
            statement if appends_foreign_header(&statement) => {}
            statement @ Stmt::Expr(Expr::MethodCall(_) | Expr::If(_), _) => headers.push(statement),
            _ => return Err("neither a header nor the request after the URL".to_owned()),
        }
    }
    Err("no `let` for the request".to_owned())
}

/// Whether it is `header_map.append(HeaderName::from_static("api-version"), …);`.
fn appends_foreign_header(statement: &Stmt) -> bool {
    if let Stmt::Expr(Expr::MethodCall(append), _) = statement
        && append.method == "append"
        && is_path(&append.receiver, HEADERS)
        && let Some(Expr::Call(name)) = append.args.first()
        && let Some(Expr::Lit(literal)) = name.args.first()
        && let syn::Lit::Str(text) = &literal.lit
    {
        return text.value() == FOREIGN_HEADER;
    }
    false
}

/// The request without its body and the headers that the transport sets, or that nobody does; and its body.
fn lean_request(request: Expr, has_headers: bool) -> Result<(Expr, Option<Expr>), Unexpected> {
    match request {
        Expr::Try(mut attempt) => {
            let mut body = None;
            attempt.expr = Box::new(lean_chain(*attempt.expr, has_headers, &mut body)?);
            Ok((Expr::Try(attempt), body))
        }
        _ => Err("the request does not end in `.build()?`".to_owned()),
    }
}

/// Goes down a chain of calls to `self.client`, and takes the body out.
fn lean_chain(expression: Expr, has_headers: bool, body: &mut Option<Expr>) -> Result<Expr, Unexpected> {
    let mut call = match expression {
        Expr::MethodCall(call) => call,
        Expr::Field(field) if is_member(&field.member, "client") && is_path(&field.base, "self") => {
            return Ok(Expr::Field(field));
        }
        _ => return Err("the request is not built from `self.client`".to_owned()),
    };
    call.receiver = Box::new(lean_chain(*call.receiver, has_headers, body)?);
    if (call.method == "headers" && !has_headers) || (call.method == "header" && sets_accept(&call)) {
        return Ok(*call.receiver);
    }
    if call.method == "json" {
        *body = Some(call.args.into_iter().next().ok_or("`json` has no argument")?);
        return Ok(*call.receiver);
    }
    if !BUILDERS.iter().chain(&openapi::METHODS).any(|known| call.method == known) {
        return Err(format!("the request is built with `{}`", call.method));
    }
    Ok(Expr::MethodCall(call))
}

fn sets_accept(header: &ExprMethodCall) -> bool {
    header.args.first().is_some_and(|name| ends_in(name, "ACCEPT"))
}

/// Skips what calls the hooks, up to `let response = result?;`.
fn expect_hooks(statements: &mut impl Iterator<Item = Stmt>) -> Result<(), Unexpected> {
    let info = value(local(statements.next(), "the operation's info")?);
    if !matches!(info, Some(Expr::Struct(info)) if info.path.is_ident("OperationInfo")) {
        return Err("no `OperationInfo` after the request".to_owned());
    }
    for hook in HOOKS {
        let called = match statements.next() {
            Some(Stmt::Local(local)) => value(local),
            Some(Stmt::Expr(call, _)) => Some(call),
            _ => None,
        };
        if !called.is_some_and(|call| calls(&call, hook)) {
            return Err(format!("no call of the hook `{hook}` where it was"));
        }
    }
    match value(local(statements.next(), "the response")?) {
        Some(Expr::Try(_)) => Ok(()),
        _ => Err("the response is not `result?`".to_owned()),
    }
}

/// Whether the expression is a call of this method, awaited or not.
fn calls(expression: &Expr, method: &str) -> bool {
    match expression {
        Expr::Try(attempt) => calls(&attempt.expr, method),
        Expr::Await(awaited) => calls(&awaited.base, method),
        Expr::MethodCall(call) => call.method == method,
        _ => false,
    }
}

/// How the response is read where its status is 2xx. Any other status is left to our own code.
fn take_reading(statements: &mut impl Iterator<Item = Stmt>) -> Result<Reading, Unexpected> {
    let (Some(Stmt::Expr(Expr::Match(by_status), None)), None) = (statements.next(), statements.next()) else {
        return Err("it does not end in a `match` on the status".to_owned());
    };
    let [success, other] = by_status.arms.as_slice() else {
        return Err(format!("{} arms for statuses, not two", by_status.arms.len()));
    };
    if !matches!(success.pat, Pat::Range(_)) || !matches!(other.pat, Pat::Wild(_)) {
        return Err("the arms for statuses are not `200..=299` and `_`".to_owned());
    }
    if !is_unexpected_response(other) {
        return Err("another status is not an `UnexpectedResponse`".to_owned());
    }
    reading(&success.body).ok_or_else(|| "the response is read in an unknown way".to_owned())
}

/// Whether it gives `Err(Error::UnexpectedResponse(…))`.
fn is_unexpected_response(arm: &Arm) -> bool {
    argument_of(&arm.body, "Err").and_then(|error| argument_of(error, "UnexpectedResponse")).is_some()
}

fn reading(body: &Expr) -> Option<Reading> {
    match body {
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(body, None)] => reading(body),
            _ => None,
        },
        Expr::Await(awaited) => argument_of(&awaited.base, "from_response").map(|_| Reading::Json),
        _ => {
            let value = argument_of(body, "Ok")?;
            let empty = argument_of(value, "empty").map(|_| Reading::Empty);
            empty.or_else(|| argument_of(value, "stream").map(|_| Reading::Streamed))
        }
    }
}

/// The first argument of a call of a function whose path ends in this name.
fn argument_of<'a>(expression: &'a Expr, function: &str) -> Option<&'a Expr> {
    match expression {
        Expr::Call(call) if ends_in(&call.func, function) => call.args.first(),
        _ => None,
    }
}

/// Whether the expression is a path of this one name.
fn is_path(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::Path(path) if path.path.is_ident(name))
}

/// Whether the expression is a path that ends in this name.
fn ends_in(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == name))
}

fn is_member(member: &syn::Member, name: &str) -> bool {
    matches!(member, syn::Member::Named(member) if member == name)
}
