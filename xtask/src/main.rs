//! The project's own tasks: `cargo xtask` lists them.

#[path = "../../codegen/mod.rs"]
mod codegen;

mod bench;
mod browser;
mod check;
mod ci;
mod conformance;
mod deny;
mod dependents;
mod diff;
mod dist;
mod docs;
mod faults;
mod fuzz;
mod gateways;
mod layout;
mod links;
mod mcp;
mod node;
mod package;
mod page;
mod project;
mod python;
mod recall;
#[path = "../../local/src/http/docs/page.rs"]
mod reference;
mod regen;
mod release;
mod rig;
mod schemathesis;
mod sdk;
mod server;
mod session;
mod spec_package;
mod surface;
mod web_pages;
mod workflow;

use std::process::ExitCode;

use clap::Parser;

/// The project's own tasks.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", arg_required_else_help = true)]
enum Task {
    /// Write src/generated/ from openapi/engram.yaml
    Regen {
        /// Write nothing; fail with a diff if a file is stale
        #[arg(long)]
        check: bool,
    },
    /// Check openapi/engram.yaml after an edit, and the files generated from it (needs Python and Node)
    Check(check::Options),
    /// List the changes of openapi/engram.yaml for callers; fail if the version does not match them
    Diff(diff::Options),
    /// Write the public API of the libraries to api/, for review
    Surface {
        /// Write nothing; fail with a diff if it has changed, or if it breaks dependents of the last release
        #[arg(long)]
        check: bool,
    },
    /// Write the reference page of the API, or check it in headless Chromium
    Docs(docs::Options),
    /// Add an endpoint to a copy of the project, as CONTRIBUTING.md says, and call the new method
    Workflow,
    /// Package every crate as it is published, and print its size
    Package,
    /// Check what dependents get: a build without the generator, dependencies that support the minimum Rust version, a test with the local
    /// server from the packaged crates alone, and builds with the newest and the oldest versions of everything
    Dependents,
    /// Check licences, sources and duplicates of all dependencies with cargo-deny; and advisories, where their database can be had (needs Python)
    Deny,
    /// Try the steps of RELEASING.md as far as they go without an upload, and say which are open
    Release(release::Options),
    /// Run public clients of the API, unchanged, against the local server, with every request and answer checked (needs Python)
    Conformance,
    /// Test this client against every fault, and write dev/faults/TABLE.md; or the official Python client, and write its column
    Faults(faults::Options),
    /// Send bursts through nginx, haproxy and nghttpx to the local server, and write GATEWAYS.md (needs all three, and a POSIX shell)
    Gateways {
        /// Use this client only, and write nothing; fail if a call is lost or the table is stale
        #[arg(long)]
        check: bool,
        /// Run only the cases whose name contains this text, such as "nginx HTTP/2 reloaded", and print them
        #[arg(long, value_name = "TEXT", conflicts_with = "check")]
        only: Option<String>,
    },
    /// Search for responses of the local server that openapi/engram.yaml does not allow (needs Python)
    Schemathesis,
    /// Test the MCP server of `lumetra-engram` with three independent MCP clients (needs Python and Node)
    Mcp,
    /// Record a terminal session of `lumetra-engram` as cli/session.svg, and print it (needs Python and Unix)
    Session,
    /// Check in headless Chromium that pages of other origins can't use the local server (needs Node and Chromium)
    WebPages,
    /// Test every function of the local server's page in headless Chromium (needs Node and Chromium)
    Page(page::Options),
    /// Make an SDK for another language from openapi/engram.yaml (needs Python 3.11; for TypeScript Node)
    Sdk(sdk::Options),
    /// Make packages of the spec, and of the SDKs for other languages, in target/dist/spec (needs Python 3.11 and Node)
    SpecPackage,
    /// Fuzz the client with server responses (needs a C++ compiler)
    Fuzz(fuzz::Options),
    /// Benchmark the client against others, and write BENCHMARKS.md (needs Python)
    Bench(bench::Options),
    /// Measure the recall of the local server, with the project's own set or with LoCoMo; `cargo xtask recall --help` lists the options
    #[command(disable_help_flag = true)]
    Recall(recall::Options),
    /// Pack the programs for release, in target/dist/packages: an archive, a Debian package, a Python wheel; and use each (needs Python)
    Dist(dist::Options),
    /// Run every check that a change must pass
    Ci(ci::Options),
}

fn main() -> ExitCode {
    if let Some(code) = surface::in_place_of_rustdoc() {
        return code;
    }
    match run(Task::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Regen { check } => regen::run(project::root(), check),
        Task::Check(options) => check::run(&options),
        Task::Diff(options) => diff::run(&options),
        Task::Surface { check } => surface::run(check),
        Task::Docs(options) => docs::docs(options),
        Task::Workflow => workflow::prove(),
        Task::Package => package::package(),
        Task::Dependents => dependents::check(),
        Task::Deny => deny::check(),
        Task::Release(options) => release::run(&options),
        Task::Conformance => conformance::check(),
        Task::Faults(options) => faults::play(&options),
        Task::Gateways { check, only } => gateways::play(check, only.as_deref()),
        Task::Schemathesis => schemathesis::check(),
        Task::Mcp => mcp::check(),
        Task::Session => session::record(),
        Task::WebPages => web_pages::check(),
        Task::Page(options) => page::page(&options),
        Task::Sdk(options) => sdk::run(&options),
        Task::SpecPackage => spec_package::run(),
        Task::Fuzz(options) => fuzz::fuzz(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Recall(options) => recall::measure(&options),
        Task::Dist(options) => dist::run(&options),
        Task::Ci(options) => ci::run_checks(&options),
    }
}
