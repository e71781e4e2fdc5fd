//! Which bucket a project's memories are in.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use lumetra_engram::DEFAULT_BUCKET;
use serde::Deserialize;

use crate::bucket_name::bucket_name;
use crate::connection::from_environment;
use crate::failure::Failure;

/// A file that names the bucket of the folder that it is in, and of all below.
const FILE: &str = ".engram.toml";
/// The longest name that is made of a folder or a remote, in characters.
const LONGEST_NAME: usize = 64;

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Project {
    /// The bucket for calls without one [default: the project's, from .engram.toml, the git remote or the folder]
    #[arg(long, env = "ENGRAM_BUCKET", value_name = "NAME")]
    pub(crate) bucket: Option<String>,
    /// The project's folder [default: CLAUDE_PROJECT_DIR, else the current folder]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) root: Option<PathBuf>,
}

/// A bucket, and why it is this one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) source: Source,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Asked,
    Variable,
    File(PathBuf),
    Remote(String),
    Folder(PathBuf),
    /// There is no project.
    NoProject,
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => formatter.write_str("from --bucket or ENGRAM_BUCKET"),
            Self::Variable => formatter.write_str("from ENGRAM_BUCKET"),
            Self::File(path) => write!(formatter, "from {}", path.display()),
            Self::Remote(url) => write!(formatter, "from the git remote {url}"),
            Self::Folder(path) => write!(formatter, "from the folder {}", path.display()),
            Self::NoProject => formatter.write_str("because this folder is not a project"),
            Self::Default => formatter.write_str("because no other bucket is set"),
        }
    }
}

impl Project {
    /// The bucket that is asked for, or else that of the project.
    pub(crate) fn bucket(&self) -> io::Result<Bucket> {
        // Some clients set the variables that they know of to nothing.
        if let Some(name) = self.bucket.as_deref().filter(|name| !name.is_empty()) {
            return Ok(Bucket { name: bucket_name(name).map_err(problem)?, source: Source::Asked });
        }
        of_folder(&self.root()?, home().as_deref())
    }

    fn root(&self) -> io::Result<PathBuf> {
        let variable = || std::env::var_os("CLAUDE_PROJECT_DIR").filter(|value| !value.is_empty()).map(PathBuf::from);
        let (root, name) = match self.root.clone() {
            Some(root) => (root, "--root"),
            None => match variable() {
                Some(root) => (root, "CLAUDE_PROJECT_DIR"),
                None => (std::env::current_dir()?, "the current folder"),
            },
        };
        root.canonicalize()
            .and_then(|root| if root.is_dir() { Ok(root) } else { Err(io::ErrorKind::NotADirectory.into()) })
            .map_err(|error| problem(format!("{name} is not a readable folder: {}: {error}", root.display())))
    }
}

/// The bucket of a command that is told none. Nothing is guessed from the folder here, in which a person may be by chance.
pub(crate) fn bucket_of_commands() -> Result<Bucket, Failure> {
    if let Some(name) = from_environment("ENGRAM_BUCKET")? {
        let name = bucket_name(&name).map_err(|problem| Failure::usage(format!("ENGRAM_BUCKET: {problem}")))?;
        return Ok(Bucket { name, source: Source::Variable });
    }
    let folder = std::env::current_dir()?.canonicalize()?;
    let named = named_above(&folder, home().as_deref())?;
    Ok(named.unwrap_or_else(|| Bucket { name: DEFAULT_BUCKET.to_owned(), source: Source::Default }))
}

fn home() -> Option<PathBuf> {
    etcetera::home_dir().ok()?.canonicalize().ok()
}

/// Editors start programs in the home folder and in `/`, so those are no projects: what is stored there would be mixed with that of every
/// other project.
fn is_project(folder: &Path, home: Option<&Path>) -> bool {
    Some(folder) != home && folder.parent().is_some()
}

/// The bucket that a file in this folder or above it names.
fn named_above(folder: &Path, home: Option<&Path>) -> io::Result<Option<Bucket>> {
    for folder in folder.ancestors().take_while(|folder| is_project(folder, home)) {
        if let Some(name) = named_in(&folder.join(FILE))? {
            return Ok(Some(Bucket { name, source: Source::File(folder.join(FILE)) }));
        }
    }
    Ok(None)
}

