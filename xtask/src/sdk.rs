//! `cargo xtask sdk`: SDKs for other languages, made from the spec by generators that the package registries offer.

mod folder;
mod generators;
mod language;
mod smoke;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::builder::PossibleValuesParser;

use language::{LANGUAGES, Language};

/// What to make, and where.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The language to make an SDK for
    #[arg(value_parser = PossibleValuesParser::new(LANGUAGES.map(|language| language.name)))]
    #[arg(required_unless_present = "smoke", requires = "out")]
    language: Option<String>,
    /// The output folder: a new or empty one, or one that this task has written before
    #[arg(long, value_name = "DIR", requires = "language")]
    out: Option<PathBuf>,
    /// Make all SDKs, compile those for Python and TypeScript, and run a program with each against the local server
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
