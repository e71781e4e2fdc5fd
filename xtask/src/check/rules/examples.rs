//! Examples that are not true. Redocly sees wrong types; here names count too, although schemas are open.

use lumetra_engram_spec::{Schemas, walk};

use crate::check::document::{Document, Found};

pub(crate) fn valid<'a>(document: &Document<'a>) -> Found<'a> {
    let mut schemas = Schemas::new(document.root);
    let mut found = Vec::new();
    for (schema, example) in walk::examples(document.root) {
        match schemas.compile(schema) {
            Ok(schema) => found.extend(schema.check(example).into_iter().map(|finding| {
                let at = example.pointer(&finding.path).unwrap_or(example);
                (at, format!("the example does not fit its schema: {finding}"))
            })),
            Err(error) => found.push((schema, error.to_string())),
        }
    }
    found
}
