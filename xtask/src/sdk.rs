//! `cargo xtask sdk`: SDKs for other languages, made from the spec by generators that the package registries offer.

mod folder;
mod generators;
mod smoke;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::builder::PossibleValuesParser;

use crate::project::work_directory;
use generators::{Generator, HEY_API, OPENAPI_GENERATOR, OPENAPI_PYTHON_CLIENT};

/// A language that an SDK can be made for. The settings of its generator are in `xtask/sdk/`, in the file of its name.
struct Language {
    name: &'static str,
    generator: &'static Generator,
    /// What says that there is an operation: a piece of a generated file, with the operation's name in the language's own case.
    operation: &'static str,
    /// How the SDK in the folder `DIR` is used.
    usage: &'static str,
}

impl Language {
    const fn new(
        name: &'static str,
        generator: &'static Generator,
        operation: &'static str,
        usage: &'static str,
    ) -> Self {
        Self { name, generator, operation, usage }
    }

    /// Makes the SDK in a folder below the build directory, emptied first.
    fn generate(&self) -> Result<PathBuf> {
        let folder = work_directory("sdk")?.join("generated").join(self.name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        (self.generator.generate)(self.name, &folder)
            .with_context(|| format!("no SDK could be made for {}", self.name))?;
        Ok(folder)
    }
}

const LANGUAGES: [Language; 5] = [
    Language::new("python", &OPENAPI_PYTHON_CLIENT, "/snake_case.py", "pip install DIR, then import engram_client"),
    Language::new("typescript", &HEY_API, "const camelCase = <", "copy DIR to your sources, then import DIR/index.js"),
    Language::new("go", &OPENAPI_GENERATOR, ") PascalCase(ctx ", "go mod edit -replace example.com/lumetra/engram=DIR"),
    Language::new("java", &OPENAPI_GENERATOR, " camelCaseWithHttpInfo(", "mvn --file DIR install; engram-client"),
    Language::new("csharp", &OPENAPI_GENERATOR, " PascalCaseAsync(", "dotnet add reference DIR/src/Engram"),
];

/// What to make, and where.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The language to make an SDK for
    #[arg(value_parser = PossibleValuesParser::new(LANGUAGES.map(|language| language.name)))]
    #[arg(required_unless_present = "smoke", requires = "out")]
    language: Option<String>,
    /// The folder for it: a new or empty one, or one that this task filled before
    #[arg(long, value_name = "DIR", requires = "language")]
    out: Option<PathBuf>,
    /// Make all of them, compile those for Python and TypeScript, and run a program with each against the local server
    #[arg(long, conflicts_with_all = ["language", "out"])]
    smoke: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if let (Some(name), Some(out)) = (&options.language, &options.out) {
        let language = LANGUAGES.iter().find(|language| language.name == name).context("there is no such language")?;
        return make(language, out);
    }
    check()
}

/// The SDKs for all languages, and those for Python and TypeScript at work.
pub(crate) fn check() -> Result<()> {
    smoke::prove()
}

fn make(language: &Language, out: &Path) -> Result<()> {
    let earlier = folder::check(out)?;
    let made = language.generate()?;
    let count = folder::fill(out, &made, &earlier)?;
    let shown = out.display().to_string();
    println!("{count} files for {} in {shown}, made by {}", language.name, language.generator.package);
    println!("To use them: {}", language.usage.replace("DIR", &shown));
    Ok(())
}
