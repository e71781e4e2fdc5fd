//! Whether a value matches a JSON Schema.
//!
//! The crates that know all of JSON Schema bring engines for its regular expressions, more than 2 MB of program. Models are held to the
//! keywords below; what is not among them, such as `pattern` and `format`, guides the model and is not checked.

use std::cell::Cell;

use serde_json::{Map, Value};

/// A schema that takes more steps, as one that refers to itself can, is not checked any further.
const MOST_STEPS: usize = 100_000;
/// Nor is what is nested deeper, which a model hardly writes.
const DEEPEST: usize = 200;

/// The first thing in the value that the schema does not permit.
pub(super) fn check(schema: &Map<String, Value>, value: &Value) -> Result<(), String> {
    let checker = Checker { root: schema, steps: Cell::new(0) };
    checker.object(schema, value, &Place { parent: None, name: String::new(), depth: 0 })
}

struct Checker<'a> {
    root: &'a Map<String, Value>,
    steps: Cell<usize>,
}

/// Where in the value a part of it is.
struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    name: String,
    depth: usize,
}

type Checked = Result<(), String>;

impl Checker<'_> {
    fn schema(&self, schema: &Value, value: &Value, place: &Place<'_>) -> Checked {
        match schema {
            Value::Bool(false) => place.wrong("is not allowed"),
            Value::Object(schema) => self.object(schema, value, place),
            _ => Ok(()),
        }
    }

    fn object(&self, schema: &Map<String, Value>, value: &Value, place: &Place<'_>) -> Checked {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MOST_STEPS || place.depth > DEEPEST {
            return Ok(());
        }
        if value.is_null() && schema.get("nullable") == Some(&Value::Bool(true)) {
            return Ok(());
        }
        kind(schema, value, place)?;
        choice(schema, value, place)?;
        match value {
            Value::Object(members) => self.members(schema, members, place)?,
            Value::Array(items) => self.items(schema, items, place)?,
            Value::String(text) => size(schema, text.chars().count(), ["minLength", "maxLength"], place)?,
            Value::Number(number) => range(schema, number.as_f64().unwrap_or_default(), place)?,
            Value::Null | Value::Bool(_) => {}
        }
        self.others(schema, value, place)
    }

    fn members(&self, schema: &Map<String, Value>, members: &Map<String, Value>, place: &Place<'_>) -> Checked {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        if let Some(missing) = required.into_iter().find(|name| !members.contains_key(*name)) {
            return place.wrong(format!("has no {missing:?}"));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        // Which names are additional is not known where there are patterns of names.
        let additional = schema.get("additionalProperties").filter(|_| !schema.contains_key("patternProperties"));
        for (name, member) in members {
            let place = place.below(name.clone());
            if let Some(schema) = properties.and_then(|properties| properties.get(name)).or(additional) {
                self.schema(schema, member, &place)?;
            }
        }
        Ok(())
    }

    fn items(&self, schema: &Map<String, Value>, items: &[Value], place: &Place<'_>) -> Checked {
        size(schema, items.len(), ["minItems", "maxItems"], place)?;
        let all = schema.get("items");
        // Older schemas have a list of schemas in `items`.
        let (first, others) = match (schema.get("prefixItems").and_then(Value::as_array), all) {
            (Some(first), _) => (first.as_slice(), all),
            (None, Some(Value::Array(first))) => (first.as_slice(), schema.get("additionalItems")),
            (None, _) => (&[][..], all),
        };
        for (number, item) in items.iter().enumerate() {
            if let Some(schema) = first.get(number).or(others) {
                self.schema(schema, item, &place.below(number.to_string()))?;
            }
        }
        Ok(())
    }

    /// Schemas that are about the value itself.
    fn others(&self, schema: &Map<String, Value>, value: &Value, place: &Place<'_>) -> Checked {
        let fits = |schema: &&Value| self.schema(schema, value, &place.again()).is_ok();
        let list = |name| schema.get(name).and_then(Value::as_array).map(Vec::as_slice);
        for schema in list("allOf").unwrap_or_default() {
            self.schema(schema, value, &place.again())?;
        }
        if list("anyOf").is_some_and(|schemas| !schemas.iter().any(|schema| fits(&schema))) {
            return place.wrong("matches none of the schemas in anyOf");
        }
        if list("oneOf").is_some_and(|schemas| schemas.iter().filter(fits).count() != 1) {
            return place.wrong("does not match exactly one schema in oneOf");
        }
        if schema.get("not").is_some_and(|schema| fits(&schema)) {
            return place.wrong("matches the schema in \"not\"");
        }
        match schema.get("$ref").and_then(Value::as_str).and_then(|reference| self.referred(reference)) {
            Some(Referred::Root) => self.object(self.root, value, &place.again()),
            Some(Referred::Part(schema)) => self.schema(schema, value, &place.again()),
            None => Ok(()),
        }
    }

    /// `None` where it leads out of the schema.
    fn referred(&self, reference: &str) -> Option<Referred<'_>> {
        let path = reference.strip_prefix('#')?;
        if path.is_empty() {
            return Some(Referred::Root);
        }
        let (first, rest) = path.strip_prefix('/')?.split_at_checked(path[1..].find('/').unwrap_or(path.len() - 1))?;
        self.root.get(first).and_then(|part| part.pointer(rest)).map(Referred::Part)
    }
}

