//! `cargo xtask docs`: the reference page of the API as files, for any static host or for no host at all; and a check, in a real
//! browser, that it and the one of the local server show everything.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::project::{SPEC, failure, root, run, work_directory};
use crate::reference::{self, Page};
use crate::server::Server;

/// What spoils a page, as texts of it and what stands in their place. Port 9, `discard`, is one that browsers never connect to.
const FAULTS: [(&str, &str); 3] = [
    // An operation is hidden.
    ("      operationId: ", "      x-internal: true\\n      operationId: "),
    // An image of another host is permitted, and there.
    ("img-src data:", "img-src *"),
    ("<body>", "<body><img src=\"http://127.0.0.1:9/\"><script src=\"http://127.0.0.1:9/\"></script>"),
];
/// What the check says about it.
const PROBLEMS: [&str; 4] = [
    "is not shown",
    "it asks another host: http://127.0.0.1:9/",
    "a request fails: http://127.0.0.1:9/",
    // Of the script, which is not permitted.
    "violates the following Content Security Policy",
];

#[derive(Args)]
pub(crate) struct Options {
    /// The folder for index.html and its script; below the build directory by default
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Check in headless Chromium that this page and that of the local server show everything (needs Node and Chromium)
    #[arg(long, conflicts_with = "out")]
    check: bool,
}

pub(crate) fn docs(options: Options) -> Result<()> {
    if options.check {
        return check();
    }
    let directory = options.out.map_or_else(|| work_directory("docs").map(|directory| directory.join("page")), Ok)?;
    println!("{}", write(&directory)?.display());
    Ok(())
}

/// Writes the page, and returns the path of its HTML.
fn write(directory: &Path) -> Result<PathBuf> {
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
    let title = parse(spec)?["info"]["title"].as_str().context("the spec has no title")?.to_owned();
    let configuration = [("content", json!(spec)), ("hideTestRequestButton", json!(true))];
    Ok(Page { title: &title, script: "scalar.js", connect: "'none'", configuration: &configuration }.html())
}

fn parse(spec: &str) -> Result<Value> {
    serde_saphyr::from_str(spec).with_context(|| format!("{SPEC} is not valid YAML"))
}

pub(crate) fn check() -> Result<()> {
    let reader = Reader::find()?;
    let directory = work_directory("docs")?;
    let page = write(&directory.join("checked"))?;
    run(&mut reader.open(&page))?;
    finds_faults(&reader, &page)?;
    let server = Server::start(&[])?;
    run(&mut reader.open(format!("{}/docs", server.base_url)))
}

/// Proves on a spoilt copy of the page that the check fails where it should.
fn finds_faults(reader: &Reader, page: &Path) -> Result<()> {
    let mut html = fs::read_to_string(page)?;
    for (text, spoilt) in FAULTS {
        ensure!(html.contains(text), "the page has no {text:?} to spoil");
        html = html.replacen(text, spoilt, 1);
    }
    let spoilt = page.with_file_name("spoilt.html");
    fs::write(&spoilt, html).with_context(|| format!("cannot write {}", spoilt.display()))?;
    // What is hidden there is waited for in vain.
    let found = failure(reader.open(&spoilt).arg("4"))?;
    for problem in PROBLEMS {
        ensure!(found.contains(problem), "a spoilt page passes without {problem:?}:\n{found}");
    }
    println!("{}, a spoilt copy, is found to be one", spoilt.display());
    Ok(())
}

/// The browser, and what it looks for on pages.
struct Reader {
    browser: Browser,
    /// The spec, in JSON.
    spec: PathBuf,
}

impl Reader {
    fn find() -> Result<Self> {
        let browser = Browser::find()?;
        let spec = work_directory("docs")?.join("engram.json");
        let yaml = fs::read_to_string(root().join(SPEC)).with_context(|| format!("cannot read {SPEC}"))?;
        fs::write(&spec, parse(&yaml)?.to_string()).with_context(|| format!("cannot write {}", spec.display()))?;
        Ok(Self { browser, spec })
    }

    fn open(&self, page: impl AsRef<OsStr>) -> Command {
        let mut command = self.browser.script("docs/page.mjs");
        command.arg(&self.spec).arg(page);
        command
    }
}
