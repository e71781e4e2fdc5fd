//! What it takes to build a program with this client, beside the same program with bare reqwest and one with async-openai.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::incremental;
use super::report::{Section, Target, figure, markdown_table};
use super::side_by_side::{Programs, found};
use super::table::median;
use crate::dependents::write_dependent;
use crate::project::{cargo, output, root, run, work_directory};

/// How often the two programs are built that a target compares.
const ROUNDS: usize = 3;
const OURS: usize = 0;
const BARE: usize = 1;
/// Built once, and not for release: it is there for the scale.
const OTHER: usize = 2;
const TOKIO: &str = "tokio = { version = \"1.44\", features = [\"macros\", \"rt-multi-thread\"] }\n";

const BUILDS_MORE: &str = "most of it is this crate itself, half of that to generate code (`cargo build --timings`); the rest is spread \
    over small crates.";
const HOLDS_MORE: &str = "the other program reads one member of an answer. This one holds what reads all of them and says where one cannot \
    be read; and the queue, the retry and their errors.";

/// A program of one request.
struct Probe {
    name: &'static str,
    /// As in a manifest; `ROOT` stands for the root of the project.
    dependencies: &'static str,
    program: &'static str,
    /// The lock file of the versions that are compared, from the root of the project.
    lock: &'static str,
}

const PROBES: [Probe; 3] = [
    Probe {
        name: "lumetra-engram",
        dependencies: "lumetra-engram = { path = \"ROOT\" }\n",
        program: include_str!("probes/lumetra_engram.rs"),
        lock: "Cargo.lock",
    },
    Probe {
        name: "reqwest",
        dependencies: "reqwest = { version = \"0.13.5\", default-features = false, features = [\"http2\", \"json\", \"rustls\"] }\n\
                       serde = { version = \"1\", features = [\"derive\"] }\n",
        program: include_str!("probes/reqwest.rs"),
        lock: "Cargo.lock",
    },
    Probe {
        name: "async-openai",
        dependencies: "async-openai = { version = \"=0.43.0\", default-features = false, \
                       features = [\"chat-completion\", \"rustls\"] }\n",
        program: include_str!("probes/async_openai.rs"),
        lock: "bench/side-by-side/Cargo.lock",
    },
];

/// This client with other features than the default ones.
struct Variant {
    /// As in the README.
    features: &'static str,
    dependencies: &'static str,
}

const VARIANTS: [Variant; 5] = [
    Variant {
        features: "without `http2`",
        dependencies: "lumetra-engram = { path = \"ROOT\", default-features = false, features = [\"rustls\"] }\n",
    },
    Variant {
        features: "`native-tls` for `rustls`",
        dependencies: "lumetra-engram = { path = \"ROOT\", default-features = false, features = [\"http2\", \"native-tls\"] }\n",
    },
    Variant {
        features: "`rustls-no-provider` for `rustls`",
        dependencies: "lumetra-engram = { path = \"ROOT\", default-features = false, \
                       features = [\"http2\", \"rustls-no-provider\"] }\n",
    },
    Variant {
        features: "with `blocking`",
        dependencies: "lumetra-engram = { path = \"ROOT\", features = [\"blocking\"] }\n",
    },
    Variant {
        features: "with `schemars`",
        dependencies: "lumetra-engram = { path = \"ROOT\", features = [\"schemars\"] }\n",
    },
];

/// What a command took.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Cost {
    pub(super) seconds: f64,
    pub(super) cpu: f64,
}

/// A package of a program, written and with all that it needs at hand.
struct Package {
    directory: PathBuf,
    crates: usize,
}

/// A release build, from nothing.
struct Release {
    crates: usize,
    cpu: f64,
    /// Bytes, stripped.
    size: f64,
}

pub(super) fn measure() -> Result<Section> {
    let programs = Programs::build()?;
    let mut debug: [Vec<Cost>; PROBES.len()] = std::array::from_fn(|_| Vec::new());
    let packages = PROBES.iter().map(Package::of).collect::<Result<Vec<_>>>()?;
    for round in 1..=ROUNDS {
        for probe in [OURS, BARE, OTHER].into_iter().filter(|probe| *probe != OTHER || round == 1) {
            eprintln!("build, round {round} of {ROUNDS}: {}", PROBES[probe].name);
            debug[probe].push(packages[probe].build(&programs, &[])?);
        }
    }
    let releases = [packages[OURS].release(&programs)?, packages[BARE].release(&programs)?];
    let variants = VARIANTS.iter().map(|variant| variant.release(&programs)).collect::<Result<Vec<_>>>()?;
    let incremental = incremental::text(&programs)?;
    let difference = releases[OURS].size - releases[BARE].size;
    Ok(Section {
        title: "Build",
        text: format!("{}{}\n{incremental}", text(&packages, &debug, &releases), prices(&releases[OURS], &variants)),
        targets: vec![
            Target::at_most("a cold build: CPU beside bare reqwest", ratio(&debug, OURS), 1.08).or_since(BUILDS_MORE),
            Target::at_most("a stripped release program: kB more than with bare reqwest", difference / 1e3, 550.0)
                .or_since(HOLDS_MORE),
        ],
    })
}

impl Package {
    fn of(probe: &Probe) -> Result<Self> {
        Self::write(probe.name, &format!("{}{TOKIO}", probe.dependencies), probe.program, probe.lock)
    }

