//! Tasks that need Python, Node or a gateway say so where there is none.
#![allow(clippy::unwrap_used)]

use std::process::Command;

/// What the task prints where no program is found by its name, nor was anything installed before.
fn printed_without_programs(arguments: &[&str]) -> String {
    let nothing = tempfile::tempdir().unwrap();
    let arguments = arguments.iter().map(|argument| argument.replace("{nothing}", &nothing.path().to_string_lossy()));
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .env("PATH", nothing.path())
        .env("CARGO_TARGET_DIR", nothing.path().join("target"))
        .output()
        .unwrap();
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn without_python_the_task_says_that_it_needs_python() {
    for language in ["python", "go", "java", "csharp"] {
        let message = printed_without_programs(&["sdk", language, "--out", "{nothing}/sdk"]);
        assert!(message.contains("this task needs Python 3.11 or newer with its `venv` module"), "{message}");
    }
}

#[test]
fn without_node_the_task_says_that_it_needs_node() {
    let message = printed_without_programs(&["sdk", "typescript", "--out", "{nothing}/sdk"]);
    assert!(message.contains("this task needs Node 20 or newer with npm"), "{message}");
}

#[test]
fn without_gateways_the_task_says_which_it_needs() {
    let message = printed_without_programs(&["gateways", "--check"]);
    assert!(message.contains("this task needs nginx, haproxy, nghttpx, as Debian packages them"), "{message}");
}
