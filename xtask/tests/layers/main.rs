//! A file imports only from the layers before its own, or from its own layer, and never in a circle. Code under `#[cfg(test)]` is free.
//!
//! An import is any path to an item or module of another file: in `use`, in code, in a macro's tokens. A path through a re-export counts as
//! an import of the file behind it where a module around that file re-exports it, as `lib.rs` and `mod.rs` do.
#![allow(clippy::panic, clippy::unwrap_used)]

mod modules;
mod proofs;
mod rules;
mod source;

use std::fs;
use std::path::Path;

use modules::Files;
use rules::{Table, problems};

const SDK: Table = Table {
    folder: "src",
    layers: &[
        &["secret", "retry", "wire", "concurrency"],
        &["generated/types", "fuzzing"],
        &["error"],
        &["settings"],
        &["transport"],
        &["generated/client"],
        &["hooks"],
        &["request"],
        &["stream", "operations"],
        &["client"],
        &["builder"],
        &["extras", "api"],
        &["generated/mod", "lib"],
    ],
    known_exceptions: &[],
};

const CODEGEN: Table = Table {
    folder: "codegen",
    layers: &[
        &["openapi", "fingerprint"],
        &["view"],
        &["bare_or_wrapped", "decoding", "enums", "json_schemas", "operation", "requests", "tolerance", "types"],
        &["client"],
        &["mod"],
    ],
    known_exceptions: &[],
};

const LOCAL: Table = Table {
    folder: "local/src",
    layers: &[
        &["address", "builder", "error", "fault", "host", "page", "tenant", "text", "turns"],
        &["pool"],
        &["store"],
        &["answer", "synthesis"],
        &["api_error"],
        &["slots", "stream"],
        &["app"],
        &["body"],
        &["fault_layer", "guard", "health", "routes"],
        &["docs"],
        &["server"],
        &["lib", "bin"],
    ],
    known_exceptions: &[
        ("app.rs", "docs/mod.rs"),
        ("app.rs", "fault_layer.rs"),
        ("app.rs", "guard.rs"),
        ("app.rs", "health.rs"),
        ("app.rs", "routes/buckets.rs"),
        ("app.rs", "routes/memories.rs"),
        ("app.rs", "routes/mod.rs"),
        ("app.rs", "routes/profile.rs"),
        ("app.rs", "routes/query.rs"),
        ("builder.rs", "server.rs"),
        ("page.rs", "api_error.rs"),
        ("slots.rs", "app.rs"),
        ("slots.rs", "body.rs"),
        ("store/buckets.rs", "store/memories.rs"),
        ("store/buckets.rs", "store/mod.rs"),
        ("store/memories.rs", "store/mod.rs"),
        ("store/writer.rs", "store/mod.rs"),
        ("tenant.rs", "api_error.rs"),
        ("tenant.rs", "app.rs"),
        ("tenant.rs", "body.rs"),
    ],
};

const DESCRIPTION: Table = Table {
    folder: "description/src",
    layers: &[
        &["mismatch"],
        &["allowance", "exchange", "route", "schema"],
        &["description"],
        &["request"],
        &["events"],
        &["answer"],
        &["proxy"],
        &["lib", "bin"],
    ],
    known_exceptions: &[("schema.rs", "description.rs")],
};

const XTASK: Table = Table {
    folder: "xtask/src",
    layers: &[
        &["project"],
        &["browser", "node", "python", "release", "server"],
        &["dependents", "regen"],
        &[
            "bench",
            "check",
            "conformance",
            "diff",
            "docs",
            "faults",
            "fuzz",
            "gateways",
            "schemathesis",
            "sdk",
            "surface",
            "web_pages",
            "workflow",
        ],
        &["ci"],
        &["main"],
    ],
    known_exceptions: &[
        ("check/prove.rs", "check.rs"),
        ("check/validators/openapi_spec_validator.rs", "check/validators.rs"),
        ("check/validators/redocly.rs", "check/validators.rs"),
        ("diff/operations.rs", "diff.rs"),
        ("diff/places.rs", "diff.rs"),
        ("diff/report.rs", "diff.rs"),
        ("diff/schemas.rs", "diff.rs"),
        ("sdk/smoke.rs", "sdk.rs"),
    ],
};

#[test]
fn the_sdk_keeps_to_its_layers() {
    check(&SDK);
}

#[test]
fn the_generator_keeps_to_its_layers() {
    check(&CODEGEN);
}

#[test]
fn the_local_server_keeps_to_its_layers() {
    check(&LOCAL);
}

#[test]
fn the_description_keeps_to_its_layers() {
    check(&DESCRIPTION);
}

#[test]
fn the_tasks_keep_to_their_layers() {
    check(&XTASK);
}

#[track_caller]
fn check(table: &Table) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(table.folder);
    let mut files = Files::new();
    read(&folder, &folder, &mut files);
    let problems = problems(table, &files);
    assert!(
        problems.is_empty(),
        "{} problems (the layers are in {}):\n{}",
        problems.len(),
        file!(),
        problems.join("\n")
    );
}

fn read(folder: &Path, root: &Path, files: &mut Files) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            read(&path, root, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(name(path.strip_prefix(root).unwrap()), fs::read_to_string(&path).unwrap());
        }
    }
}

/// With `/` on every system.
fn name(path: &Path) -> String {
    path.iter().collect::<Vec<_>>().join("/".as_ref()).into_string().unwrap()
}
