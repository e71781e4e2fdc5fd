//! Does nothing: with it, the features of the build dependencies count.

fn main() {}
