//! `cargo xtask sdk --smoke`: all packages are made, and used where their languages are at hand. Those for Python and TypeScript are
//! installed in empty environments from their files, and a program does every operation with each against the local server. Those for
//! other languages are compiled. The first call of a README is run as it stands there.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::generators;
use crate::layout::{NAME, version};
use crate::project::{emptied, output, root, run, work_directory};
use crate::server::Server;
use crate::{node, python};

const API_KEY: &str = "eng_live_smoke";
/// Checks the types of Python programs.
const MYPY: &str = "mypy==2.4.1";

pub(crate) fn prove(packages: &Path) -> Result<()> {
    let version = version()?;
    let server = Server::start(&["--api-key", API_KEY])?;
    run_python(&packages.join(format!("lumetra_engram_openapi_client-{version}-py3-none-any.whl")), &server)?;
    run_typescript(&packages.join(format!("{NAME}-client-{version}.tgz")), &server)?;
    run_go(&unpacked(packages, "go")?, &server)?;
    compile(
        "Java",
        Command::new("mvn").args(["--batch-mode", "--quiet", "-DskipTests", "package"]),
        &unpacked(packages, "java")?,
        "could not be resolved",
    )?;
    compile("C#", Command::new("dotnet").args(["build", "src/EngramOpenApi"]), &unpacked(packages, "csharp")?, "NU1301")
}

fn run_python(wheel: &Path, server: &Server) -> Result<()> {
    let work = emptied("sdk/python")?;
    let environment = work.join("environment");
    let wheel = wheel.to_str().context("the build directory's name is not UTF-8")?;
    let programs = python::environment(&environment, &[wheel, MYPY])?;
    fs::write(work.join("first_call.py"), first_call("python", "python")?)?;
    fs::copy(root().join("xtask/sdk/smoke.py"), work.join("smoke.py")).context("cannot copy smoke.py")?;
    for checked in [&["--package", "engram_openapi"][..], &["first_call.py", "smoke.py"]] {
        let mut mypy = Command::new(programs.join("mypy"));
        run(mypy.args(["--strict", "--cache-dir", "mypy-cache"]).args(checked).current_dir(&work))?;
    }
    let python = || {
        let mut command = Command::new(programs.join("python"));
        command.current_dir(&work);
        command
    };
    answers(python().arg("first_call.py"), server)?;
    run(with_server(python().arg("smoke.py"), server))
}

/// The programs are compiled in a folder where they find the packages of TypeScript, too.
fn run_typescript(package: &Path, server: &Server) -> Result<()> {
    let packages = generators::typescript()?;
    let work = emptied("sdk/typescript/smoke")?;
    fs::write(work.join("first-call.ts"), first_call("typescript", "ts")?)?;
    for file in ["smoke.ts", "tsconfig.json", "package.json"] {
        fs::copy(root().join("xtask/sdk").join(file), work.join(file))
            .with_context(|| format!("cannot copy {file}"))?;
    }
    let install = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
    run(node::npm(&install).arg(package).current_dir(&work))?;
    run(Command::new(packages.program("tsc")).arg("--project").arg(&work))?;
    answers(Command::new("node").arg("built/first-call.js").current_dir(&work), server)?;
    run(with_server(Command::new("node").arg("built/smoke.js").current_dir(&work), server))
}

/// Compiled and run without any module but the SDK's.
fn run_go(sdk: &Path, server: &Server) -> Result<()> {
    let (work, cache) = (emptied("sdk/go")?, work_directory("sdk/go-cache")?);
    let go = |arguments: &[&str], folder: &Path| {
        let mut command = Command::new("go");
        command.args(arguments).current_dir(folder).env("GOCACHE", &cache);
        command.envs([("GOPROXY", "off"), ("GOWORK", "off"), ("GOFLAGS", "-mod=mod"), ("GOTOOLCHAIN", "local")]);
        command
    };
    if !is_installed("go")? {
        ensure!(std::env::var_os("CI").is_none(), "this check needs Go: `apt install golang-go`");
        println!("Go: neither compiled nor run: there is no `go` here");
        return Ok(());
    }
    run(&mut go(&["vet", "./..."], sdk))?;
    fs::write(work.join("main.go"), first_call("go", "go")?)?;
    let module = "example.com/lumetra-engram/openapi";
    run(&mut go(&["mod", "init", "first-call"], &work))?;
    run(&mut go(&["mod", "edit", &format!("-require={module}@v{}", version()?)], &work))?;
    run(&mut go(&["mod", "edit", &format!("-replace={module}={}", sdk.display())], &work))?;
    answers(&mut go(&["run", "."], &work), server)
}

/// Compiles the SDK where its compiler is at hand and its registry can be reached, which it fails to with this text.
fn compile(language: &str, command: &mut Command, sdk: &Path, unreachable: &str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    if !is_installed(&program)? {
        println!("{language}: not compiled: there is no `{program}` here");
        return Ok(());
    }
    let output = command.current_dir(sdk).output()?;
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() {
        println!("{language}: {program} compiled it");
    } else if printed.contains(unreachable) {
        println!("{language}: not compiled: `{program}` can't get its dependencies: {unreachable}");
    } else {
        bail!("the SDK for {language} does not compile:\n{printed}");
    }
    Ok(())
}

fn is_installed(program: &str) -> Result<bool> {
    match Command::new(program).arg("--help").output() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        other => other.map(|_| true).with_context(|| format!("cannot run {program}")),
    }
}

/// Unpacks the archive of the SDK for the language, and returns its folder.
fn unpacked(packages: &Path, language: &str) -> Result<PathBuf> {
    let name = format!("{NAME}-{language}-{}", version()?);
    let folder = emptied(&format!("sdk/unpacked/{language}"))?;
    run(python::interpreter()
        .args(["-m", "tarfile", "--extract"])
        .arg(packages.join(format!("{name}.tar.gz")))
        .arg(&folder))?;
    Ok(folder.join(name))
}

/// The program in the README of the SDK.
fn first_call(language: &str, fence: &str) -> Result<String> {
    let file = format!("xtask/sdk/{language}/README.md");
    let readme = fs::read_to_string(root().join(&file)).with_context(|| format!("cannot read {file}"))?;
    let (_, rest) = readme.split_once(&format!("```{fence}\n")).with_context(|| format!("{file} has no program"))?;
    Ok(rest.split("```").next().unwrap_or_default().to_owned())
}

/// The first call stores a fact, and prints the answer that is made from it.
fn answers(first_call: &mut Command, server: &Server) -> Result<()> {
    let printed = String::from_utf8(output(with_server(first_call, server))?.stdout)?;
    ensure!(printed.contains("Lisbon"), "the first call of a README answers: {printed}");
    Ok(())
}

fn with_server<'a>(command: &'a mut Command, server: &Server) -> &'a mut Command {
    command.env("ENGRAM_BASE_URL", &server.base_url).env("ENGRAM_API_KEY", API_KEY)
}
