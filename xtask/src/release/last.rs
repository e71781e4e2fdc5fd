//! The last release: a commit with a tag such as `v1.2.3`, which what is new must not break unless its version says so.

use std::path::Path;
use std::process::Command;

use semver::Version;

use crate::project::output;

/// The tag of the highest version among those that are ancestors of the work tree. Pre-releases promise nothing.
pub(crate) fn last_release(repository: &Path) -> Option<String> {
    let tags = git(repository, &["tag", "--merged", "HEAD"])?;
    let version = |tag: &str| Version::parse(tag.strip_prefix('v')?).ok().filter(|version| version.pre.is_empty());
    let releases = tags.lines().filter_map(|tag| Some((version(tag)?, tag.to_owned())));
    releases.max().map(|(_, tag)| tag)
}

/// Whether every commit before this one is known, and with them every release.
pub(crate) fn has_whole_history(repository: &Path) -> bool {
    git(repository, &["rev-parse", "--is-shallow-repository"]).is_some_and(|answer| answer.trim() == "false")
}

/// Why there is no release to compare with.
pub(crate) fn why_none(repository: &Path) -> &'static str {
    match git(repository, &["rev-parse", "--is-shallow-repository"]).as_deref().map(str::trim) {
        None => "not compared with a release: this is not a git repository",
        Some("true") => {
            "not compared with a release: this clone is shallow and may lack the tag; `git fetch --unshallow --tags` gets it"
        }
        Some(_) => "not compared with a release: no commit before this one has a tag such as v1.2.3",
    }
}

/// What git prints; none where it fails, is not installed, or finds no repository.
fn git(repository: &Path, arguments: &[&str]) -> Option<String> {
    let printed = output(Command::new("git").current_dir(repository).args(arguments)).ok()?;
    String::from_utf8(printed.stdout).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::project::run;

    #[test]
    fn the_last_release_is_the_highest_version_that_is_an_ancestor() {
        let directory = tempfile::tempdir().unwrap();
        let repository = directory.path();
        git(repository, &["init", "--quiet", "--initial-branch", "main"]);
        commit(repository);
        assert_eq!(last_release(repository), None);
        assert!(why_none(repository).contains("no commit before this one has a tag"));

        for tag in ["v0.9.0", "v0.10.0", "v0.11.0-rc.1", "nightly"] {
            git(repository, &["tag", tag]);
        }
        git(repository, &["checkout", "--quiet", "-b", "other"]);
        commit(repository);
        git(repository, &["tag", "v2.0.0"]);
        git(repository, &["checkout", "--quiet", "main"]);
        assert_eq!(last_release(repository).as_deref(), Some("v0.10.0"));
    }

    #[test]
    fn without_a_whole_history_there_is_a_line_that_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let (origin, clone) = (directory.path().join("origin"), directory.path().join("clone"));
        fs::create_dir(&origin).unwrap();
        assert_eq!(last_release(&origin), None);
        assert!(why_none(&origin).contains("not a git repository"));

        git(&origin, &["init", "--quiet"]);
        commit(&origin);
        git(&origin, &["tag", "v1.0.0"]);
        commit(&origin);
        let url = format!("file://{}", origin.display());
        git(directory.path(), &["clone", "--quiet", "--depth", "1", &url, clone.to_str().unwrap()]);
        assert_eq!(last_release(&clone), None);
        assert!(why_none(&clone).contains("git fetch --unshallow --tags"));
        assert!(has_whole_history(&origin) && !has_whole_history(&clone));
    }

    fn commit(repository: &Path) {
        git(repository, &["commit", "--quiet", "--allow-empty", "--message", "A change"]);
    }

    fn git(repository: &Path, arguments: &[&str]) {
        let settings = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"];
        run(Command::new("git").current_dir(repository).args(settings).args(arguments)).unwrap();
    }
}
