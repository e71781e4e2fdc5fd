//! [`Spec`]: the operations of an OpenAPI spec.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use crate::mismatch::{Finding, Message, Mismatch};
use crate::openapi::{self, EVENT_STREAM, JSON, elements, members};
use crate::route::Route;
use crate::schema::{Schema, Schemas};

/// Why a spec cannot be checked against.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SpecError(pub(crate) String);

/// The operations of an OpenAPI spec.
#[derive(Debug)]
pub struct Spec {
    operations: Vec<Operation>,
}

/// An operation, and what it takes and answers.
#[derive(Debug)]
pub struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) route: Route,
    pub(crate) path: BTreeMap<String, Parameter>,
    pub(crate) query: BTreeMap<String, Parameter>,
    pub(crate) needs_bearer: bool,
    pub(crate) body: Option<RequestBody>,
    /// By status: `200`, `5XX` or `default`.
    pub(crate) answers: BTreeMap<String, Answer>,
}

#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) required: bool,
    pub(crate) schema: Arc<Schema>,
}

/// The schema for each media type.
pub(crate) type Content = BTreeMap<String, Arc<Schema>>;

#[derive(Debug)]
pub(crate) struct RequestBody {
    pub(crate) required: bool,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) struct Answer {
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
        Reader { schemas: Schemas::new(&document), document: &document }.read()
    }

    /// The spec of Engram's API, openapi/engram.yaml.
    ///
    /// # Errors
    ///
    /// As for [`Spec::parse`].
    pub fn of_engram() -> Result<Self, SpecError> {
        Self::parse(include_str!("../../openapi/engram.yaml"))
    }

    /// The operation that a request with this method and path calls.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub fn operation(&self, method: &Method, path: &str) -> Result<&Operation, Mismatch> {
        let fitting =
            self.operations.iter().filter(|operation| operation.method == method && operation.route.fits(path));
        fitting.max_by_key(|operation| operation.route.fixed()).ok_or_else(|| {
            let finding = Finding::new("/path", "no operation of the spec has this method and path");
            finding.of(&format!("{method} {path}"), Message::Request)
        })
    }

    /// All operations.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
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

impl<'a> Reader<'a> {
    fn read(mut self) -> Read<Spec> {
        if !self.document["openapi"].as_str().is_some_and(|version| version.starts_with("3.0.")) {
            return Err(SpecError("not a spec in OpenAPI 3.0".to_owned()));
        }
        let mut operations = Vec::new();
        for written in openapi::operations(self.document) {
            let (method, path) = (written.method, written.path);
            let operation = self.operation(written);
            operations.push(operation.map_err(|error| SpecError(format!("{method} {path}: {error}")))?);
        }
        Ok(Spec { operations })
    }

    fn operation(&mut self, operation: openapi::Operation<'a>) -> Read<Operation> {
        let written = operation.value;
        let id = operation.id().ok_or_else(|| SpecError("it has no operationId".to_owned()))?;
        let method = operation.method.to_uppercase().parse();
        let method = method.map_err(|error| SpecError(format!("{error}")))?;
        let (mut path, mut query) = (BTreeMap::new(), BTreeMap::new());
        for parameter in operation.parameters() {
            let parameter = self.resolve(parameter)?;
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            let read = self.parameter(parameter)?;
            match parameter["in"].as_str() {
                Some("path") => path.insert(name, read),
                Some("query") => query.insert(name, read),
                place => return Err(SpecError(format!("parameters in {place:?} are not checked yet"))),
            };
        }
        let body = match written.get("requestBody") {
            Some(body) => Some(self.body(body)?),
            None => None,
        };
        let mut answers = BTreeMap::new();
        for (status, answer) in members(&written["responses"]) {
            answers.insert(status.to_uppercase(), self.answer(answer)?);
        }
        let needs_bearer = self.needs_bearer(written.get("security").unwrap_or(&self.document["security"]))?;
        Ok(Operation {
            id: id.to_owned(),
            method,
            route: Route::parse(operation.path),
            path,
            query,
            needs_bearer,
            body,
            answers,
        })
    }

    fn parameter(&mut self, written: &Value) -> Read<Parameter> {
        Ok(Parameter { required: written["required"] == true, schema: self.schemas.compile(&written["schema"])? })
    }

    fn body(&mut self, written: &'a Value) -> Read<RequestBody> {
        let written = self.resolve(written)?;
        let content = self.content(written)?;
        match content.keys().find(|media| *media != JSON) {
            Some(media) => Err(SpecError(format!("a request body of the type {media} is not checked yet"))),
            None => Ok(RequestBody { required: written["required"] == true, content }),
        }
    }

    fn answer(&mut self, written: &'a Value) -> Read<Answer> {
        let written = self.resolve(written)?;
        let mut headers = BTreeMap::new();
        for (name, header) in members(&written["headers"]) {
            let header = self.resolve(header)?;
            headers.insert(name.to_lowercase(), self.schemas.compile(&header["schema"])?);
        }
        Ok(Answer { headers, content: self.content(written)? })
    }

    fn content(&mut self, written: &Value) -> Read<Content> {
        let mut content = Content::new();
        for (media, part) in members(&written["content"]) {
            if media != JSON && media != EVENT_STREAM {
                return Err(SpecError(format!("a body of the type {media} is not checked yet")));
            }
            content.insert(media.to_owned(), self.schemas.compile(&part["schema"])?);
        }
        Ok(content)
    }

    /// Whether every way to be authorized is a bearer token.
    fn needs_bearer(&self, security: &Value) -> Read<bool> {
        let schemes = elements(security).flat_map(|way| members(way).map(|(name, _)| name));
        let mut needs_bearer = false;
        for name in schemes {
            let scheme = &self.document["components"]["securitySchemes"][name];
            needs_bearer = scheme["type"] == "http" && scheme["scheme"] == "bearer";
            if !needs_bearer {
                return Err(SpecError(format!("the security scheme {name} is not checked yet")));
            }
        }
        Ok(needs_bearer)
    }

    /// What the spec refers to here.
    fn resolve(&self, value: &'a Value) -> Read<&'a Value> {
        openapi::resolve(self.document, value)
            .ok_or_else(|| SpecError(format!("{} is not there", value["$ref"].as_str().unwrap_or_default())))
    }
}