    fn write(name: &str, dependencies: &str, program: &str, lock: &str) -> Result<Self> {
        let directory = work_directory("bench/build")?.join(name.replace(['`', ' '], ""));
        if directory.exists() {
            fs::remove_dir_all(&directory).with_context(|| format!("cannot empty {}", directory.display()))?;
        }
        let root_path = root().display().to_string().replace('\\', "/");
        fs::create_dir_all(&directory)?;
        write_dependent(&directory, &dependencies.replace("ROOT", &root_path), "main.rs", program)?;
        // These versions; cargo drops those that it does not need.
        fs::copy(root().join(lock), directory.join("Cargo.lock"))?;
        run(&mut cargo(&directory, &["fetch", "--quiet"]))?;
        let arguments = ["tree", "--edges", "normal,build", "--prefix", "none", "--no-dedupe", "--offline"];
        let tree = String::from_utf8(output(&mut cargo(&directory, &arguments))?.stdout)?;
        let crates: std::collections::BTreeSet<_> =
            tree.lines().filter(|line| !line.starts_with("dependent ")).collect();
        Ok(Self { directory, crates: crates.len() })
    }

    /// Builds from nothing.
    fn build(&self, programs: &Programs, arguments: &[&str]) -> Result<Cost> {
        let target = self.directory.join("target");
        if target.exists() {
            fs::remove_dir_all(&target).with_context(|| format!("cannot empty {}", target.display()))?;
        }
        let build = ["build", "--quiet", "--offline", "--target-dir"];
        cost(programs, cargo(&self.directory, &build).arg(&target).args(arguments))
    }

    fn release(&self, programs: &Programs) -> Result<Release> {
        eprintln!("release build of {}", self.directory.display());
        let cpu = self.build(programs, &["--release"])?.cpu;
        let program = self.directory.join(format!("target/release/dependent{}", std::env::consts::EXE_SUFFIX));
        #[expect(clippy::cast_precision_loss, reason = "no program is so large")]
        let size = fs::metadata(&program).with_context(|| format!("no {}", program.display()))?.len() as f64;
        fs::remove_dir_all(self.directory.join("target"))?;
        Ok(Release { crates: self.crates, cpu, size })
    }
}

impl Variant {
    fn release(&self, programs: &Programs) -> Result<Release> {
        let Probe { program, lock, .. } = PROBES[OURS];
        Package::write(self.features, &format!("{}{TOKIO}", self.dependencies), program, lock)?.release(programs)
    }
}

/// What a command takes, without what this task was itself told by its environment.
pub(super) fn cost(programs: &Programs, command: &std::process::Command) -> Result<Cost> {
    let mut measured = programs.command("cost");
    measured.arg(command.get_program()).args(command.get_args());
    measured.current_dir(command.get_current_dir().unwrap_or_else(|| Path::new(".")));
    for variable in ["CARGO_ENCODED_RUSTFLAGS", "CARGO_INCREMENTAL", "CARGO_TARGET_DIR", "RUSTC_WRAPPER", "RUSTFLAGS"] {
        measured.env_remove(variable);
    }
    found(&mut measured)
}

/// The median of the ratios of CPU to bare reqwest, round by round.
fn ratio(debug: &[Vec<Cost>], probe: usize) -> f64 {
    let ratios: Vec<_> = debug[probe].iter().zip(&debug[BARE]).map(|(one, other)| one.cpu / other.cpu).collect();
    median(&ratios)
}

fn text(packages: &[Package], debug: &[Vec<Cost>], releases: &[Release]) -> String {
    let how = "A program of one request, built from nothing with all sources at hand, with default features and the same TLS and HTTP/2: \
               [with this client](xtask/src/bench/probes/lumetra_engram.rs),\n[with bare reqwest](xtask/src/bench/probes/reqwest.rs) and a \
               chat [with async-openai](xtask/src/bench/probes/async_openai.rs). The debug builds of the first two are medians of \
               three, in turns, with the ratio\nto bare reqwest in brackets; the others are one each.\n\n";
    let heading = ["with", "crates", "debug, CPU s", "debug, s", "release, CPU s", "stripped, kB"].map(str::to_owned);
    let rows = PROBES.iter().enumerate().map(|(probe, Probe { name, .. })| {
        let middle = |value: fn(&Cost) -> f64| figure(median(&debug[probe].iter().map(value).collect::<Vec<_>>()));
        let of_release =
            |value: fn(&Release) -> f64| releases.get(probe).map_or_else(String::new, |it| figure(value(it)));
        [
            (*name).to_owned(),
            packages[probe].crates.to_string(),
            format!("{} ({:.2})", middle(|cost| cost.cpu), ratio(debug, probe)),
            middle(|cost| cost.seconds),
            of_release(|release| release.cpu),
            of_release(|release| release.size / 1e3),
        ]
    });
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    format!("{how}{}", markdown_table(&rows))
}

/// What each feature adds to the default ones or spares, by one release build each.
fn prices(default: &Release, variants: &[Release]) -> String {
    let heading = ["this client", "crates", "release, CPU s", "stripped, kB"].map(str::to_owned);
    let rows = VARIANTS.iter().zip(variants).map(|(variant, release)| {
        #[expect(clippy::cast_precision_loss, reason = "no program has so many crates")]
        let crates = release.crates as f64 - default.crates as f64;
        [
            variant.features.to_owned(),
            format!("{crates:+.0}"),
            format!("{:+.1}", release.cpu - default.cpu),
            format!("{:+.0}", (release.size - default.size) / 1e3),
        ]
    });
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    let how = "\nWhat other features cost or spare, by one release build each; a few seconds of CPU more or less are noise.\n\n";
    format!("{how}{}", markdown_table(&rows))
}
