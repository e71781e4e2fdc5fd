//! `cargo xtask docs`: the reference page of the API as files, for any static host or for no host at all; and a check, in a real
//! browser, that it and the one of the local server show everything.

pub(crate) mod page;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::browser::Browser;
use crate::project::{self, failure, run, work_directory};
use crate::server::Server;
use crate::spec_package;

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
    println!("{}", page::write(&directory)?.display());
    Ok(())
}

pub(crate) fn check() -> Result<()> {
    let reader = Reader::find()?;
    let directory = work_directory("docs")?;
    // As it is in the package of the spec.
    let page = spec_package::write(&directory.join("package"))?;
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
        fs::write(&spec, project::spec()?.to_string()).with_context(|| format!("cannot write {}", spec.display()))?;
        Ok(Self { browser, spec })
    }

    fn open(&self, page: impl AsRef<OsStr>) -> Command {
        let mut command = self.browser.script("docs/page.mjs");
        command.arg(&self.spec).arg(page);
        command
    }
}
