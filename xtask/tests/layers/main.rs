//! No crate has a circle of imports, and where a crate has layers, a file imports only from its own and from those before it.
#![allow(clippy::panic, clippy::unwrap_used)]

mod imports;
mod proofs;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use imports::Files;
use rules::{circles, out_of_order};

/// The first layer uses no other. `a/b` means `a/b.rs` and everything in `a/b/`; the longest entry that fits a file places it.
type Layers = &'static [&'static [&'static str]];

const SDK: Layers = &[
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
    &["generated/mod", "guide", "lib"],
];

const CODEGEN: Layers = &[
    &["openapi", "fingerprint"],
    &["view"],
    &["bare_or_wrapped", "decoding", "enums", "json_schemas", "operation", "requests", "tolerance", "types"],
    &["client"],
    &["mod", "tests"],
];

const LOCAL: Layers = &[
    &["error", "fault", "host", "tenant", "text", "vector"],
    &["address", "chat", "embeddings", "endpoint", "permits", "settings"],
    &["store"],
    &["recall", "answer"],
    &["graph", "profile"],
    &["http/error", "http/sse"],
    &["http/body", "http/state"],
    &["http/extract"],
    &["http/auth", "http/faults", "http/guard", "http/health", "http/limits", "http/routes"],
    &["http/document"],
    &["http/docs", "http/page"],
    &["http/router"],
    &["http/serve", "http/mod"],
    &["builder"],
    &["server"],
    &["program"],
    &["lib", "bin"],
];

const TOOLS: Layers =
    &[&["arguments", "budget", "definition", "error", "reply"], &["memory"], &["tools"], &["memory_tools"], &["lib"]];

const CLI: Layers = &[
    &["bucket_name", "failure", "layout", "secret", "text"],
    &["credentials", "facts", "interrupts", "output", "terminal"],
    &["connection", "progress"],
    &["context", "project"],
    &["hook", "mcp"],
    &["commands"],
    &["arguments"],
    &["main"],
];

const MODEL: Layers = &[&["built_in", "error", "threads"], &["network", "tokenizer"], &["encoder"], &["lib"]];

#[test]
fn a_file_imports_only_from_its_own_layer_and_those_before_it() {
    for (folder, layers) in [
        ("src", SDK),
        ("codegen", CODEGEN),
        ("local/src", LOCAL),
        ("model/src", MODEL),
        ("tools/src", TOOLS),
        ("cli/src", CLI),
    ] {
        let problems = out_of_order(layers, &read(&root().join(folder)));
        assert!(problems.is_empty(), "in {folder}/ (the layers are in {}):\n{}", file!(), problems.join("\n"));
    }
}

#[test]
fn no_crate_has_a_circle_of_imports() {
    let manifests = files_below(&root()).into_iter().filter(|path| path.ends_with("Cargo.toml"));
    let sources = manifests.map(|manifest| manifest.with_file_name("src")).filter(|folder| folder.exists());
    let folders: Vec<PathBuf> = sources.chain([root().join("codegen")]).collect();
    assert!(folders.len() > 5, "{folders:?}");
    for folder in folders {
        let name = name(folder.strip_prefix(root()).unwrap());
        let problems = circles(&read(&folder));
        assert!(problems.is_empty(), "in {name}/:\n{}", problems.join("\n"));
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The Rust files of a crate.
fn read(folder: &Path) -> Files {
    let files =
        files_below(folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.map(|path| (name(path.strip_prefix(folder).unwrap()), fs::read_to_string(&path).unwrap())).collect()
}

/// All files that are in the repository, and more.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        !name.starts_with('.') && name != "target" && name != "node_modules"
    };
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(is_ours);
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// With `/` on every system.
fn name(path: &Path) -> String {
    path.iter().collect::<Vec<_>>().join("/".as_ref()).into_string().unwrap()
}
