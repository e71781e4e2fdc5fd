//! Which files of a crate import from which others.
//!
//! Read from tokens, so that macros count too. A path through a re-export counts as an import of the file behind it where a module around
//! that file re-exports it, as `lib.rs` and `mod.rs` do. Code under `#[cfg(test)]` does not count.

use std::collections::{BTreeMap, HashMap, HashSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The text of each file, by its path in the folder of the crate.
pub(crate) type Files = BTreeMap<String, String>;
/// A path in code, from the root of the crate.
type Path = Vec<String>;

struct Import {
    path: Path,
    /// By which it is known from here on, where it is a `use`.
    name: Option<String>,
    is_public: bool,
}

#[derive(Default)]
struct Module {
    imports: Vec<Import>,
    /// The modules in files, of which some are in another folder.
    declared: HashSet<String>,
    /// Every identifier outside `use`.
    mentioned: HashSet<String>,
}

struct Crate<'a> {
    files: HashMap<Path, &'a str>,
    modules: HashMap<Path, Module>,
}

/// Every import of another file, once: from, to, and the first path that names it.
pub(crate) fn imports(files: &Files) -> BTreeMap<(&str, &str), String> {
    let names = files.keys().map(|file| (module_of(file, files), file.as_str()));
    let mut krate = Crate { files: names.collect(), modules: HashMap::new() };
    for (module, file) in krate.files.clone() {
        let tokens = files[file].parse().unwrap_or_else(|error| panic!("{file} does not parse: {error}"));
        krate.scan(tokens, &module);
    }
    let mut found = BTreeMap::new();
    for (module, Module { imports, mentioned, .. }) in &krate.modules {
        let from = krate.file_of(module).1;
        for Import { path, name, is_public } in imports {
            let is_used = name.as_ref().is_some_and(|name| mentioned.contains(name));
            let only_reexports = *is_public && !is_used && path.starts_with(module);
            match krate.target(path, 0) {
                Some(to) if from != to && !only_reexports => found.entry((from, to)).or_insert_with(|| path.join("::")),
                _ => continue,
            };
        }
    }
    found
}

/// `a/b.rs` is `a::b`, and `a/mod.rs` is `a`.
fn module_of(file: &str, files: &Files) -> Path {
    let mut path: Path = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let is_second_root = file == "main.rs" && files.contains_key("lib.rs");
    path.pop_if(|last| ["lib", "main", "mod"].contains(&last.as_str()) && !is_second_root);
    path
}

