//! Proves on small source trees what the test reports and what it lets pass.

use crate::modules::Files;
use crate::rules::{Table, problems};

const LAYERS: &[&[&str]] = &[&["low"], &["mid", "tree"], &["high"], &["lib"]];
const ROOT: &str = "mod low; mod mid; mod tree; mod high; pub use high::High; pub use low::*;";

/// The problems of a crate that has these files, and empty ones for the rest of its table.
fn found(files: &[(&str, &str)], known_exceptions: &'static [(&'static str, &'static str)]) -> Vec<String> {
    let rest = [("lib.rs", ROOT), ("low.rs", ""), ("mid.rs", ""), ("tree/mod.rs", ""), ("high.rs", "")];
    let all: Files = rest.iter().chain(files).map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
    problems(&Table { folder: "src", layers: LAYERS, known_exceptions }, &all)
}

/// Fails unless `low.rs`, with this text, uses what is in `high.rs`.
#[track_caller]
fn runs_down(low: &str) {
    let problems = found(&[("low.rs", low), ("high.rs", "pub struct High; pub mod inner { pub fn go() {} }")], &[]);
    assert!(problems.len() == 1 && problems[0].contains("is in src/high.rs"), "{low}: {problems:?}");
}

#[track_caller]
fn is_fine(files: &[(&str, &str)]) {
    assert_eq!(found(files, &[]), Vec::<String>::new());
}

#[test]
fn an_import_of_an_earlier_layer_is_fine() {
    is_fine(&[("low.rs", "pub struct Low;"), ("high.rs", "use crate::low::Low; use crate::mid; use super::tree::*;")]);
}

#[test]
fn an_import_of_a_later_layer_is_reported_with_its_line_and_both_files() {
    let low = "//! See `crate::high::High`.\nuse crate::{\n    mid,\n    high::{High, inner},\n};";
    let problems = found(&[("low.rs", low)], &[]);
    assert!(problems[0].starts_with("src/low.rs:4: `crate::high::High` is in src/high.rs (layer 2), "), "{problems:?}");
    assert!(problems[0].contains("move it to layer 0 or before"), "{problems:?}");
}

#[test]
fn every_form_of_an_import_is_noticed() {
    for low in [
        "use crate::high::High;",
        "pub(crate) use crate::high::High as Other;",
        "use crate::{high::{self, inner}};",
        "use super::high::*;",
        "use self::super::high;",
        "use crate::high::r#inner;",
        "mod deep { use super::super::high::High; }",
        "fn f() { use crate::high::inner::go; }",
        "fn f() { crate::high::inner::go(); }",
        "fn f(high: Vec<crate::high::High>) {}",
        "impl<T> From<T> for u8 where T: Into<super::high::High> {}",
        "fn f() { <crate::high::High as Default>::default(); }",
        "fn f() -> S { S { ..crate::high::inner::go() } }",
        "fn f() { println!(\"{}\", crate::high::inner::go()); }",
        "macro_rules! m { ($x:ty) => { $crate::high::inner::go::<$x>() }; }",
        "#[derive(crate::high::Derive)] struct S;",
        "#[serde(with = \"crate::high::inner\")] struct S;",
        "#[cfg(not(test))] use crate::high::High;",
    ] {
        runs_down(low);
    }
}

#[test]
fn a_reexport_of_the_root_counts_as_the_file_behind_it() {
    runs_down("use crate::High;");
    is_fine(&[("low.rs", "pub struct Low;"), ("mid.rs", "use crate::Low;")]);
}

#[test]
fn an_import_of_what_the_root_defines_is_noticed() {
    let problems = found(&[("mid.rs", "use crate::Other;")], &[]);
    assert!(problems[0].contains("`crate::Other` is in src/lib.rs"), "{problems:?}");
}

#[test]
fn a_reexport_of_another_module_is_an_import_of_that_module() {
    let high = ("high.rs", "pub use crate::low::Low;");
    let problems = found(&[("low.rs", "pub struct Low;"), ("mid.rs", "use crate::high::Low;"), high], &[]);
    assert!(problems[0].contains("src/high.rs"), "{problems:?}");
}

#[test]
fn what_imports_nothing_is_no_import() {
    is_fine(&[
        (
            "low.rs",
            "/// See [`crate::high::High`].\npub(in crate::high) fn f(high: u8) { let s = \"high::High\"; high.inner(); }",
        ),
        ("mid.rs", "use serde::high; fn f() { high::inner(); ::high::go(); Vec::<u8>::high(); }"),
    ]);
}