enum Referred<'a> {
    Root,
    Part(&'a Value),
}

impl Place<'_> {
    fn below(&self, name: String) -> Place<'_> {
        Place { parent: Some(self), name, depth: self.depth + 1 }
    }

    /// The same place, one schema deeper.
    fn again(&self) -> Place<'_> {
        Place { parent: self.parent, name: self.name.clone(), depth: self.depth + 1 }
    }

    fn wrong(&self, problem: impl std::fmt::Display) -> Checked {
        let path = self.path();
        let place = if path.is_empty() { "the value" } else { path.as_str() };
        Err(format!("{place} {problem}"))
    }

    fn path(&self) -> String {
        match self.parent {
            Some(parent) => format!("{}/{}", parent.path(), self.name),
            None => String::new(),
        }
    }
}

fn kind(schema: &Map<String, Value>, value: &Value, place: &Place<'_>) -> Checked {
    let is = |name: &Value| match name.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some("number") => value.is_number(),
        Some("integer") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        // No type that there is.
        _ => true,
    };
    match schema.get("type") {
        Some(Value::Array(names)) if !names.iter().any(is) => {
            place.wrong(format!("has none of the types {}", Value::from(names.clone())))
        }
        Some(name @ Value::String(_)) if !is(name) => {
            place.wrong(format!("is not of the type {}", name.as_str().unwrap_or_default()))
        }
        _ => Ok(()),
    }
}

fn choice(schema: &Map<String, Value>, value: &Value, place: &Place<'_>) -> Checked {
    let choices = schema.get("enum").and_then(Value::as_array);
    if choices.is_some_and(|choices| !choices.contains(value)) || schema.get("const").is_some_and(|only| only != value)
    {
        return place.wrong("is not one of the allowed values");
    }
    Ok(())
}

fn size(schema: &Map<String, Value>, size: usize, [least, most]: [&str; 2], place: &Place<'_>) -> Checked {
    let size = u64::try_from(size).unwrap_or(u64::MAX);
    let limit = |name| schema.get(name).and_then(Value::as_u64);
    if limit(least).is_some_and(|least| size < least) {
        return place.wrong("is too short");
    }
    if limit(most).is_some_and(|most| size > most) {
        return place.wrong("is too long");
    }
    Ok(())
}