impl<'a> Crate<'a> {
    fn scan(&mut self, tokens: TokenStream, here: &Path) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let word = |at: usize| tokens.get(at).and_then(word);
        let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.to_string() == text);
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match (word(at - 1).as_deref(), token) {
                (None, TokenTree::Group(group)) => {
                    self.scan(group.stream(), here);
                    if is_for_tests(group) {
                        let end = tokens[at..].iter().position(ends_item);
                        at = end.map_or(tokens.len(), |end| at + end + 1);
                    }
                }
                (Some("use"), _) => {
                    let end = tokens[at..].iter().position(|token| token.to_string() == ";").unwrap_or_default();
                    let is_public = is(at.wrapping_sub(2), "pub") || is(at.wrapping_sub(3), "pub");
                    self.add_uses(&tokens[at..at + end], &[], here, is_public);
                    at += end;
                }
                (Some("mod"), _) if is(at + 1, ";") => self.module(here).declared.extend(word(at)),
                (Some("mod"), _) => {
                    if let (Some(name), Some(TokenTree::Group(group))) = (word(at), tokens.get(at + 1)) {
                        self.scan(group.stream(), &[&here[..], &[name]].concat());
                        at += 2;
                    }
                }
                // `pub(in crate::a)` imports nothing.
                (Some("pub"), _) if matches!(tokens.get(at), Some(TokenTree::Group(_))) => at += 1,
                (Some(first), _) => {
                    // What follows `::` or `.` belongs to a type or a value.
                    let before = |text, times| at > times && (1..=times).all(|back| is(at - 1 - back, text));
                    let belongs_to_another = before(":", 2) || before(".", 1) && !before(".", 2);
                    let mut path = vec![first.to_owned()];
                    while let Some(next) = word(at + 2).filter(|_| is(at, ":") && is(at + 1, ":")) {
                        path.push(next);
                        at += 3;
                    }
                    self.module(here).mentioned.insert(first.to_owned());
                    if path.len() > 1 && !belongs_to_another {
                        self.add(&path, None, here, false);
                    }
                }
                _ => {}
            }
        }
    }

    /// The paths of a tree such as `a::{b, c::*}`.
    fn add_uses(&mut self, tree: &[TokenTree], before: &[String], here: &Path, is_public: bool) {
        let mut path = before.to_vec();
        let mut name = None;
        for (at, token) in tree.iter().enumerate() {
            match (word(token).as_deref(), token) {
                (None, TokenTree::Group(group)) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for branch in inner.split(|token| token.to_string() == ",") {
                        self.add_uses(branch, &path, here, is_public);
                    }
                    return;
                }
                (Some("as"), _) => {
                    name = tree.get(at + 1).and_then(word);
                    break;
                }
                (Some("self"), _) if !path.is_empty() => {}
                (part, _) => path.extend(part.map(str::to_owned)),
            }
        }
        let name = name.or_else(|| path.last().cloned());
        self.add(&path, name, here, is_public);
    }

    /// Adds what is of this crate.
    fn add(&mut self, path: &[String], name: Option<String>, here: &Path, is_public: bool) {
        if let Some(path) = self.absolute(path, here) {
            self.module(here).imports.push(Import { path, name, is_public });
        }
    }

    fn module(&mut self, path: &Path) -> &mut Module {
        self.modules.entry(path.clone()).or_default()
    }

    /// From the root of the crate; `None` for a path into another crate or from an item.
    fn absolute(&self, path: &[String], here: &Path) -> Option<Path> {
        let root = if here.first().is_some_and(|first| first == "bin") { 2 } else { 0 };
        let mut around = here.clone();
        let mut rest = path;
        while let Some((first, after)) = rest.split_first() {
            match first.as_str() {
                // A module that other crates mount: it is their root.
                "crate" if self.files.get(&[][..]) == Some(&"mod.rs") => return None,
                "crate" => around.truncate(root),
                "super" => drop(around.pop()?),
                "self" => {}
                _ => break,
            }
            rest = after;
        }
        let absolute = [&around[..], rest].concat();
        let is_relative = rest.len() == path.len();
        let is_child = || absolute.get(..around.len() + 1).is_some_and(|child| self.files.contains_key(child));
        (!absolute.is_empty() && (!is_relative || is_child())).then_some(absolute)
    }

    /// The innermost module on the path that is a file, as the number of its segments, and the file.
    fn file_of(&self, path: &[String]) -> (usize, &'a str) {
        let file = |length| Some((length, *self.files.get(&path[..length])?));
        (0..=path.len()).rev().find_map(file).unwrap_or_default()
    }

    /// The file of what the path names.
    fn target(&self, path: &[String], depth: u32) -> Option<&'a str> {
        let (length, file) = self.file_of(path);
        let (module, rest) = path.split_at(length);
        let (Some((name, after)), Some(Module { imports, declared, .. })) =
            (rest.split_first(), self.modules.get(module))
        else {
            return Some(file);
        };
        match imports.iter().find(|import| import.name.as_ref() == Some(name)) {
            Some(import) if import.path.starts_with(module) && depth < 8 => {
                self.target(&[&import.path[..], after].concat(), depth + 1)
            }
            // A module that is in no file here is one of another folder.
            _ => (!declared.contains(name)).then_some(file),
        }
    }
}

fn word(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(ident) => Some(ident.to_string().trim_start_matches("r#").to_owned()),
        _ => None,
    }
}

fn is_for_tests(attribute: &proc_macro2::Group) -> bool {
    let text = attribute.to_string().replace(' ', "");
    text == "[cfg(test)]" || text.starts_with("[cfg(all(test,")
}

fn ends_item(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace) || token.to_string() == ";"
}
