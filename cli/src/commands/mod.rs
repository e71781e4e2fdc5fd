//! The commands, a file for each.

pub(crate) mod ask;
pub(crate) mod bucket;
pub(crate) mod clear;
pub(crate) mod completions;
mod confirmation;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod forget;
pub(crate) mod import;
mod in_bucket;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
pub(crate) mod profile;
mod question;
pub(crate) mod recall;
pub(crate) mod remember;
pub(crate) mod serve;
mod sources;
pub(crate) mod whoami;
