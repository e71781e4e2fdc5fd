//! Which names a bucket can have.

/// The name, unless no URL can hold it, so that there is no such bucket.
pub(crate) fn bucket_name(name: &str) -> Result<String, String> {
    match name {
        "" | "." | ".." => Err(format!("a bucket can't be called {name:?}")),
        _ => Ok(name.to_owned()),
    }
}
