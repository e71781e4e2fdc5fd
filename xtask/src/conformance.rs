//! `cargo xtask conformance`: the official Python client, unchanged, does every one of its operations against the local server and
//! reads back what it stored. It shows that the description and the server are the real API's and not our idea of it.

use std::process::Command;

use anyhow::Result;

use crate::project::{root, run};
use crate::python;
use crate::server::Server;

const VERSIONS: [&str; 2] = ["0.2.1", "0.5.1"];

pub(crate) fn check() -> Result<()> {
    for version in VERSIONS {
        let python = python::official_client(version)?;
        let server = Server::start(&[])?;
        run(Command::new(python)
            .arg(root().join("xtask/conformance/official_client.py"))
            .env("ENGRAM_BASE_URL", &server.base_url)
            .env("ENGRAM_API_KEY", "eng_live_conformance"))?;
    }
    Ok(())
}
