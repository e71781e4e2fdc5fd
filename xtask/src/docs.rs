//! `cargo xtask docs`: the reference page of the API as files, for any static host or for no host at all; and a check, in a real
//! browser, that it and the one of the local server show everything.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::node;
use crate::page::{self, Page};
use crate::project::{SPEC, failure, root, run, work_directory};
use crate::server::Server;

const PLAYWRIGHT: &str = "playwright-core@1.65.1";
/// Names a browser that is to be used in place of one of these.
const CHROMIUM: &str = "CHROMIUM";
const CHROMIUM_NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

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
    /// Where to put index.html and its script; below the build directory by default
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Check in headless Chromium that this page, and the one of the local server, show everything (needs Node and Chromium)
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
    let script = page::script().context("the sources of the crate `scalar_api_reference` are gone: build again")?;
    let index = directory.join("index.html");
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    fs::write(directory.join("scalar.js"), script)
        .with_context(|| format!("cannot write to {}", directory.display()))?;
    fs::write(&index, html(&spec)?).with_context(|| format!("cannot write {}", index.display()))?;
    Ok(index)
}

/// The page with the description in it, since a page that is opened as a file may read no other. It is for reading: it sends no
/// requests, since a key does not belong on a page of a foreign host.
fn html(spec: &str) -> Result<String> {
    let title = parse(spec)?["info"]["title"].as_str().context("the description has no title")?.to_owned();
    let configuration = [("content", json!(spec)), ("hideTestRequestButton", json!(true))];
    Ok(Page { title: &title, script: "scalar.js", connect: "'none'", configuration: &configuration }.html())
}

fn parse(spec: &str) -> Result<Value> {
    serde_saphyr::from_str(spec).with_context(|| format!("{SPEC} is not valid YAML"))
}

pub(crate) fn check() -> Result<()> {
    let browser = Browser::find()?;
    let directory = work_directory("docs")?;
    let page = write(&directory.join("checked"))?;
    run(&mut browser.open(&page))?;
    finds_faults(&browser, &page)?;
    let server = Server::start(&[])?;
    run(&mut browser.open(format!("{}/docs", server.base_url)))
}

/// Proves on a spoilt copy of the page that the check fails where it should.
fn finds_faults(browser: &Browser, page: &Path) -> Result<()> {
    let mut html = fs::read_to_string(page)?;
    for (text, spoilt) in FAULTS {
        ensure!(html.contains(text), "the page has no {text:?} to spoil");
        html = html.replacen(text, spoilt, 1);
    }
    let spoilt = page.with_file_name("spoilt.html");
    fs::write(&spoilt, html).with_context(|| format!("cannot write {}", spoilt.display()))?;
    let found = failure(&mut browser.open(&spoilt))?;
    for problem in PROBLEMS {
        ensure!(found.contains(problem), "a spoilt page passes without {problem:?}:\n{found}");
    }
    println!("{}, a spoilt copy, is found to be one", spoilt.display());
    Ok(())
}

/// Headless Chromium, and what it needs to look at pages.
struct Browser {
    chromium: PathBuf,
    /// The folder with Playwright.
    packages: PathBuf,
    /// The description, in JSON.
    spec: PathBuf,
}

impl Browser {
    fn find() -> Result<Self> {
        let chromium = chromium()?;
        let directory = work_directory("docs")?;
        let (packages, spec) = (directory.join("node"), directory.join("engram.json"));
        node::packages(&packages, &[PLAYWRIGHT])?;
        let yaml = fs::read_to_string(root().join(SPEC)).with_context(|| format!("cannot read {SPEC}"))?;
        fs::write(&spec, parse(&yaml)?.to_string()).with_context(|| format!("cannot write {}", spec.display()))?;
        Ok(Self { chromium, packages, spec })
    }

    fn open(&self, page: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("node");
        command.arg(root().join("xtask/docs/page.mjs")).args([&self.chromium, &self.spec]).arg(page);
        command.current_dir(&self.packages);
        command
    }
}

fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(CHROMIUM).map(PathBuf::from) {
        ensure!(named.is_file(), "{CHROMIUM} is set to {}, which is no file", named.display());
        return Ok(named);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let mut candidates = CHROMIUM_NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.find(|candidate| candidate.is_file()).with_context(|| {
        format!(
            "this task needs Chromium or Chrome: `apt install chromium`, or set {CHROMIUM} to the path of its program"
        )
    })
}
