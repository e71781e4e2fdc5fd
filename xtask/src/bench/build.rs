//! What it takes to build a program with this client, beside the same program with bare reqwest and one with async-openai; with other
//! features; and anew, after an edit of this client.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::figures::{Figure, Figures, Turns};
use super::runner::build_cost;
use crate::dependents::write_dependent;
use crate::project::{SPEC, cargo, copy_project, output, root, run, work_directory};

/// How often the two programs are built that a target compares, and rebuilt after an edit.
const ROUNDS: usize = 3;
const OURS: &str = "lumetra-engram";
const BARE: &str = "reqwest";
const OTHER: &str = "async-openai";
const TOKIO: &str = "tokio = { version = \"1.44\", features = [\"macros\", \"rt-multi-thread\"] }\n";
const BARE_NEEDS: &str = "reqwest = { version = \"0.13.5\", default-features = false, features = [\"http2\", \"json\", \"rustls\"] }\n\
                          serde = { version = \"1\", features = [\"derive\"] }\n";
const OTHER_NEEDS: &str = "async-openai = { version = \"=0.43.0\", default-features = false, features = [\"chat-completion\", \"rustls\"] }\n";

/// This client with other features than the default ones, as in a manifest.
const FEATURES: [(&str, &str); 5] = [
    ("without-http2", "default-features = false, features = [\"rustls\"]"),
    ("native-tls", "default-features = false, features = [\"http2\", \"native-tls\"]"),
    ("rustls-no-provider", "default-features = false, features = [\"http2\", \"rustls-no-provider\"]"),
    ("blocking", "features = [\"blocking\"]"),
    ("schemars", "features = [\"schemars\"]"),
];

pub(super) fn measure() -> Result<Figures> {
    let ours = Package::new(OURS, OURS, &this_client("default-features = true"))?;
    let bare = Package::new(BARE, BARE, BARE_NEEDS)?;
    let other = Package::new(OTHER, OTHER, OTHER_NEEDS)?;
    let mut measured = Turns::default();
    for round in 1..=ROUNDS {
        for package in [&ours, &bare, &other] {
            // The third is there for the scale.
            if round == 1 || package.name != OTHER {
                eprintln!("build, round {round} of {ROUNDS}: {}", package.name);
                let [seconds, cpu] = package.build(&[])?;
                let costs = [("debug_s".to_owned(), seconds), ("debug_cpu_s".to_owned(), cpu)];
                measured.add([(package.name.to_owned(), costs.into())].into());
            }
        }
    }
    let mut figures = measured.figures("build", Some(BARE));
    figures.insert("build.async-openai.crates".to_owned(), Figure::Number(other.crates));
    let [of_ours, of_bare] = [ours.release()?, bare.release()?];
    figures.extend(of_ours.figures(OURS));
    figures.extend(of_bare.figures(BARE));
    figures.insert("build.more_kb".to_owned(), Figure::Number(of_ours.kilobytes - of_bare.kilobytes));
    for (name, features) in FEATURES {
        let release = Package::new(name, OURS, &this_client(features))?.release()?;
        figures.extend(release.beyond(&of_ours).figures(name));
    }
    figures.extend(after_edits()?);
    Ok(figures)
}

fn this_client(features: &str) -> String {
    let root = root().display().to_string().replace('\\', "/");
    format!("lumetra-engram = {{ path = \"{root}\", {features} }}\n")
}

/// A package of a program, written and with all that it needs at hand.
struct Package {
    name: &'static str,
    directory: PathBuf,
    crates: f64,
}

/// A release build, from nothing.
struct Release {
    crates: f64,
    cpu: f64,
    /// Stripped.
    kilobytes: f64,
}

