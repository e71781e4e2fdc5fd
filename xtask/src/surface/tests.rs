use serde_json::json;

use super::{ensure_format, features, without_trait_methods};

#[test]
fn all_features_are_listed_that_are_for_dependents() {
    let features_of_one =
        json!({ "__fuzzing": [], "blocking": [], "codegen": [], "default": ["blocking"], "schemars": [] });
    let metadata = json!({ "packages": [{ "name": "one", "features": features_of_one }] });
    assert_eq!(features(&metadata, "one").unwrap(), ["blocking", "schemars"]);
    assert!(features(&metadata, "two").unwrap_err().to_string().contains("no package two"));
}

#[test]
fn only_the_methods_of_traits_are_left_out() {
    let items = "\
pub struct one::Name
impl one::Name
pub fn one::Name::new() -> Self
impl core::fmt::Debug for one::Name
pub fn one::Name::fmt(&self, &mut core::fmt::Formatter<'_>) -> core::fmt::Result
impl<T> core::ops::deref::Deref for one::List<T> where T: core::marker::Copy
pub type one::List<T>::Target = [T]
pub fn one::List<T>::deref(&self) -> &[T]
impl core::marker::StructuralPartialEq for one::Name
pub trait one::Mode
pub fn one::Mode::send(&self)
impl one::Mode for one::Name
pub fn one::Name::send(&self)
pub fn one::free()
";
    let kept = "\
pub struct one::Name
impl one::Name
pub fn one::Name::new() -> Self
impl core::fmt::Debug for one::Name
impl<T> core::ops::deref::Deref for one::List<T> where T: core::marker::Copy
pub type one::List<T>::Target = [T]
pub trait one::Mode
pub fn one::Mode::send(&self)
impl one::Mode for one::Name
pub fn one::free()
";
    assert_eq!(without_trait_methods(items), kept);
}

#[test]
fn another_rust_is_told_which_ones_can_make_the_list() {
    ensure_format(r#"{"format_version": 57}"#).unwrap();
    let error = ensure_format(r#"{"format_version": 60}"#).unwrap_err().to_string();
    assert!(error.contains("format 60") && error.contains("Rust 1.93 to 1.96"), "{error}");
}
