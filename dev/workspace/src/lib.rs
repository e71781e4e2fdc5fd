//! Nothing: the manifest of this crate turns features on for every build of the whole workspace.
