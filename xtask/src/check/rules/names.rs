//! Names that do not become names of Rust, or two of which become one.

use std::collections::BTreeMap;

use heck::{ToPascalCase, ToSnakeCase};

use crate::check::description::Description;
use crate::check::finding::Findings;
use crate::check::node::Node;

/// Names by which the generator recognises the types of fields.
const TAKEN: &[&str] = &["BTreeMap", "Map", "Option", "String", "Value", "Vec"];

pub(crate) fn schema(description: &Description<'_>, found: &mut Findings) {
    for (name, schema) in description.components("schemas") {
        let pascal_case = name.to_pascal_case();
        if name.is_empty() || !is_pascal_case(name) {
            let wrong = format!("the schema `{name}` gets another name in Rust, under which its rules are not found");
            found.add(schema.line, wrong, format!("call it `{pascal_case}`"));
        } else if TAKEN.contains(&name.as_str()) {
            let wrong = format!("the generator takes the schema `{name}` for the Rust type of that name");
            found.add(schema.line, wrong, "give it a name of the API's own");
        }
    }
}

fn is_pascal_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// Properties of a schema, and parameters of an operation, are fields and arguments side by side.
pub(crate) fn collision(description: &Description<'_>, found: &mut Findings) {
    for schema in description.schemas() {
        let properties = schema.members_of("properties");
        let mut names = Names::default();
        if schema.is_true("additionalProperties") {
            names.add("extra", "the further fields", 0);
        }
        properties.iter().for_each(|(name, property)| names.add(name, name, property.line));
        names.report(found);
    }
    for operation in description.operations() {
        let mut names = Names::default();
        if operation.body().is_some() {
            names.add("body", "the body", 0);
        }
        for parameter in operation.parameters().filter_map(|parameter| description.resolve(parameter)) {
            let name = parameter.text_of("name").unwrap_or_default();
            names.add(name, name, parameter.line);
        }
        names.report(found);
    }
}

/// What has become which name of Rust.
#[derive(Default)]
struct Names<'a> {
    taken: BTreeMap<String, &'a str>,
    collisions: Vec<(u64, String)>,
}

impl<'a> Names<'a> {
    fn add(&mut self, name: &str, what: &'a str, line: u64) {
        let snake_case = name.to_snake_case();
        match self.taken.get(&snake_case) {
            Some(other) => {
                self.collisions.push((line, format!("`{name}` and `{other}` are both `{snake_case}` in Rust")))
            }
            None => {
                self.taken.insert(snake_case, what);
            }
        }
    }

    fn report(self, found: &mut Findings) {
        self.collisions.into_iter().for_each(|(line, wrong)| found.add(line, wrong, "rename one of them"));
    }
}

/// Values of an enum are its variants.
pub(crate) fn enum_value(description: &Description<'_>, found: &mut Findings) {
    for schema in description.schemas() {
        variants(schema.elements_of("enum"), &["Self"], found);
        variants(schema.elements_of("x-extensible-enum"), &["Self", "Unknown"], found);
    }
}

fn variants(values: &[Node], taken: &[&str], found: &mut Findings) {
    let mut taken: Vec<_> = taken.iter().map(|&name| name.to_owned()).collect();
    for value in values {
        let variant = value.text().map(variant).unwrap_or_default();
        if !is_pascal_case(&variant) || taken.contains(&variant) {
            let wrong =
                format!("the value `{}` makes no variant of its own", value.scalar().cloned().unwrap_or_default());
            let cure = "list only texts that begin with a letter and differ in their letters and digits";
            found.add(value.line, wrong, cure);
        }
        taken.push(variant);
    }
}

/// The words of a value, each with a capital, as the generator writes them.
fn variant(value: &str) -> String {
    let words = value.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .map(|word| word.get(..1).unwrap_or_default().to_ascii_uppercase() + word.get(1..).unwrap_or_default())
        .collect()
}
