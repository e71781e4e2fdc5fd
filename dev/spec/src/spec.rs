//! [`Spec`]: the operations of an OpenAPI spec.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use crate::mismatch::{Finding, Message, Mismatch};
use crate::openapi::{self, EVENT_STREAM, JSON, elements, members};
use crate::route;
use crate::schema::{Schema, Schemas, SpecError};

/// The operations of an OpenAPI spec.
#[derive(Debug)]
pub struct Spec {
    operations: Vec<Operation>,
}

/// An operation, and what it takes and responds with.
#[derive(Debug)]
pub struct Operation {
    pub(crate) id: String,
    method: Method,
    /// The template.
    pub(crate) path: String,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) needs_bearer: bool,
    pub(crate) body: Option<Content>,
    /// By status: `200` or `5XX`.
    pub(crate) responses: BTreeMap<String, Response>,
}

#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) in_path: bool,
    pub(crate) required: bool,
    pub(crate) schema: Arc<Schema>,
}

/// The schema for each media type.
pub(crate) type Content = BTreeMap<String, Arc<Schema>>;

#[derive(Debug)]
pub(crate) struct Response {
    /// By name, in lower case.
    pub(crate) headers: BTreeMap<String, Arc<Schema>>,
    pub(crate) content: Content,
}

impl Spec {
    /// Reads a spec in YAML or JSON.
    ///
    /// # Errors
    ///
    /// Where it is no OpenAPI 3.0 document, or holds what cannot be checked: rather an error than a check that passes over something.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let document: Value =
            serde_saphyr::from_str(text).map_err(|error| SpecError(format!("not valid YAML: {error}")))?;
        if !document["openapi"].as_str().is_some_and(|version| version.starts_with("3.0.")) {
            return Err(SpecError("not a spec in OpenAPI 3.0".to_owned()));
        }
        let mut reader = Reader { document: &document, schemas: Schemas::new(&document) };
        let operations = openapi::operations(&document).map(|operation| {
            let read = reader.operation(operation);
            read.map_err(|error| SpecError(format!("{} {}: {error}", operation.method, operation.path)))
        });
        Ok(Self { operations: operations.collect::<Result<_, _>>()? })
    }

    /// The spec of Engram's API, openapi/engram.yaml.
    ///
    /// # Errors
    ///
    /// As for [`Spec::parse`].
    pub fn of_engram() -> Result<Self, SpecError> {
        Self::parse(include_str!("../../../openapi/engram.yaml"))
    }

    /// The operation that a request with this method and path calls.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub fn operation(&self, method: &Method, path: &str) -> Result<&Operation, Mismatch> {
        let fits = |operation: &&Operation| operation.method == method && route::fits(&operation.path, path);
        let fitting = self.operations.iter().filter(fits);
        fitting.max_by_key(|operation| route::fixed(&operation.path)).ok_or_else(|| {
            let finding = Finding::new("/path", "no operation of the spec has this method and path");
            finding.of(&format!("{method} {path}"), Message::Request)
        })
    }
}

impl Operation {
    /// The operation's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Reads a document, whose schemas it compiles.
struct Reader<'a> {
    document: &'a Value,
    schemas: Schemas,
}

type Read<T> = Result<T, SpecError>;

fn unchecked<T>(what: impl std::fmt::Display) -> Read<T> {
    Err(SpecError(format!("{what} cannot be checked yet")))
}

impl<'a> Reader<'a> {
    fn operation(&mut self, operation: openapi::Operation<'a>) -> Read<Operation> {
        let written = operation.value;
        let method = operation.method.to_uppercase().parse();
        let responses = members(&written["responses"]).map(|(status, response)| match status {
            "default" => unchecked("a response for default"),
            status => Ok((status.to_uppercase(), self.response(response)?)),
        });
        let responses = responses.collect::<Read<_>>()?;
        Ok(Operation {
            id: operation.id().ok_or_else(|| SpecError("it has no operationId".to_owned()))?.to_owned(),
            method: method.map_err(|error| SpecError(format!("{error}")))?,
            path: operation.path.to_owned(),
            parameters: operation.parameters().map(|parameter| self.parameter(parameter)).collect::<Read<_>>()?,
            needs_bearer: self.needs_bearer(written.get("security").unwrap_or(&self.document["security"]))?,
            body: written.get("requestBody").map(|body| self.body(body)).transpose()?,
            responses,
        })
    }

    fn parameter(&mut self, written: &'a Value) -> Read<Parameter> {
        let written = self.resolve(written)?;
        let place = &written["in"];
        if place != "path" && place != "query" {
            return unchecked(format_args!("a parameter in {place}"));
        }
        Ok(Parameter {
            name: written["name"].as_str().unwrap_or_default().to_owned(),
            in_path: place == "path",
            required: written["required"] == true,
            schema: self.schemas.compile(&written["schema"])?,
        })
    }

    /// That it is always sent is a rule of redocly.yaml.
    fn body(&mut self, written: &'a Value) -> Read<Content> {
        let written = self.resolve(written)?;
        self.content(written, &[JSON])
    }

    fn response(&mut self, written: &'a Value) -> Read<Response> {
        let written = self.resolve(written)?;
        let mut headers = BTreeMap::new();
        for (name, header) in members(&written["headers"]) {
            let header = self.resolve(header)?;
            headers.insert(name.to_lowercase(), self.schemas.compile(&header["schema"])?);
        }
        Ok(Response { headers, content: self.content(written, &[JSON, EVENT_STREAM])? })
    }

    fn content(&mut self, written: &Value, known: &[&str]) -> Read<Content> {
        let compile = |(media, part): (&str, &Value)| match known.contains(&media) {
            true => Ok((media.to_owned(), self.schemas.compile(&part["schema"])?)),
            false => unchecked(format_args!("a body of the type {media}")),
        };
        members(&written["content"]).map(compile).collect()
    }

    /// Whether every way to be authorized is a bearer token.
    fn needs_bearer(&self, security: &Value) -> Read<bool> {
        let mut schemes = elements(security).flat_map(members).map(|(name, _)| name).peekable();
        let needs_bearer = schemes.peek().is_some();
        let is_other = |name: &&str| {
            let scheme = &self.document["components"]["securitySchemes"][*name];
            scheme["type"] != "http" || scheme["scheme"] != "bearer"
        };
        match schemes.find(is_other) {
            Some(name) => unchecked(format_args!("the security scheme {name}")),
            None => Ok(needs_bearer),
        }
    }

    /// What the spec refers to here.
    fn resolve(&self, value: &'a Value) -> Read<&'a Value> {
        openapi::resolve(self.document, value).ok_or_else(|| SpecError(format!("{} is not there", value["$ref"])))
    }
}
