//! With the feature `codegen`: generates the API from `openapi/engram.yaml` into `OUT_DIR`. Without it: checks that the files in
//! `src/generated`, which are then compiled, were made from that same spec.

#[cfg(feature = "codegen")]
#[path = "codegen/mod.rs"]
mod codegen;
#[cfg(not(feature = "codegen"))]
#[path = "codegen/fingerprint.rs"]
mod fingerprint;

use std::fs;
use std::process::ExitCode;

const SPEC: &str = "openapi/engram.yaml";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed={SPEC}");
    println!("cargo::rerun-if-changed=codegen");
    println!("cargo::rerun-if-changed=src/generated");
    match read(SPEC).and_then(|spec| build(&spec)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("cargo::error={}", problem.replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

#[cfg(feature = "codegen")]
fn build(spec: &str) -> Result<(), String> {
    let directory = std::env::var("OUT_DIR").map_err(|error| format!("OUT_DIR: {error}"))?;
    // The generator makes an error of what progenitor panics at; nothing else is to be printed.
    std::panic::set_hook(Box::new(|_| {}));
    let generated = codegen::generate(spec).map_err(|problem| format!("{SPEC}: {problem}; see `cargo xtask check`"))?;
    for (name, text) in generated.files() {
        let path = std::path::Path::new(&directory).join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

#[cfg(not(feature = "codegen"))]
fn build(spec: &str) -> Result<(), String> {
    let fingerprint = fingerprint::fingerprint(spec);
    for file in ["src/generated/types.rs", "src/generated/client.rs"] {
        if !read(file)?.contains(&fingerprint) {
            return Err(format!(
                "{file} was not made from this {SPEC}: run `cargo xtask regen`, or build with the feature `codegen`"
            ));
        }
    }
    Ok(())
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}
