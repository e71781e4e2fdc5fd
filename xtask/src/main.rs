//! The project's own tasks: `cargo xtask` lists them.

#[path = "../../codegen/mod.rs"]
mod codegen;

mod bench;
mod ci;
mod conformance;
mod dependents;
mod docs;
mod faults;
mod fuzz;
mod node;
#[path = "../../local/src/docs/page.rs"]
mod page;
mod project;
mod python;
mod regen;
mod schemathesis;
mod server;
mod spec;
mod workflow;

use std::process::ExitCode;

use clap::Parser;

/// The project's own tasks.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", arg_required_else_help = true)]
enum Task {
    /// Write src/generated.rs from openapi/engram.yaml
    Regen {
        /// Write nothing; fail with a diff where the file is stale
        #[arg(long)]
        check: bool,
    },
    /// Validate openapi/engram.yaml with two independent validators (needs Python and Node)
    Spec,
    /// Write the reference page of the API
    Docs(docs::Options),
    /// Prove, on a copy of the project, that a change of the description reaches callers
    Workflow,
    /// Check what a dependent gets: no generator in its build, and dependencies that keep to the minimum Rust version
    Dependents,
    /// Run the official Python client, unchanged, against the local server (needs Python)
    Conformance,
    /// Play every fault to this client and to the official Python client, and write faults/TABLE.md (needs Python)
    Faults {
        /// Play to this client only, and write nothing; fail where a case is wrong, or the table stale
        #[arg(long)]
        check: bool,
        /// Play only the cases that hold this text in their name, and print them
        #[arg(long, value_name = "TEXT", conflicts_with = "check")]
        only: Option<String>,
    },
    /// Search for answers of the local server that openapi/engram.yaml does not allow (needs Python)
    Schemathesis,
    /// Fuzz what the client makes of a server's answers (needs a C++ compiler)
    Fuzz(fuzz::Options),
    /// Measure the client
    #[command(subcommand)]
    Bench(bench::Benchmark),
    /// Run every check that decides whether a change lands
    Ci,
}

fn main() -> ExitCode {
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
        Task::Regen { check } => regen::run(check),
        Task::Spec => spec::validate(),
        Task::Docs(options) => docs::docs(options),
        Task::Workflow => workflow::prove(),
        Task::Dependents => dependents::check(),
        Task::Conformance => conformance::check(),
        Task::Faults { check, only } => faults::play(check, only.as_deref()),
        Task::Schemathesis => schemathesis::check(),
        Task::Fuzz(options) => fuzz::fuzz(&options),
        Task::Bench(benchmark) => bench::run(&benchmark),
        Task::Ci => ci::run_checks(),
    }
}
