//! The project's own tasks: `cargo xtask` lists them.

#[path = "../../codegen/mod.rs"]
mod codegen;

mod bench;
mod browser;
mod check;
mod ci;
mod conformance;
mod dependents;
mod diff;
mod dist;
mod docs;
mod faults;
mod fuzz;
mod gateways;
mod mcp;
mod node;
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
        /// Write nothing; fail with a diff where a file is stale
        #[arg(long)]
        check: bool,
    },
    /// Check openapi/engram.yaml after an edit, and what was made from it (needs Python and Node)
    Check(check::Options),
    /// List what changed in openapi/engram.yaml for callers; fail where the version does not say so
    Diff(diff::Options),
    /// Write the public API of the libraries to api/, for review
    Surface {
        /// Write nothing; fail with a diff where it has changed, or where it breaks dependents of the last release
        #[arg(long)]
        check: bool,
    },
    /// Write the reference page of the API, or check it in headless Chromium
    Docs(docs::Options),
    /// Add an endpoint to a copy of the project, as CONTRIBUTING.md says, and call the new method
    Workflow,
    /// Check what a dependent gets: no generator in its build, dependencies that keep to the minimum Rust version, and a build with the newest
    /// and with the oldest versions of everything
    Dependents,
    /// Run public clients of the API, unchanged, against the local server, with every request and answer checked (needs Python)
    Conformance,
    /// Play every fault to this client, and write dev/faults/TABLE.md; or to the official Python client, and write its column
    Faults(faults::Options),
    /// Send bursts through nginx, haproxy and nghttpx to the local server, and write GATEWAYS.md (needs all three, and a POSIX shell)
    Gateways {
        /// Send with this client only, and write nothing; fail where a call is lost, or the table stale
        #[arg(long)]
        check: bool,
        /// Play only the cases that hold this text, such as "nginx HTTP/2 reloaded", and print them
        #[arg(long, value_name = "TEXT", conflicts_with = "check")]
        only: Option<String>,
    },
    /// Search for answers of the local server that openapi/engram.yaml does not allow (needs Python)
    Schemathesis,
    /// Have three independent MCP clients use the MCP server of `lumetra-engram` (needs Python and Node)
    Mcp,
    /// Run `lumetra-engram` in a terminal, draw cli/session.svg from what it shows, and print that (needs Python, and a Unix)
    Session,
    /// Check in headless Chromium that pages of other origins can't use the local server (needs Node and Chromium)
    WebPages,
    /// Use every function of the page that shows what is remembered, in headless Chromium (needs Node and Chromium)
    Page(page::Options),
    /// Make an SDK for another language from openapi/engram.yaml (needs Python 3.11; for TypeScript Node)
    Sdk(sdk::Options),
    /// Fuzz what the client makes of a server's answers (needs a C++ compiler)
    Fuzz(fuzz::Options),
    /// Measure the client beside others, and write BENCHMARKS.md (needs Python)
    Bench(bench::Options),
    /// Measure what share of questions finds its memories in the local server, with a set of the project's own or with LoCoMo; `cargo xtask
    /// recall --help` lists the options
    #[command(disable_help_flag = true)]
    Recall(recall::Options),
    /// Pack the programs for release, below target/dist/packages: an archive, a Debian package, a Python wheel; and use each (needs Python)
    Dist(dist::Options),
    /// Run every check that decides whether a change lands
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
        Task::Dependents => dependents::check(),
        Task::Conformance => conformance::check(),
        Task::Faults(options) => faults::play(&options),
        Task::Gateways { check, only } => gateways::play(check, only.as_deref()),
        Task::Schemathesis => schemathesis::check(),
        Task::Mcp => mcp::check(),
        Task::Session => session::record(),
        Task::WebPages => web_pages::check(),
        Task::Page(options) => page::page(&options),
        Task::Sdk(options) => sdk::run(&options),
        Task::Fuzz(options) => fuzz::fuzz(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Recall(options) => recall::measure(&options),
        Task::Dist(options) => dist::run(&options),
        Task::Ci(options) => ci::run_checks(&options),
    }
}
