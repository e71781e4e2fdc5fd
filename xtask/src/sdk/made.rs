//! What every made SDK must have, and must not have.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use heck::{ToLowerCamelCase, ToPascalCase, ToSnakeCase};

use super::language::Language;
use crate::codegen::openapi;
use crate::project::{SPEC, files, root, spec};

/// It has all operations, and says nothing of this machine.
pub(super) fn check(language: &Language, sdk: &Path) -> Result<()> {
    let text = text(sdk)?;
    let operations = operation_ids()?;
    for operation in &operations {
        let shown = language.operation.replace("snake_case", &operation.to_snake_case());
        let shown = shown.replace("camelCase", &operation.to_lower_camel_case());
        let shown = shown.replace("PascalCase", &operation.to_pascal_case());
        ensure!(text.contains(&shown), "the SDK for {} has no operation {operation}: no {shown:?}", language.name);
    }
    let here = root().display().to_string();
    ensure!(!text.contains(&here), "the SDK for {} names the folder {here}", language.name);
    println!("{}: {} made all {} operations", language.name, language.generator.package, operations.len());
    Ok(())
}

/// The names and the contents of all files.
fn text(sdk: &Path) -> Result<String> {
    let mut text = String::new();
    for file in files(sdk)? {
        let content = fs::read(sdk.join(&file)).with_context(|| format!("cannot read {file}"))?;
        text.push_str(&format!("/{file}\n{}\n", String::from_utf8_lossy(&content)));
    }
    Ok(text)
}

/// The name of every operation of the spec.
fn operation_ids() -> Result<Vec<String>> {
    let spec = spec()?;
    let ids: Vec<_> = openapi::operations(&spec).filter_map(|operation| operation.id().map(str::to_owned)).collect();
    ensure!(!ids.is_empty(), "{SPEC} has no operations");
    Ok(ids)
}
