//! `cargo xtask workflow`: on a copy of the project, an operation and a field are added to the description, and a program calls
//! the one and reads the other. No other file of the copy is touched.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::project::{GENERATED, SPEC, cargo, failure, output, root, run, target_directory};

const NEW_OPERATION: &str = "
  /v1/buckets/{bucket}/rename:
    parameters:
      - $ref: '#/components/parameters/BucketName'
    post:
      operationId: rename_bucket
      tags: [Buckets]
      summary: Rename a bucket
      requestBody:
        required: true
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/RenameBucketRequest'
      responses:
        '200':
          description: The bucket under its new name.
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Bucket'
        '404': {$ref: '#/components/responses/NotFound'}
";

const NEW_SCHEMA: &str = "
    RenameBucketRequest:
      type: object
      description: A new name.
      required: [name]
      properties:
        name:
          type: string
          description: The new name.
";

const NEW_FIELD: &str = "
        pinned:
          type: boolean
          description: Whether the memory is never deleted by an agent.
";

/// Compiles only with the operation and the field above.
const PROGRAM: &str = r##"//! The new operation and field.

use lumetra_engram::{EngramClient, Memory, api::types::RenameBucketRequest};

#[tokio::test]
async fn the_new_operation_and_field_are_there() {
    let engram = EngramClient::builder().api_key("k").base_url("http://127.0.0.1:9").build().unwrap();
    let body = RenameBucketRequest { name: "new".to_owned() };
    assert!(engram.api().rename_bucket("old", &body).await.is_err(), "nothing listens there");
    let memory: Memory = serde_json::from_str(r#"{"id":"1","content":"a","pinned":true}"#).unwrap();
    assert_eq!(memory.pinned, Some(true));
}
"##;

pub(crate) fn prove() -> Result<()> {
    let copy = tempfile::tempdir()?;
    let copy = copy.path();
    copy_project(copy)?;
    let spec = fs::read_to_string(copy.join(SPEC))?;
    fs::write(copy.join(SPEC), with_additions(&spec)?)?;
    fs::write(copy.join("tests/new_operation.rs"), PROGRAM)?;
    // With the build directory of the project itself, the dependencies are not compiled again.
    let target = target_directory()?;
    let cargo = |arguments: &[&str]| {
        let mut command = cargo(copy, arguments);
        command.env("CARGO_TARGET_DIR", &target);
        command
    };

    println!("The new operation and field compile and run after nothing but an edit of {SPEC}");
    run(&mut cargo(&["test", "--quiet", "--test", "new_operation"]))?;

    println!("Without the generator, a stale {GENERATED} stops the build");
    let message = failure(&mut cargo(&["check", "--quiet", "--package", "lumetra-engram"]))?;
    ensure!(message.contains("cargo xtask regen"), "the message does not say what to do:\n{message}");

    println!("`cargo xtask regen --check` finds it stale too");
    let diff = failure(&mut cargo(&["xtask", "regen", "--check"]))?;
    ensure!(diff.contains("+    pub async fn rename_bucket"), "the diff does not show the new operation:\n{diff}");

    println!("After `cargo xtask regen` a dependent has them as well");
    run(&mut cargo(&["xtask", "regen"]))?;
    run(&mut cargo(&["xtask", "regen", "--check"]))?;
    run(&mut cargo(&["test", "--quiet", "--package", "lumetra-engram", "--test", "new_operation"]))
}

/// Copies what git knows or would add.
fn copy_project(copy: &Path) -> Result<()> {
    let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let files = output(Command::new("git").current_dir(root()).args(listing))?.stdout;
    for file in String::from_utf8(files)?.split_terminator('\0') {
        let (from, to) = (root().join(file), copy.join(file));
        // A file may be deleted but still known.
        if from.is_file() {
            fs::create_dir_all(to.parent().context("a file has a folder")?)?;
            fs::copy(&from, &to).with_context(|| format!("cannot copy {file}"))?;
        }
    }
    Ok(())
}

fn with_additions(spec: &str) -> Result<String> {
    let spec = insert_before(spec, "\ncomponents:\n", NEW_OPERATION)?;
    let spec = insert_before(&spec, "\n    CreateBucketRequest:\n", NEW_SCHEMA)?;
    let (before, memory) = spec.split_once("\n    Memory:\n").context("the description has no schema `Memory`")?;
    let memory = insert_before(memory, "\n        created_at:\n", NEW_FIELD)?;
    Ok(format!("{before}\n    Memory:\n{memory}"))
}

fn insert_before(text: &str, marker: &str, addition: &str) -> Result<String> {
    let place = text.find(marker).with_context(|| format!("the description has no {marker:?}"))?;
    Ok(format!("{}{}{}", &text[..place], addition.trim_end(), &text[place..]))
}
