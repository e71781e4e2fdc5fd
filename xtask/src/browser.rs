//! Headless Chromium, for the tasks that try pages in a real browser.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::node;
use crate::project::{root, work_directory};

const PLAYWRIGHT: &str = "playwright-core@1.65.1";
/// Names a browser that is to be used in place of one of these.
const CHROMIUM: &str = "CHROMIUM";
const CHROMIUM_NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

pub(crate) struct Browser {
    chromium: PathBuf,
    /// The folder with Playwright.
    packages: PathBuf,
}

impl Browser {
    pub(crate) fn find() -> Result<Self> {
        let chromium = chromium()?;
        let packages = work_directory("docs")?.join("node");
        node::packages(&packages, &[PLAYWRIGHT])?;
        Ok(Self { chromium, packages })
    }

    /// Runs a script of this folder, whose first argument is the path of the browser.
    pub(crate) fn script(&self, path: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(root().join("xtask").join(path)).arg(&self.chromium).current_dir(&self.packages);
        command
    }
}

fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(CHROMIUM).map(PathBuf::from) {
        ensure!(named.is_file(), "{CHROMIUM} is set to {}, which is not a file", named.display());
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
