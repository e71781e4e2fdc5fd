//! `cargo xtask sdk`: SDKs for other languages, made from the spec by generators that the package registries offer.

mod finish;
mod generators;
mod language;
mod made;
mod pack;
mod smoke;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::builder::PossibleValuesParser;

use language::{LANGUAGES, Language};
pub(crate) use pack::{archive, npm as npm_package};
pub(crate) use smoke::prove;

use crate::project::{emptied, files};

/// What to make, and where.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The language to make an SDK for
    #[arg(value_parser = PossibleValuesParser::new(LANGUAGES.map(|language| language.name)))]
    #[arg(required_unless_present = "smoke", requires = "out")]
    language: Option<String>,
    /// The output folder: a new or empty one
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
    ensure_empty(out)?;
    let made = language.generate()?;
    let (files, shown) = (files(&made)?, out.display().to_string());
    for file in &files {
        let to = out.join(file);
        fs::create_dir_all(to.parent().unwrap_or(out))
            .and_then(|()| fs::copy(made.join(file), &to))
            .with_context(|| format!("cannot write {}", to.display()))?;
    }
    println!("{} files for {} in {shown}, made by {}", files.len(), language.name, language.generator.package);
    println!("To use them: {}", language.usage.replace("DIR", &shown));
    Ok(())
}

/// So that no file of someone else is overwritten.
fn ensure_empty(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let is_empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    ensure!(is_empty, "{} is not empty: name a new folder, or empty it", folder.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_files_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        ensure_empty(&folder.path().join("new/sdk")).unwrap();
        assert!(ensure_empty(folder.path()).unwrap_err().to_string().contains("is not empty"));
    }
}