/// The bucket of the project in this folder.
fn of_folder(root: &Path, home: Option<&Path>) -> io::Result<Bucket> {
    if let Some(named) = named_above(root, home)? {
        return Ok(named);
    }
    let repository = repository(root).filter(|folder| is_project(folder, home));
    if let Some(url) = repository.as_deref().and_then(remote)
        && let Some(name) = name_of_remote(&url)
    {
        return Ok(Bucket { name, source: Source::Remote(without_secrets(&url)) });
    }
    let folder = repository.or_else(|| Some(root.to_owned()).filter(|root| is_project(root, home)));
    let named = folder.and_then(|folder| Some((valid(folder.file_name()?.to_str()?)?, folder)));
    Ok(match named {
        Some((name, folder)) => Bucket { name, source: Source::Folder(folder) },
        None => Bucket { name: DEFAULT_BUCKET.to_owned(), source: Source::NoProject },
    })
}

/// What a [`FILE`] may say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    bucket: String,
}

fn named_in(file: &Path) -> io::Result<Option<String>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(problem(format!("cannot read {}: {error}", file.display()))),
    };
    let example = "It must contain one line such as: bucket = \"my-project\"";
    match toml::from_str::<Settings>(&text) {
        Ok(settings) => match bucket_name(&settings.bucket) {
            Ok(name) => Ok(Some(name)),
            Err(refused) => Err(problem(format!("{}: {refused}. {example}", file.display()))),
        },
        Err(error) => Err(problem(format!("{} can't be used: {error}{example}", file.display()))),
    }
}

/// The folder of the git repository that the folder is in.
fn repository(folder: &Path) -> Option<PathBuf> {
    git(folder, &["rev-parse", "--show-toplevel"]).map(PathBuf::from)?.canonicalize().ok()
}

fn remote(repository: &Path) -> Option<String> {
    git(repository, &["config", "--get", "remote.origin.url"])
}

/// What git prints there, where there is a git.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    // A git hook sets them, for another repository perhaps.
    for variable in ["GIT_DIR", "GIT_WORK_TREE"] {
        command.env_remove(variable);
    }
    let output = command.output().ok().filter(|output| output.status.success())?;
    let line = String::from_utf8(output.stdout).ok()?;
    Some(line.trim_end_matches(['\r', '\n']).to_owned()).filter(|line| !line.is_empty())
}

/// The owner and the name: repositories of different owners often have the same name.
fn name_of_remote(url: &str) -> Option<String> {
    let url = url.trim_end_matches('/').trim_end_matches(".git");
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        // The form of ssh, such as git@host:owner/name.
        None => url.split_once(':').map_or(url, |(_, path)| path),
    };
    let mut parts: Vec<_> = path.rsplit(['/', '\\']).filter(|part| !part.is_empty()).take(2).collect();
    parts.reverse();
    valid(&parts.join("-"))
}

/// The remote without the password that a URL may hold.
fn without_secrets(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.find('/').unwrap_or(rest.len());
            let start = rest[..host].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[start..])
        }
        None => url.to_owned(),
    }
}

/// The text as the name of a bucket: small letters, digits, `_`, `.` and single hyphens.
fn valid(text: &str) -> Option<String> {
    let is_kept = |character: &char| character.is_alphanumeric() || matches!(character, '_' | '.');
    let lower = text.to_lowercase();
    let words = lower.split(|character| !is_kept(&character)).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("-").chars().take(LONGEST_NAME).collect();
    // `.` and `..` are no names, and a hidden folder's dot says nothing.
    let name = name.trim_matches(['.', '-']);
    (!name.is_empty()).then(|| name.to_owned())
}

