//! `cargo xtask web-pages`: pages of other origins, in headless Chromium, neither read, store nor delete anything in the local server.

use anyhow::Result;

use crate::browser::Browser;
use crate::project::run;
use crate::server;

pub(crate) fn check() -> Result<()> {
    let browser = Browser::find()?;
    run(browser.script("web-pages/pages.mjs").arg(server::program()?))
}
