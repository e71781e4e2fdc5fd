//! The modules of a crate, and the files that they import from.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::source::{Body, Source, read};

/// The text of each Rust file, by its path in the folder of the crate.
pub(crate) type Files = BTreeMap<String, String>;

struct Module {
    /// `None` for a module of another folder.
    file: Option<String>,
    /// Where the files of its children are.
    folder: String,
    parent: Option<usize>,
    children: HashMap<String, usize>,
    source: Source,
}

#[derive(Clone, Copy, PartialEq)]
enum Target {
    Module(usize),
    /// An item, by the module that defines it.
    Item(usize),
}

#[derive(Default)]
pub(crate) struct Crate {
    modules: Vec<Module>,
    /// Every file that isn't compiled for tests alone.
    pub(crate) files: BTreeSet<String>,
}

impl Crate {
    pub(crate) fn read(name: &str, files: &Files) -> Self {
        let mut krate = Self { files: files.keys().cloned().collect(), ..Self::default() };
        if files.contains_key("mod.rs") {
            // A module that other crates mount by its name: `crate` is theirs.
            let root = krate.add(None, None, String::new(), Source::default());
            let mounted = krate.add_file(files, Some(root), "mod.rs", String::new());
            krate.modules[root].children.insert(name.to_owned(), mounted);
        }
        let (roots, others): (Vec<_>, Vec<_>) =
            files.keys().partition(|file| ["lib.rs", "main.rs"].contains(&file.as_str()));
        for file in roots.into_iter().chain(others) {
            let is_read = krate.modules.iter().any(|module| module.file.as_ref() == Some(file));
            if krate.files.contains(file) && !is_read {
                krate.add_file(files, None, file, folder_of(file));
            }
        }
        krate
    }

    fn add_file(&mut self, files: &Files, parent: Option<usize>, file: &str, folder: String) -> usize {
        let Some(text) = files.get(file) else {
            return self.add(parent, None, folder, Source::default());
        };
        let source = read(text).unwrap_or_else(|error| panic!("{file} does not parse: {error}"));
        let module = self.add(parent, Some(file.to_owned()), folder, source);
        self.add_children(files, module);
        module
    }

    fn add(&mut self, parent: Option<usize>, file: Option<String>, folder: String, source: Source) -> usize {
        self.modules.push(Module { file, folder, parent, children: HashMap::new(), source });
        self.modules.len() - 1
    }

    fn add_children(&mut self, files: &Files, parent: usize) {
        let folder = self.modules[parent].folder.clone();
        for name in std::mem::take(&mut self.modules[parent].source.test_modules) {
            let (file, below) = (join(&folder, &format!("{name}.rs")), join(&folder, &format!("{name}/")));
            self.files.retain(|other| *other != file && !other.starts_with(&below));
        }
        for (name, body) in std::mem::take(&mut self.modules[parent].source.modules) {
            let below = join(&folder, &name);
            match body {
                Body::Inline(source) => {
                    let file = self.modules[parent].file.clone();
                    let child = self.add(Some(parent), file, below, source);
                    self.add_children(files, child);
                    // Generated code is a file, or an `include!` under a feature: the file says more.
                    self.modules[parent].children.entry(name).or_insert(child);
                }
                Body::File(attribute) => {
                    let (file, below) = match attribute {
                        Some(path) => {
                            let file = beside(self.modules[parent].file.as_deref(), &path);
                            let folder = folder_of(&file);
                            (file, folder)
                        }
                        None if files.contains_key(&format!("{below}/mod.rs")) => (format!("{below}/mod.rs"), below),
                        None => (format!("{below}.rs"), below),
                    };
                    let child = self.add_file(files, Some(parent), &file, below);
                    self.modules[parent].children.insert(name, child);
                }
            }
        }
    }

