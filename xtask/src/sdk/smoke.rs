//! `cargo xtask sdk --smoke`: SDKs are made for all languages, each with every operation of the spec. Those for Python and
//! TypeScript are compiled, and a program uses each against the local server and looks at what comes back.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use heck::{ToLowerCamelCase, ToPascalCase, ToSnakeCase};
use serde_json::Value;

use super::language::{LANGUAGES, Language};
use super::{folder, generators};
use crate::codegen::openapi;
use crate::project::{SPEC, root, run, work_directory};
use crate::python;
use crate::server::Server;

const API_KEY: &str = "eng_live_smoke";
/// What the generated Python imports, and what checks its types.
const PYTHON_PACKAGES: [&str; 3] = ["attrs==26.1.0", "httpx==0.28.1", "mypy==2.4.1"];

pub(super) fn prove() -> Result<()> {
    let operations = operation_ids()?;
    for language in &LANGUAGES {
        let sdk = language.generate()?;
        has_operations(language, &sdk, &operations)?;
        println!("{}: {} made all {} operations", language.name, language.generator.package, operations.len());
        match language.name {
            "python" => run_python(&sdk)?,
            "typescript" => run_typescript(&sdk)?,
            _ => {}
        }
    }
    Ok(())
}

/// The name of every operation of the spec.
fn operation_ids() -> Result<Vec<String>> {
    let spec = fs::read_to_string(root().join(SPEC)).with_context(|| format!("cannot read {SPEC}"))?;
    let spec: Value = serde_saphyr::from_str(&spec).with_context(|| format!("{SPEC} is not valid YAML"))?;
    let ids: Vec<_> = openapi::operations(&spec).filter_map(|operation| operation.id().map(str::to_owned)).collect();
    ensure!(!ids.is_empty(), "{SPEC} has no operations");
    Ok(ids)
}

fn has_operations(language: &Language, sdk: &Path, operations: &[String]) -> Result<()> {
    let mut text = String::new();
    for file in folder::files(sdk)? {
        let content = fs::read(sdk.join(&file)).with_context(|| format!("cannot read {file}"))?;
        text.push_str(&format!("/{file}\n{}\n", String::from_utf8_lossy(&content)));
    }
    for operation in operations {
        let shown = language.operation.replace("snake_case", &operation.to_snake_case());
        let shown = shown.replace("camelCase", &operation.to_lower_camel_case());
        let shown = shown.replace("PascalCase", &operation.to_pascal_case());
        ensure!(text.contains(&shown), "the SDK for {} has no operation {operation}: no {shown:?}", language.name);
    }
    Ok(())
}

fn run_python(sdk: &Path) -> Result<()> {
    let work = work_directory("sdk")?.join("python");
    let programs = python::environment(&work, &PYTHON_PACKAGES)?;
    let program = root().join("xtask/sdk/smoke.py");
    let server = Server::start(&["--api-key", API_KEY])?;
    run(Command::new(programs.join("mypy"))
        .args(["--strict", "--cache-dir"])
        .arg(work.join("mypy-cache"))
        .args([program.as_path(), sdk])
        .env("MYPYPATH", sdk))?;
    run(with_server(Command::new(programs.join("python")).arg(&program), &server)
        .env("PYTHONPATH", sdk)
        .env("PYTHONDONTWRITEBYTECODE", "1"))
}

/// The program is compiled together with the SDK, in a folder where both find the packages of TypeScript.
fn run_typescript(sdk: &Path) -> Result<()> {
    let packages = generators::typescript()?;
    let work = work_directory("sdk")?.join("typescript/smoke");
    if work.exists() {
        fs::remove_dir_all(&work).with_context(|| format!("cannot empty {}", work.display()))?;
    }
    folder::fill(&work.join("engram"), sdk, &folder::check(&work)?)?;
    for file in ["smoke.ts", "tsconfig.json", "package.json"] {
        fs::copy(root().join("xtask/sdk").join(file), work.join(file))
            .with_context(|| format!("cannot copy {file}"))?;
    }
    let server = Server::start(&["--api-key", API_KEY])?;
    run(Command::new(packages.program("tsc")).arg("--project").arg(&work))?;
    run(with_server(Command::new("node").arg(work.join("built/smoke.js")), &server))
}

fn with_server<'a>(command: &'a mut Command, server: &Server) -> &'a mut Command {
    command.env("ENGRAM_BASE_URL", &server.base_url).env("ENGRAM_API_KEY", API_KEY)
}
