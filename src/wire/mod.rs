//! The runtime of the generated code: what its types are decoded with, and what may stand in a URL's path.

mod extensible;
mod list;
mod locate;
mod object;
mod path;

pub(crate) use extensible::ExtensibleBody;
pub use list::BareOrWrapped;
pub(crate) use locate::Located;
pub(crate) use object::{FromNumber, Name, Object, Property, number, read_object, text};
pub(crate) use path::{check_segment, check_url, encode_path};
