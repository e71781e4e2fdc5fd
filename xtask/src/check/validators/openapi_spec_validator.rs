//! openapi-spec-validator: the JSON Schema of OpenAPI, and some rules beyond it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result};

use super::Complaint;
use crate::check::node::Node;
use crate::project::work_directory;
use crate::python;

pub(crate) const NAME: &str = "openapi-spec-validator";
const PACKAGE: &str = "openapi-spec-validator==0.9.0";
/// How many files are validated at once.
const AT_ONCE: usize = 4;
/// How much of a message is shown: some repeat whole parts of the file.
const MESSAGE_LENGTH: usize = 200;

pub(crate) fn validate(folder: &Path, files: &[String]) -> Result<Vec<Complaint>> {
    let program = python::environment(&work_directory("check")?.join("python"), &[PACKAGE])?.join(NAME);
    let mut complaints = Vec::new();
    for files in files.chunks(AT_ONCE) {
        // Of several files, the program says nothing of those behind the first that is not valid.
        let processes = files.iter().map(|file| start(&program, folder, file)).collect::<Result<Vec<_>>>()?;
        for (file, process) in files.iter().zip(processes) {
            let output = process.wait_with_output().context("openapi-spec-validator does not end")?;
            if !output.status.success() {
                complaints.push(complaint(folder, file, &output)?);
            }
        }
    }
    Ok(complaints)
}

fn start(program: &Path, folder: &Path, file: &str) -> Result<Child> {
    let mut command = Command::new(program);
    command.args(["--subschema-errors", "all", file]).current_dir(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cannot run openapi-spec-validator")
}

fn complaint(folder: &Path, file: &str, output: &Output) -> Result<Complaint> {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let text = fs::read_to_string(folder.join(file)).with_context(|| format!("cannot read {file}"))?;
    let (pointer, message) = summary(&printed);
    let line = Node::parse(&text).map_or(1, |root| root.follow(&pointer).line);
    Ok(Complaint { file: file.to_owned(), line, rule: NAME.to_owned(), message })
}

/// Where the error is, as a JSON pointer, and what it is. Where an object fits no schema, the program lists what each schema misses;
/// that the object is no reference either says nothing.
fn summary(printed: &str) -> (String, String) {
    let mut reasons = printed.split("\n## ");
    let whole = reasons.next().unwrap_or_default();
    let reason = reasons.find(|reason| !reason.starts_with("'$ref' is a required property"));
    let message = reason.unwrap_or(whole).lines().next().unwrap_or_default();
    (pointer(whole) + &reason.map(pointer).unwrap_or_default(), message.chars().take(MESSAGE_LENGTH).collect())
}

/// The place that is printed as `On instance['paths'][0]:`.
fn pointer(printed: &str) -> String {
    let place = printed.lines().find_map(|line| line.strip_prefix("On instance[")?.strip_suffix("]:"));
    let names = place.into_iter().flat_map(|place| place.split("]["));
    let escaped = names.map(|name| name.trim_matches('\'').replace('~', "~0").replace('/', "~1"));
    escaped.map(|name| format!("/{name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn the_place_and_the_reason_are_found_in_what_is_printed() {
        let printed = "a.yaml: Validation Error: {'required': []} is not valid under any of the given schemas\n\n\
            On instance['paths']['/v1/notes']['parameters'][0]:\n    {}\n\n# Due to one of those errors\n\n\
            ## '$ref' is a required property\n\nOn instance:\n    {}\n\n\
            ## 3 is not of type 'string'\n\nOn instance['name']:\n    3\n";
        let (pointer, message) = summary(printed);
        assert_eq!(pointer, "/paths/~1v1~1notes/parameters/0/name");
        assert_eq!(message, "3 is not of type 'string'");
    }

    #[test]
    fn a_reason_without_a_place_is_shown_whole_up_to_a_length() {
        let (pointer, message) = summary("a.yaml: Validation Error: Path parameter 'folder' was not resolved\n");
        assert_eq!(
            (pointer.as_str(), message.as_str()),
            ("", "a.yaml: Validation Error: Path parameter 'folder' was not resolved")
        );
        assert_eq!(summary(&"x".repeat(1000)).1.len(), 200);
    }
}
