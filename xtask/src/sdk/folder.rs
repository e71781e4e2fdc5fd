//! The folder that an SDK is delivered to. What this task did not write there is never overwritten or deleted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path};

use anyhow::{Context, Result, bail, ensure};

use crate::project::files;

/// Lists the files that this task wrote, a line each.
const LISTING: &str = ".engram-sdk";

/// The files that this task wrote there before; none in a new or empty folder. Any other folder is refused.
pub(super) fn check(folder: &Path) -> Result<BTreeSet<String>> {
    if let Ok(listing) = fs::read_to_string(folder.join(LISTING)) {
        let files: BTreeSet<String> = listing.lines().map(str::to_owned).collect();
        ensure!(files.iter().all(|file| is_inside(file)), "{LISTING} in {} is damaged", folder.display());
        return Ok(files);
    }
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(error).with_context(|| format!("cannot read the folder {}", folder.display())),
    };
    ensure!(is_empty, "{} holds files of yours: name a new folder or an empty one", folder.display());
    Ok(BTreeSet::new())
}

fn is_inside(file: &str) -> bool {
    !file.is_empty() && Path::new(file).components().all(|component| matches!(component, Component::Normal(_)))
}

/// Puts a copy of all files of `made` there, in place of the `earlier` ones, and returns how many they are.
pub(super) fn fill(folder: &Path, made: &Path, earlier: &BTreeSet<String>) -> Result<usize> {
    let files = files(made)?;
    for file in files.difference(earlier) {
        if folder.join(file).exists() {
            bail!("{} is a file of yours: move it away, or name another folder", folder.join(file).display());
        }
    }
    for file in earlier {
        remove(&folder.join(file))?;
    }
    for file in &files {
        let (from, to) = (made.join(file), folder.join(file));
        fs::create_dir_all(to.parent().unwrap_or(folder))
            .and_then(|()| fs::copy(from, &to))
            .with_context(|| format!("cannot write {}", to.display()))?;
    }
    let listing: String = files.iter().map(|file| format!("{file}\n")).collect();
    fs::write(folder.join(LISTING), listing).with_context(|| format!("cannot write {LISTING}"))?;
    Ok(files.len())
}

/// A file may be gone already.
fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot replace {}", file.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files, each with its own name as content.
    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        folder
    }

    fn deliver(folder: &Path, made: &[&str]) -> Result<usize> {
        fill(folder, folder_with(made).path(), &check(folder)?)
    }

    fn names(folder: &Path) -> Vec<String> {
        files(folder).unwrap().into_iter().filter(|file| file != LISTING).collect()
    }

    #[test]
    fn a_folder_with_files_of_someone_else_is_refused_and_left_as_it_was() {
        let folder = folder_with(&["notes.txt"]);
        let message = deliver(folder.path(), &["a", "b/c"]).unwrap_err().to_string();
        assert!(message.contains("holds files of yours"), "{message}");
        assert_eq!(files(folder.path()).unwrap(), BTreeSet::from(["notes.txt".to_owned()]));
    }

    #[test]
    fn a_folder_that_was_filled_before_is_filled_anew_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new/sdk");
        assert_eq!(deliver(&folder, &["a", "b/old"]).unwrap(), 2);
        fs::write(folder.join("b/mine"), "mine").unwrap();
        fs::write(folder.join("a"), "changed").unwrap();

        assert_eq!(deliver(&folder, &["a", "b/new"]).unwrap(), 2);
        assert_eq!(names(&folder), ["a", "b/mine", "b/new"]);
        assert_eq!(fs::read_to_string(folder.join("a")).unwrap(), "a");
        assert_eq!(fs::read_to_string(folder.join("b/mine")).unwrap(), "mine");
    }

    #[test]
    fn a_file_of_someone_else_is_not_overwritten_and_then_nothing_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        deliver(folder, &["a", "b"]).unwrap();
        fs::write(folder.join("c"), "mine").unwrap();

        let message = deliver(folder, &["a", "c"]).unwrap_err().to_string();
        assert!(message.contains("c is a file of yours"), "{message}");
        assert_eq!(names(folder), ["a", "b", "c"]);
        assert_eq!(fs::read_to_string(folder.join("c")).unwrap(), "mine");
    }

    #[test]
    fn a_listing_that_leads_out_of_the_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("sdk");
        fs::create_dir(&inner).unwrap();
        fs::write(folder.path().join("mine"), "mine").unwrap();
        for listing in ["../mine", "/etc/hosts", ""] {
            fs::write(inner.join(LISTING), format!("{listing}\n")).unwrap();
            let message = deliver(&inner, &["a"]).unwrap_err().to_string();
            assert!(message.contains("is damaged"), "{message}");
        }
        assert!(folder.path().join("mine").exists());
    }
}
