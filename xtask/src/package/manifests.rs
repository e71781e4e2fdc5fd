//! What the manifests of the published crates say.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::project::{metadata, root};

/// What crates.io shows of a crate.
#[derive(Deserialize)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Empty where a crate is never published, none where it is published anywhere.
    publish: Option<Vec<String>>,
    description: Option<String>,
    documentation: Option<String>,
    homepage: Option<String>,
    license: Option<String>,
    readme: Option<String>,
    repository: Option<String>,
    categories: Vec<String>,
    keywords: Vec<String>,
}

impl fmt::Display for Crate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.name, self.version)
    }
}

/// The crates of this workspace that are published, each with a complete manifest.
pub(crate) fn published(workspace: &Path) -> Result<Vec<Crate>> {
    let mut metadata = metadata(workspace, &["--no-deps"])?;
    let crates: Vec<Crate> = serde_json::from_value(metadata["packages"].take())?;
    let crates: Vec<_> = crates.into_iter().filter(|each| each.publish.is_none()).collect();
    crates.iter().try_for_each(complete)?;
    Ok(crates)
}

fn complete(each: &Crate) -> Result<()> {
    for (name, value) in [
        ("description", &each.description),
        ("documentation", &each.documentation),
        ("license", &each.license),
        ("readme", &each.readme),
    ] {
        ensure!(value.as_ref().is_some_and(|value| !value.is_empty()), "the manifest of {each} has no {name}");
    }
    for (name, values) in [("categories", &each.categories), ("keywords", &each.keywords)] {
        ensure!((1..=5).contains(&values.len()), "the manifest of {each} must have 1 to 5 {name}");
    }
    Ok(())
}

/// Fails while the owner of the project has not said where it is.
pub(crate) fn named_by_owner() -> Result<()> {
    let (crates, rig) = (published(root())?, published(&root().join("integrations/rig"))?);
    let first = crates.first().context("no crate is published")?;
    for (name, value) in [("repository", &first.repository), ("homepage", &first.homepage)] {
        ensure!(
            value.as_ref().is_some_and(|value| value.starts_with("https://")),
            "`{name}` is empty: put its URL in [workspace.package] of Cargo.toml, and in integrations/rig/Cargo.toml"
        );
    }
    for each in crates.iter().chain(&rig) {
        ensure!(
            each.repository == first.repository && each.homepage == first.homepage,
            "`repository` and `homepage` of {each} are not those of Cargo.toml"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_that_lacks_something_is_named() {
        let mut one: Crate = serde_json::from_value(serde_json::json!({
            "name": "one", "version": "1.0.0", "description": "One", "documentation": "https://docs.rs/one",
            "license": "MIT", "readme": "README.md", "categories": ["science"], "keywords": ["one"],
        }))
        .unwrap();
        complete(&one).unwrap();
        one.documentation = Some(String::new());
        assert_eq!(complete(&one).unwrap_err().to_string(), "the manifest of one-1.0.0 has no documentation");
        one.documentation = Some("https://docs.rs/one".to_owned());
        one.keywords = vec!["word".to_owned(); 6];
        assert_eq!(complete(&one).unwrap_err().to_string(), "the manifest of one-1.0.0 must have 1 to 5 keywords");
    }
}
