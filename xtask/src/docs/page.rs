//! The reference page as files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::project::{self, SPEC, root};
use crate::reference::{self, Page};

/// Writes the page, and returns the path of its HTML.
pub(crate) fn write(directory: &Path) -> Result<PathBuf> {
    let spec = fs::read_to_string(root().join(SPEC)).with_context(|| format!("cannot read {SPEC}"))?;
    let script =
        reference::script().context("the sources of the crate `scalar_api_reference` are gone: build again")?;
    let index = directory.join("index.html");
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    fs::write(directory.join("scalar.js"), script)
        .with_context(|| format!("cannot write to {}", directory.display()))?;
    fs::write(&index, html(&spec)?).with_context(|| format!("cannot write {}", index.display()))?;
    Ok(index)
}

/// The page with the spec in it, since a page that is opened as a file may read no other. It is for reading: it sends no
/// requests, since a key does not belong on a page of a foreign host.
fn html(spec: &str) -> Result<String> {
    let title = project::spec()?["info"]["title"].as_str().context("the spec has no title")?.to_owned();
    let configuration = [("content", json!(spec)), ("hideTestRequestButton", json!(true))];
    Ok(Page { title: &title, script: "scalar.js", connect: "'none'", configuration: &configuration }.html())
}
