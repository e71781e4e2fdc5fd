//! The proofs that the documentation names exist.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text without its blocks of code, in which nothing is a link.
fn without_code(text: &str) -> String {
    text.split("\n```").step_by(2).collect()
}

/// The links of a text, as pairs of what is shown and where it leads.
fn links(text: &str) -> Vec<(&str, &str)> {
    let ends = text.match_indices("](");
    let link = |(end, _): (usize, &str)| {
        let shown = text[..end].rsplit('[').next()?;
        let target = text[end + 2..].split(')').next()?;
        Some((shown, target))
    };
    ends.filter_map(link).collect()
}

#[test]
fn every_test_that_a_page_links_to_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeSet::new();
    for page in ["GUARANTEES.md", "SECURITY.md", "dev/faults/TABLE.md"] {
        let page = root.join(page);
        let text = without_code(&read(&page));
        for (shown, target) in links(&text).into_iter().filter(|(_, target)| target.ends_with(".rs")) {
            if let Some(test) = shown.strip_prefix('`').and_then(|name| name.strip_suffix('`')) {
                let file = page.parent().unwrap().join(target);
                assert!(read(&file).contains(&format!("fn {test}()")), "{target} has no test {test}");
                tests.insert(test.to_owned());
            }
        }
    }
    assert!(tests.len() >= 10, "GUARANTEES.md names its proofs: {tests:?}");
}

#[test]
fn the_cases_are_as_many_as_the_pages_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = format!("{} cases", lumetra_engram_faults::all().len());
    for page in ["GUARANTEES.md", "SECURITY.md", "dev/faults/TABLE.md"] {
        assert!(read(&root.join(page)).contains(&cases), "{page} does not say {cases}");
    }
}

#[test]
fn every_test_that_the_local_server_names_is_there() {
    let local = Path::new(env!("CARGO_MANIFEST_DIR")).join("local");
    let page = read(&local.join("docs/robustness.md"));
    let table = page.split("\n## ").next().unwrap();
    let mut sources = String::new();
    for folder in ["tests/server", "src", "src/store", "src/text"] {
        for entry in std::fs::read_dir(local.join(folder)).unwrap().map(Result::unwrap) {
            if entry.path().extension().is_some_and(|extension| extension == "rs") {
                sources += &read(&entry.path());
            }
        }
    }
    let proofs: Vec<_> =
        table.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.rsplit('|').nth(1)).collect();
    let names = proofs.iter().flat_map(|proof| proof.split('`')).filter(|name| name.contains('_'));
    let missing: Vec<_> = names.clone().filter(|name| !sources.contains(&format!("fn {name}()"))).collect();
    assert!(names.count() >= 15 && missing.is_empty(), "there is no test {missing:?}");
}