fn range(schema: &Map<String, Value>, number: f64, place: &Place<'_>) -> Checked {
    let limit = |name| schema.get(name).and_then(Value::as_f64);
    if limit("minimum").is_some_and(|least| number < least)
        || limit("exclusiveMinimum").is_some_and(|least| number <= least)
    {
        return place.wrong("is too small");
    }
    if limit("maximum").is_some_and(|most| number > most)
        || limit("exclusiveMaximum").is_some_and(|most| number >= most)
    {
        return place.wrong("is too large");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_checked_against_each_keyword() {
        let tree = json!({"properties": {"next": {"$ref": "#"}, "at": {"$ref": "#/$defs/a~1b/x"}}, "additionalProperties": false,
            "$defs": {"a/b": {"x": {"type": "integer"}}}});
        let list = json!({"prefixItems": [{"const": 1}], "items": {"type": "string"}, "minItems": 1, "maxItems": 3});
        let old = json!({"items": [{"const": 1}], "additionalItems": false});
        let drinks = json!({"type": "object", "required": ["drinks"], "properties": {"drinks": {"type": "array", "items": {"type": "string"}}}});
        for (schema, good, bad, problem) in [
            (json!({"type": "string"}), json!("x"), json!(1), "the value is not of the type string"),
            (
                json!({"type": ["string", "null"]}),
                json!(null),
                json!([]),
                r#"the value has none of the types ["string","null"]"#,
            ),
            (json!({"type": "integer"}), json!(2.0), json!(2.5), "the value is not of the type integer"),
            (
                json!({"type": "string", "nullable": true}),
                json!(null),
                json!(true),
                "the value is not of the type string",
            ),
            (json!({"enum": ["a", 1]}), json!(1), json!("b"), "is not one of the allowed values"),
            (drinks.clone(), json!({"drinks": []}), json!({}), r#"the value has no "drinks""#),
            (
                drinks,
                json!({"drinks": ["tea"], "x": 1}),
                json!({"drinks": ["tea", 1]}),
                "/drinks/1 is not of the type string",
            ),
            (tree.clone(), json!({"next": {"next": {}}}), json!({"next": {"last": 1}}), "/next/last is not allowed"),
            (tree, json!({"at": 1}), json!({"at": "x"}), "/at is not of the type integer"),
            (list.clone(), json!([1, "x"]), json!([2]), "/0 is not one of the allowed values"),
            (list.clone(), json!([1]), json!([1, 2]), "/1 is not of the type string"),
            (list.clone(), json!([1]), json!([]), "too short"),
            (list, json!([1]), json!([1, "x", "y", "z"]), "too long"),
            (old, json!([1]), json!([1, 2]), "/1 is not allowed"),
            (json!({"minLength": 1, "maxLength": 2}), json!("üü"), json!("üüü"), "too long"),
            (json!({"minimum": 1}), json!(1), json!(0.5), "too small"),
            (json!({"exclusiveMaximum": 1}), json!(0.5), json!(1), "too large"),
            (json!({"anyOf": [{"type": "null"}, {"const": 1}]}), json!(1), json!(2), "anyOf"),
            (json!({"oneOf": [{"type": "number"}, {"const": 1}]}), json!(2), json!(1), "oneOf"),
            (json!({"allOf": [{"minimum": 1}, {"maximum": 2}]}), json!(1), json!(3), "too large"),
            (json!({"not": {"type": "null"}}), json!(1), json!(null), "the schema in \"not\""),
        ] {
            let schema = schema.as_object().unwrap();
            assert_eq!(check(schema, &good), Ok(()), "{schema:?} {good}");
            let error = check(schema, &bad).unwrap_err();
            assert!(error.contains(problem), "{schema:?} {bad}: {error}");
        }
    }

    #[test]
    fn a_schema_that_makes_no_sense_or_leads_elsewhere_permits_everything_and_one_that_leads_to_itself_ends() {
        for schema in [
            json!({"type": "list", "properties": 1, "required": "x", "items": 7, "anyOf": {}}),
            json!({"$ref": "https://example.com/schema.json"}),
            json!({"$ref": "#/nowhere/at/all"}),
            json!({"$ref": "#"}),
        ] {
            assert_eq!(check(schema.as_object().unwrap(), &json!({"a": [1]})), Ok(()), "{schema}");
        }
        let doubling = json!({"oneOf": [{"$ref": "#"}, {"$ref": "#"}]});
        // It comes to an end; what it says then is nothing that one could rely on.
        let _ = check(doubling.as_object().unwrap(), &json!(1));
    }
}
