//! `cargo xtask release`: the steps of RELEASING.md as far as they go without an upload.

mod last;

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use semver::Version;

pub(crate) use last::{has_whole_history, last_release, why_none};

use crate::package::{Dependent, named_by_owner, published};
use crate::project::{cargo, root, run as run_command, target_directory};
use crate::{deny, diff, surface};

/// A step: its name, what holds after it, and how that is seen.
type Step = (&'static str, &'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("owner", "the manifests name the repository and the homepage", named_by_owner),
    ("version", "all crates have one version, higher than the last release", version),
    ("changelog", "CHANGELOG.md has a dated section of that version, and nothing is unreleased", || {
        let text = fs::read_to_string(root().join("CHANGELOG.md"))?;
        changelog(&text, &own_version()?)
    }),
    ("diff", "the version of the spec says what has changed", || {
        diff::run(&diff::Options { old: None, changelog: false })
    }),
    ("surface", "api/ has the public API, and the version says what it breaks", || surface::run(true)),
    ("deny", "dependencies are as deny.toml wants them", deny::check),
    ("publish", "cargo would publish every crate of the workspace", || {
        let mut command = cargo(root(), &["publish", "--workspace", "--dry-run", "--target-dir"]);
        run_command(command.arg(target_directory()?))
    }),
    ("dependent", "a project outside needs nothing but the packaged crates", || Dependent::new()?.test()),
];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only this step
    #[arg(long, value_name = "STEP")]
    only: Option<String>,
}

/// Tries all of them, so that one run says all that is open.
pub(crate) fn run(options: &Options) -> Result<()> {
    let wanted = |name: &str| options.only.as_ref().is_none_or(|only| only == name);
    let steps: Vec<_> = STEPS.iter().filter(|(name, ..)| wanted(name)).collect();
    ensure!(
        !steps.is_empty(),
        "there is no such step; there are {}",
        STEPS.iter().map(|step| step.0).collect::<Vec<_>>().join(", ")
    );
    let mut open = Vec::new();
    for (name, holds, step) in steps {
        println!("\n==> {name}: {holds}");
        if let Err(error) = step() {
            println!("open: {error:#}");
            open.push(*name);
        }
    }
    ensure!(open.is_empty(), "not ready to be released; open: {}", open.join(", "));
    if options.only.is_none() {
        println!("\nReady to be released: go on with the tags in RELEASING.md");
    }
    Ok(())
}

fn own_version() -> Result<Version> {
    let crates = published(root())?;
    let own = crates.iter().find(|each| each.name == "lumetra-engram").context("the client is not published")?;
    Ok(Version::parse(&own.version)?)
}

fn version() -> Result<()> {
    let version = own_version()?;
    for each in published(root())?.iter().chain(&published(&root().join("integrations/rig"))?) {
        ensure!(each.version == version.to_string(), "{each} has not the version {version} of Cargo.toml");
    }
    let Some(tag) = last_release(root()) else {
        println!("{version}; {}", why_none(root()));
        return Ok(());
    };
    ensure!(Version::parse(tag.trim_start_matches('v'))? < version, "{version} is not higher than {tag}");
    Ok(())
}

fn changelog(text: &str, version: &Version) -> Result<()> {
    let (_, unreleased) = text.split_once("## [Unreleased]").context("CHANGELOG.md has no section [Unreleased]")?;
    let Some((unreleased, rest)) = unreleased.split_once("\n## [") else {
        bail!("CHANGELOG.md has no section `## [{version}] - YYYY-MM-DD`");
    };
    let heading = rest.lines().next().unwrap_or_default();
    let date = heading.strip_prefix(&format!("{version}] - ")).unwrap_or_default();
    let is_date = date.len() == 10 && date.chars().all(|each| each.is_ascii_digit() || each == '-');
    ensure!(is_date, "the newest section of CHANGELOG.md must be `## [{version}] - YYYY-MM-DD`; it is `## [{heading}`");
    ensure!(unreleased.trim().is_empty(), "move what is under [Unreleased] in CHANGELOG.md to {version}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_changelog_must_have_a_dated_section_and_nothing_unreleased() {
        let judged = |text: &str| changelog(text, &Version::new(0, 1, 0)).map_err(|error| error.to_string());
        assert_eq!(judged("# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2030-01-31\n\n- All.\n"), Ok(()));
        let open = judged("## [Unreleased]\n\n- More.\n\n## [0.1.0] - 2030-01-31\n").unwrap_err();
        assert!(open.contains("move what is under [Unreleased]"), "{open}");
        let older = judged("## [Unreleased]\n\n## [0.0.9] - 2029-01-31\n").unwrap_err();
        assert!(older.contains("`## [0.1.0] - YYYY-MM-DD`; it is `## [0.0.9] - 2029-01-31`"), "{older}");
        assert!(judged("## [Unreleased]\n\n- All.\n").unwrap_err().contains("has no section `## [0.1.0]"));
    }
}