fn problem(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn bucket(root: &Path, home: Option<&Path>) -> (String, Source) {
        let bucket = of_folder(root, home).unwrap();
        (bucket.name, bucket.source)
    }

    fn run_git(folder: &Path, arguments: &[&str]) {
        assert!(Command::new("git").arg("-C").arg(folder).args(arguments).status().unwrap().success());
    }

    /// A folder without symbolic links in its path, and a project in it.
    fn project() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().canonicalize().unwrap().join("My Project");
        fs::create_dir_all(project.join("src/deep")).unwrap();
        (folder, project)
    }

    #[test]
    fn what_is_asked_for_beats_the_file_that_beats_the_remote_that_beats_the_folder() {
        let (_folder, project) = project();
        assert_eq!(bucket(&project, None), ("my-project".to_owned(), Source::Folder(project.clone())));

        run_git(&project, &["init", "--quiet"]);
        assert_eq!(bucket(&project.join("src/deep"), None).0, "my-project");
        run_git(&project, &["remote", "add", "origin", "https://someone:secret@example.com/acme/backend.git"]);
        let (name, source) = bucket(&project.join("src/deep"), None);
        assert_eq!(name, "acme-backend");
        assert_eq!(source, Source::Remote("https://example.com/acme/backend.git".to_owned()));

        fs::write(project.join(FILE), "# ours\nbucket = \"Team Notes\"\n").unwrap();
        let found = bucket(&project.join("src/deep"), None);
        assert_eq!(found, ("Team Notes".to_owned(), Source::File(project.join(FILE))));

        let options = Project { bucket: Some("asked".to_owned()), root: Some(project.clone()) };
        assert_eq!(options.bucket().unwrap(), Bucket { name: "asked".to_owned(), source: Source::Asked });
        let options = Project { bucket: Some(String::new()), root: Some(project) };
        assert_eq!(options.bucket().unwrap().name, "Team Notes");
    }

    #[test]
    fn the_home_folder_and_the_root_are_no_projects() {
        let (_folder, home) = project();
        fs::write(home.join(FILE), "bucket = \"everything\"\n").unwrap();
        run_git(&home, &["init", "--quiet"]);
        run_git(&home, &["remote", "add", "origin", "git@example.com:me/dotfiles.git"]);
        let default = ("default".to_owned(), Source::NoProject);
        assert_eq!(bucket(&home, Some(&home)), default);
        assert_eq!(bucket(home.ancestors().last().unwrap(), None), default);
        // Neither gives its name to the projects in it.
        assert_eq!(bucket(&home.join("src"), Some(&home)).0, "src");
    }

    #[test]
    fn a_file_that_says_something_unknown_is_refused() {
        let (_folder, project) = project();
        for (text, problem) in [
            ("bucket = \"a\"\nbukcet = \"b\"\n", "unknown field `bukcet`"),
            ("bucket = 1\n", "expected a string"),
            ("", "missing field `bucket`"),
            ("bucket = \"\"\n", "a bucket can't be called \"\""),
            ("bucket", "It must contain one line such as: bucket = \"my-project\""),
        ] {
            fs::write(project.join(FILE), text).unwrap();
            let error = of_folder(&project.join("src"), None).unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains(FILE), "{error}");
        }
        let options = Project { bucket: None, root: Some(project.join("none")) };
        assert!(options.bucket().unwrap_err().to_string().contains("--root is not a readable folder"));
    }

    #[test]
    fn names_of_remotes_and_folders_become_names_of_buckets() {
        for (url, name) in [
            ("git@github.com:Acme/Back_End.git", "acme-back_end"),
            ("ssh://git@example.com:2222/group/sub/thing.git/", "sub-thing"),
            ("https://example.com/alone", "alone"),
            ("/srv/git/house.git", "git-house"),
            (r"C:\git\house", "git-house"),
        ] {
            assert_eq!(name_of_remote(url).as_deref(), Some(name), "{url}");
        }
        assert_eq!(name_of_remote("https://example.com"), None);
        assert_eq!(valid(" Übung  – 2 ").as_deref(), Some("übung-2"));
        assert_eq!(valid(".hidden").as_deref(), Some("hidden"));
        assert_eq!(valid("..").or(valid("--")), None);
        assert_eq!(valid(&"x".repeat(300)).unwrap().len(), LONGEST_NAME);
    }
}
