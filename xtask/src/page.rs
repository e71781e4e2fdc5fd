//! `cargo xtask page`: every function of the page that shows what is remembered, in headless Chromium, against the local server and against
//! a scripted one.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::browser::Browser;
use crate::node::{self, Packages};
use crate::project::{root, run, work_directory};
use crate::server;

const AXE: &str = "axe-core@4.12.1";
/// What draws the graph.
const GRAPH: [&str; 4] = ["d3-dispatch@3.0.2", "d3-force@3.0.1", "d3-quadtree@3.0.2", "d3-timer@3.0.2"];
/// Where the page has its files of these packages, as they are in them.
const VENDOR: &str = "local/page/vendor";
const LICENSE: &str = "LICENSE";

#[derive(Args)]
pub(crate) struct Options {
    /// Run only the tests whose name contains this text
    part: Option<String>,
    /// Write local/page/vendor/ from the npm packages of these versions, and run no tests
    #[arg(long, conflicts_with = "part")]
    vendor: bool,
}

pub(crate) fn page(options: &Options) -> Result<()> {
    let packages = packages()?;
    if options.vendor {
        return vendored(&packages)?.into_iter().try_for_each(|file| {
            fs::write(&file.path, file.content).with_context(|| format!("cannot write {}", file.path.display()))
        });
    }
    for File { path, content } in vendored(&packages)? {
        let is_same = fs::read(&path).is_ok_and(|found| found == content);
        ensure!(is_same, "{} is not that of its package: `cargo xtask page --vendor`", path.display());
    }
    let browser = Browser::find()?;
    let mut command = browser.script("page/page.mjs");
    run(command.arg(server::program()?).arg(packages.file("axe-core/axe.min.js")).args(&options.part))
}

pub(crate) fn check() -> Result<()> {
    page(&Options { part: None, vendor: false })
}

fn packages() -> Result<Packages> {
    let wanted = [&[AXE], &GRAPH[..]].concat();
    node::packages(&work_directory("page")?.join("node"), &wanted)
}

/// A file of the page that comes from a package.
struct File {
    path: PathBuf,
    content: Vec<u8>,
}

/// The scripts, and their licence: it is the same one for all of them.
fn vendored(packages: &Packages) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for package in GRAPH {
        let (name, _) = package.split_once('@').context("a package has a version")?;
        let script = format!("{name}.min.js");
        for (from, to) in [(format!("{name}/dist/{script}"), script.as_str()), (format!("{name}/{LICENSE}"), LICENSE)] {
            let from = packages.file(&from);
            let content = fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
            files.push(File { path: root().join(VENDOR).join(to), content });
        }
    }
    Ok(files)
}
