//! What the version of a description promises, by Semantic Versioning: a breaking change raises the first number or, while that
//! is 0, the second.

use anyhow::{Context, Result};
use semver::Version;
use serde_json::Value;

/// The version of the description.
pub(super) fn of(spec: &Value) -> Result<Version> {
    let version = spec["info"]["version"].as_str().context("the description has no `version` in `info`")?;
    Version::parse(version).with_context(|| format!("`version` in `info` is not a semantic version: {version}"))
}

/// Whether a caller who reads the versions expects something to break.
pub(super) fn allows_breaking(old: &Version, new: &Version) -> bool {
    new.major > old.major || (new.major == 0 && old.major == 0 && new.minor > old.minor)
}

/// The lowest version that allows it.
pub(super) fn next_breaking(old: &Version) -> Version {
    if old.major == 0 { Version::new(0, old.minor + 1, 0) } else { Version::new(old.major + 1, 0, 0) }
}

/// The lowest version for changes that break nothing: additions, or none that a caller notices.
pub(super) fn next_compatible(old: &Version, additions: bool) -> Version {
    match (old.major, additions) {
        (1.., true) => Version::new(old.major, old.minor + 1, 0),
        _ => Version::new(old.major, old.minor, old.patch + 1),
    }
}
