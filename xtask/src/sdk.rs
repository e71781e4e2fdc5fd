//! `cargo xtask sdk`: SDKs for other languages, made from the spec by generators that the package registries offer.

mod finish;
mod folder;
mod generators;
mod language;
mod made;
mod pack;
mod smoke;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::builder::PossibleValuesParser;

use language::{LANGUAGES, Language};
pub(crate) use pack::{archive, npm as npm_package};
pub(crate) use smoke::prove;

use crate::project::emptied;

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
    /// Make all SDKs as packages; compile, install and use those whose language is installed
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

/// The packages of all SDKs, and those for Python, TypeScript and Go at work.
fn check() -> Result<()> {
    let out = emptied("sdk/packages")?;
    packages(&out)?;
    prove(&out)
}

/// Makes the packages of all SDKs.
pub(crate) fn packages(out: &Path) -> Result<()> {
    for language in &LANGUAGES {
        let sdk = language.generate()?;
        made::check(language, &sdk)?;
        (language.pack)(&sdk, out).with_context(|| format!("no package could be made for {}", language.name))?;
    }
    Ok(())
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