    /// Every import of another file, once: from, to, and the first path that names it.
    pub(crate) fn imports(&self) -> BTreeMap<(&str, &str), String> {
        let mut imports = BTreeMap::new();
        for (from, module) in self.modules.iter().enumerate() {
            let used = module.source.imports.iter().map(|import| (&import.path, Some(import.reexported)));
            for (path, reexported) in used.chain(module.source.paths.iter().map(|path| (path, None))) {
                let to = match self.resolve(from, path, 0) {
                    Some(Target::Module(_)) if path.len() == 1 && reexported.is_none() => continue, // `error(…)`, a variable.
                    Some(Target::Module(to) | Target::Item(to)) => to,
                    None => continue,
                };
                let is_of_child = reexported == Some(true) && self.is_within(to, from);
                if let (Some(from), Some(to)) = (&module.file, &self.modules[to].file)
                    && from != to
                    && !is_of_child
                {
                    imports.entry((from.as_str(), to.as_str())).or_insert_with(|| path.join("::"));
                }
            }
        }
        imports
    }

    fn resolve(&self, origin: usize, path: &[String], depth: u32) -> Option<Target> {
        let mut module = origin;
        let mut rest = path;
        while let Some((first, after)) = rest.split_first() {
            match first.as_str() {
                "crate" => module = self.root(module),
                "super" => module = self.modules[module].parent?,
                "self" => {}
                _ => break,
            }
            rest = after;
        }
        let is_relative = rest.len() == path.len();
        if !is_relative && path.len() == 1 && path[0] != "super" {
            return None; // `pub(crate)`, `self.field`
        }
        for (index, name) in rest.iter().enumerate() {
            match self.look_up(origin, module, name, index + 1 == rest.len(), depth) {
                Some(Target::Module(found)) => module = found,
                None if is_relative && index == 0 => return None,
                found => return found.or(Some(Target::Item(module))),
            }
        }
        Some(Target::Module(module))
    }

    fn look_up(&self, origin: usize, module: usize, name: &str, is_last: bool, depth: u32) -> Option<Target> {
        let Module { children, source, .. } = &self.modules[module];
        let child = children.get(name).map(|child| Target::Module(*child));
        if !is_last && child.is_some() || depth > 8 {
            return child;
        }
        // A re-export by a module around the item stands for the item; any other is a thing of the file that has it.
        let followed = |found| match found {
            Some(Target::Module(to) | Target::Item(to)) if module == origin || self.is_within(to, module) => found,
            _ => Some(Target::Item(module)),
        };
        if let Some(import) = source.imports.iter().find(|import| import.name.as_deref() == Some(name)) {
            return followed(self.resolve(module, &import.path, depth + 1));
        }
        if child.is_some() || source.defined.contains(name) {
            return child.or(Some(Target::Item(module)));
        }
        source.imports.iter().filter(|import| import.name.is_none()).find_map(|glob| {
            match self.resolve(module, &glob.path, depth + 1) {
                Some(Target::Module(to)) if to != module => {
                    self.look_up(to, to, name, is_last, depth + 1).and_then(|found| followed(Some(found)))
                }
                _ => None,
            }
        })
    }

    fn is_within(&self, module: usize, ancestor: usize) -> bool {
        std::iter::successors(Some(module), |module| self.modules[*module].parent).any(|module| module == ancestor)
    }

    fn root(&self, module: usize) -> usize {
        self.modules[module].parent.map_or(module, |parent| self.root(parent))
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn folder_of(file: &str) -> String {
    file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
}

/// The file at `path` as seen from `file`, which is outside the folder of the crate where it begins with `..`.
fn beside(file: Option<&str>, path: &str) -> String {
    let mut parts: Vec<&str> = file.unwrap_or_default().split('/').collect();
    parts.pop();
    for part in path.split('/') {
        if part != ".." || parts.last().is_none_or(|last| *last == "..") {
            parts.push(part);
        } else {
            parts.pop();
        }
    }
    parts.join("/")
}