impl Package {
    fn new(name: &'static str, program: &str, dependencies: &str) -> Result<Self> {
        let directory = work_directory("bench/build")?.join(name);
        if directory.exists() {
            fs::remove_dir_all(&directory).with_context(|| format!("cannot empty {}", directory.display()))?;
        }
        fs::create_dir_all(&directory)?;
        let program = root().join("dev/bench/probes").join(format!("{}.rs", program.replace('-', "_")));
        let program = fs::read_to_string(&program).with_context(|| format!("cannot read {}", program.display()))?;
        write_dependent(&directory, &format!("{dependencies}{TOKIO}"), "main.rs", &program)?;
        // The versions that are compared; cargo drops those that it does not need.
        let lock = if name == OTHER { "dev/bench/side-by-side/Cargo.lock" } else { "Cargo.lock" };
        fs::copy(root().join(lock), directory.join("Cargo.lock"))?;
        run(&mut cargo(&directory, &["fetch", "--quiet"]))?;
        let arguments = ["tree", "--edges", "normal,build", "--prefix", "none", "--no-dedupe", "--offline"];
        let tree = String::from_utf8(output(&mut cargo(&directory, &arguments))?.stdout)?;
        let crates: BTreeSet<_> = tree.lines().filter(|line| !line.starts_with("dependent ")).collect();
        Ok(Self { name, directory, crates: u32::try_from(crates.len())?.into() })
    }

    /// Builds from nothing.
    fn build(&self, arguments: &[&str]) -> Result<[f64; 2]> {
        let target = self.directory.join("target");
        if target.exists() {
            fs::remove_dir_all(&target).with_context(|| format!("cannot empty {}", target.display()))?;
        }
        let build = ["build", "--quiet", "--offline", "--target-dir", "target"];
        build_cost(cargo(&self.directory, &build).args(arguments))
    }

    fn release(&self) -> Result<Release> {
        eprintln!("release build: {}", self.name);
        let [_, cpu] = self.build(&["--release"])?;
        let program = self.directory.join(format!("target/release/dependent{}", std::env::consts::EXE_SUFFIX));
        let bytes = fs::metadata(&program).with_context(|| format!("no {}", program.display()))?.len();
        fs::remove_dir_all(self.directory.join("target"))?;
        Ok(Release { crates: self.crates, cpu, kilobytes: f64::from(u32::try_from(bytes)?) / 1e3 })
    }
}

impl Release {
    fn beyond(&self, other: &Self) -> Self {
        Self {
            crates: self.crates - other.crates,
            cpu: self.cpu - other.cpu,
            kilobytes: self.kilobytes - other.kilobytes,
        }
    }

    fn figures(&self, name: &str) -> Figures {
        let measures = [("crates", self.crates), ("release_cpu_s", self.cpu), ("stripped_kb", self.kilobytes)];
        measures.map(|(measure, value)| (format!("build.{name}.{measure}"), Figure::Number(value))).into()
    }
}

/// How long someone waits who works on this client: from an edit to a rebuilt crate. Every edit adds a comment.
fn after_edits() -> Result<Figures> {
    let copy = work_directory("bench/incremental")?;
    copy_project(&copy)?;
    let arguments =
        ["build", "--quiet", "--package", "lumetra-engram", "--features", "codegen", "--target-dir", "target"];
    let build = || build_cost(&mut cargo(&copy, &arguments));
    build()?;
    let mut measured = Turns::default();
    for (name, file, comment) in [("spec", SPEC, "#"), ("code", "src/client.rs", "//")] {
        for number in 1..=ROUNDS {
            eprintln!("rebuild after edit {number} of {file}");
            edit(&copy.join(file), &format!("{comment} Edit {number}.\n"))?;
            let [seconds, cpu] = build()?;
            measured.add([(name.to_owned(), [("s".to_owned(), seconds), ("cpu_s".to_owned(), cpu)].into())].into());
        }
    }
    let mut figures = measured.figures("build.edit", None);
    // As cargo does unless it is told otherwise, and it is not.
    figures.insert("build.edit.incremental".to_owned(), Figure::Text("on".to_owned()));
    Ok(figures)
}

fn edit(file: &Path, addition: &str) -> Result<()> {
    let text = fs::read_to_string(file)?;
    Ok(fs::write(file, text + addition)?)
}