#[test]
fn code_for_tests_does_not_count() {
    is_fine(&[
        (
            "low.rs",
            "#[cfg(test)] use crate::high::High; #[cfg(all(test, unix))] fn f<A, B>() { crate::high::inner::go() }
            impl S { #[cfg(test)] fn g(&self) -> crate::high::High { crate::high::High } fn h() {} }
            struct S { #[cfg(test)] high: crate::high::High, other: u8 }
            #[cfg(test)] mod tests { use crate::high::High; }
            #[cfg(test)] mod more;",
        ),
        ("low/more.rs", "mod cases; use crate::high::High;"),
        ("low/more/cases.rs", "use crate::high::High;"),
    ]);
}

#[test]
fn circles_of_two_and_of_three_are_reported_with_each_import() {
    let leaf = |text| [("tree/mod.rs", "pub mod a; pub mod b; pub mod c;"), ("tree/a.rs", "use super::b;"), text];
    let problems = found(&[&leaf(("tree/b.rs", "use crate::tree::a::A;"))[..], &[("tree/c.rs", "")]].concat(), &[]);
    assert!(problems.len() == 1 && problems[0].contains("src/tree/b.rs:1: `crate::tree::a::A` is in src/tree/a.rs"));
    assert!(problems[0].contains("src/tree/a.rs:1: `super::b` is in src/tree/b.rs"), "{problems:?}");

    let last = ("tree/c.rs", "fn f() { super::a::f() }");
    let problems = found(&[&leaf(("tree/b.rs", "use super::c;"))[..], &[last]].concat(), &[]);
    assert!(problems.len() == 1 && problems[0].matches("src/tree/c.rs").count() == 2, "{problems:?}");
}

#[test]
fn a_parent_and_a_child_that_import_each_other_are_a_circle() {
    let child = ("tree/a.rs", "use super::Tree; pub struct Leaf;");
    let problems = found(&[("tree/mod.rs", "mod a; use a::Leaf; pub struct Tree;"), child], &[]);
    assert!(problems.len() == 1 && problems[0].starts_with("a circle"), "{problems:?}");
    let problems = found(&[("tree/mod.rs", "mod a; pub use a::Leaf; pub struct Tree(Leaf);"), child], &[]);
    assert!(problems.len() == 1 && problems[0].starts_with("a circle"), "{problems:?}");
    is_fine(&[("tree/mod.rs", "mod a; pub use a::Leaf; pub struct Tree;"), child]);
}

#[test]
fn siblings_meet_through_their_parent_without_a_circle() {
    is_fine(&[
        ("tree/mod.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
        ("tree/a.rs", "pub struct A;"),
        ("tree/b.rs", "use super::A; pub struct B(crate::tree::A);"),
    ]);
}

#[test]
fn the_file_of_a_module_says_more_than_generated_code() {
    let root = "mod low; mod mid; mod high; #[cfg(a)] #[path = \"tree/other.rs\"] mod tree; #[cfg(b)] mod tree { include!(\"x\"); }";
    let files = [("lib.rs", root), ("tree/other.rs", "pub struct T;"), ("low.rs", "use crate::tree::T;")];
    let problems = found(&files, &[]);
    assert!(problems[0].contains("`crate::tree::T` is in src/tree/other.rs"), "{problems:?}");
}

#[test]
fn a_module_of_another_folder_is_in_no_layer() {
    let root = "mod low; mod mid; mod tree; mod high; #[path = \"../../other/mod.rs\"] mod other;";
    is_fine(&[("lib.rs", root), ("low.rs", "use crate::other::Thing;")]);
}

#[test]
fn a_file_in_no_layer_and_an_entry_without_a_file_are_reported() {
    assert_eq!(found(&[("news.rs", "")], &[]), ["src/news.rs is in no layer: add it to the layer that it belongs to"]);
    let files = Files::from([("lib.rs".to_owned(), String::new())]);
    let table = Table { folder: "src", layers: &[&["gone"], &["lib"]], known_exceptions: &[] };
    assert_eq!(problems(&table, &files), ["no file of src/ is `gone`: remove it from its layer"]);
}

#[test]
fn an_exception_holds_until_it_is_no_longer_needed() {
    let down = ("low.rs", "use crate::high::High;");
    assert_eq!(found(&[down], &[("low.rs", "high.rs")]), Vec::<String>::new());
    let circle = [("mid.rs", "use crate::tree::T;"), ("tree/mod.rs", "use crate::mid::M;")];
    assert_eq!(found(&circle, &[("tree/mod.rs", "mid.rs")]), Vec::<String>::new());

    for exception in [&[("mid.rs", "high.rs")], &[("high.rs", "low.rs")]] {
        let problems = found(&[("high.rs", "use crate::low::Low;")], exception);
        assert!(problems.len() == 1 && problems[0].ends_with("is no longer needed: remove it"), "{problems:?}");
    }
}
