//! The rules of this project, each proved by the fixture of its name in xtask/check/fixtures.

mod answers;
mod bodies;
mod errors;
mod examples;
mod extensions;
mod keywords;
mod links;
mod names;
mod open_answers;
mod operations;
mod parameters;
mod prose;
mod references;
mod rustdoc;
mod types;

use super::description::Description;
use super::finding::Findings;

/// A rule: the name that its messages and its fixture have, and what looks for its fault.
pub(crate) type Rule = (&'static str, fn(&Description<'_>, &mut Findings));

/// What the generator panics at, refuses, or silently makes something else of.
pub(crate) const OF_THE_GENERATOR: &[Rule] = &[
    ("openapi-version", keywords::version),
    ("newer-keyword", keywords::newer),
    ("unsupported-keyword", keywords::unsupported),
    ("discriminator", keywords::discriminator),
    ("ambiguous-boolean", keywords::ambiguous_boolean),
    ("unresolved-reference", references::unresolved),
    ("beside-reference", references::beside),
    ("answer-in-place", references::answer_in_place),
    ("derived-operation-id", operations::derived_id),
    ("default-answer", answers::default_answer),
    ("different-answers", answers::different_schemas),
    ("answer-media-type", answers::media_type),
    ("stream-beside-json", answers::stream_beside_json),
    ("missing-schema", answers::missing_schema),
    ("body-media-type", bodies::media_type),
    ("optional-body", bodies::optional),
    ("default-value", bodies::default_value),
    ("parameter-style", parameters::style),
    ("optional-path-parameter", parameters::optional_in_path),
    ("closed-enum", open_answers::closed_enum),
    ("strict-format", open_answers::strict_format),
    ("strict-bounds", open_answers::strict_bounds),
    ("closed-object", open_answers::closed_object),
    ("inline-object", types::inline_object),
    ("bare-or-wrapped", types::bare_or_wrapped),
    ("all-of", types::all_of),
    ("shared-type", types::shared),
    ("schema-name", names::schema),
    ("name-collision", names::collision),
    ("enum-value", names::enum_value),
    ("inline-extensible-enum", extensions::inline_enum),
    ("unknown-extension", extensions::unknown),
    ("forms", extensions::forms),
    ("mirror", extensions::mirror),
    ("alias", extensions::alias),
    ("rustdoc", rustdoc::rustdoc),
];

/// What readers of the description need, and callers in any language.
pub(crate) const OF_STYLE: &[Rule] = &[
    ("links", links::links),
    ("operation-id", operations::id_form),
    ("one-tag", operations::one_tag),
    ("missing-description", prose::missing_description),
    ("declared-errors", errors::declared),
    ("error-schema", errors::schema),
    ("retry-after", errors::retry_after),
    ("missing-example", examples::missing),
    ("example", examples::valid),
    ("unknown-field", examples::unknown_field),
];

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    OF_THE_GENERATOR.iter().chain(OF_STYLE)
}
