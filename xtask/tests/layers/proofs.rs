//! Proves on small source trees what is reported and what is let pass.

use crate::imports::Files;
use crate::rules::{circles, out_of_order};

const LAYERS: &[&[&str]] = &[&["low"], &["mid", "tree"], &["high"], &["lib"]];
const ROOT: &str = "mod low; mod mid; mod tree; mod high; #[path = \"../a.rs\"] mod other; pub use high::High;";

/// A crate with these files, and empty ones for the rest.
fn with(files: &[(&str, &str)]) -> Files {
    let rest = [("lib.rs", ROOT), ("low.rs", ""), ("mid.rs", ""), ("tree/mod.rs", ""), ("high.rs", "")];
    rest.iter().chain(files).map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    [out_of_order(LAYERS, &with(files)), circles(&with(files))].concat()
}

#[test]
fn an_import_of_a_later_layer_is_reported_whatever_its_form() {
    for low in [
        "use crate::high::High;",
        "use crate::High;",
        "pub(crate) use crate::high::High as Other;",
        "use crate::{high::{self, inner}};",
        "use super::high::*;",
        "use self::super::high;",
        "use crate::r#high::inner;",
        "mod deep { use super::super::high::High; }",
        "fn f(high: Vec<crate::high::High>) { use crate::high::inner::go; }",
        "fn f() -> S { S { ..crate::high::inner::go() } }",
        "fn f() { println!(\"{}\", crate::high::inner::go()); }",
        "macro_rules! m { ($x:ty) => { $crate::high::inner::go::<$x>() }; }",
        "#[derive(crate::high::Derive)] struct S;",
        "#[cfg(not(test))] use crate::high::High;",
    ] {
        let problems = problems(&[("low.rs", low)]);
        assert!(problems.len() == 1 && problems[0].contains("from high.rs of layer 2"), "{low}: {problems:?}");
    }
    let of_root = problems(&[("mid.rs", "use crate::Other;")]);
    assert!(of_root[0].contains("`Other` from lib.rs"), "{of_root:?}");
    let reexported = problems(&[("mid.rs", "use crate::high::Low;"), ("high.rs", "pub use crate::low::Low;")]);
    assert!(reexported[0].contains("from high.rs"), "{reexported:?}");
}

#[test]
fn other_imports_are_fine_and_what_imports_nothing_is_none() {
    for (file, text) in [
        ("high.rs", "use crate::low::Low; use crate::mid; use super::tree::*;"),
        ("low.rs", "/// [`crate::high::High`]\npub(in crate::high) fn f() { \"crate::high::High\"; high.inner(); }"),
        (
            "mid.rs",
            "use serde::high; fn f() { high::inner(); ::high::go(); Vec::<u8>::high(); } use crate::other::Thing;",
        ),
        (
            "low.rs",
            "#[cfg(test)] use crate::high::High; #[cfg(all(test, unix))] fn f<A, B>() { crate::high::inner::go() }
            impl S { #[cfg(test)] fn g(&self) -> crate::high::High { crate::high::High } fn h() {} }
            #[cfg(test)] mod tests { use crate::high::High; }",
        ),
    ] {
        assert_eq!(problems(&[(file, text)]), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_circle_is_reported_with_the_files_on_the_way() {
    let child = ("tree/a.rs", "use super::Tree; pub struct Leaf;");
    for (files, way) in [
        (&[("tree/a.rs", "use super::b;"), ("tree/b.rs", "use crate::tree::a::A;")][..], "a.rs -> tree/b.rs"),
        (
            &[
                ("tree/a.rs", "use super::b;"),
                ("tree/b.rs", "use super::c;"),
                ("tree/c.rs", "fn f() { super::a::f() }"),
            ],
            "a.rs -> tree/b.rs -> tree/c.rs",
        ),
        (&[("tree/mod.rs", "use a::Leaf; pub struct Tree;"), child], "a.rs -> tree/mod.rs"),
        (&[("tree/mod.rs", "pub use a::Leaf; pub struct Tree(Leaf);"), child], "a.rs -> tree/mod.rs"),
    ] {
        assert_eq!(problems(files), [format!("a circle of imports: tree/{way} -> tree/a.rs")]);
    }
    let only_reexports = [("tree/mod.rs", "pub use a::Leaf; pub struct Tree;"), child];
    assert_eq!(problems(&only_reexports), Vec::<String>::new());
}

#[test]
fn what_the_tables_have_too_little_or_too_much_is_reported() {
    assert_eq!(problems(&[("news.rs", "")]), ["news.rs is in no layer"]);
    assert_eq!(out_of_order(&[&["lib", "low", "mid", "tree", "high", "gone"]], &with(&[])), ["no file is `gone`"]);
}
