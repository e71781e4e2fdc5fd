//! `cargo xtask schemathesis`: property-based tests over HTTP, made from the spec. Requests that fit it, and requests that
//! do not, get no answer from the local server that the spec does not allow, and no server error.

use std::process::Command;

use anyhow::Result;

use crate::project::{SPEC, root, run, work_directory};
use crate::python;
use crate::server::Server;

const SCHEMATHESIS: &str = "schemathesis==4.32.5";
const API_KEY: &str = "eng_live_schemathesis";

pub(crate) fn check() -> Result<()> {
    let directory = work_directory("schemathesis")?;
    let programs = python::environment(&directory.join("python"), &[SCHEMATHESIS])?;
    // With a key of its own, so that a request with another key is one without authorization.
    let server = Server::start(&["--api-key", API_KEY])?;
    let settings = root().join("xtask/schemathesis");
    run(Command::new(programs.join("schemathesis"))
        .arg("--config-file")
        .arg(settings.join("schemathesis.toml"))
        .arg("run")
        .arg(root().join(SPEC))
        .args(["--url", &server.base_url, "--header", &format!("Authorization: Bearer {API_KEY}")])
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", settings)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(directory))
}
