//! Checks the imports of a crate against its table of layers.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::modules::{Crate, Files};

pub(crate) struct Table {
    /// The folder of the crate's sources, from the root of the repository.
    pub(crate) folder: &'static str,
    /// The first uses no other. `a/b` means `a/b.rs` and everything in `a/b/`; the longest entry that fits a file places it.
    pub(crate) layers: &'static [&'static [&'static str]],
    /// Imports (from, to) that are allowed until they are removed, with the circles that they close.
    pub(crate) known_exceptions: &'static [(&'static str, &'static str)],
}

type Edge<'a> = (&'a str, &'a str);

pub(crate) fn problems(table: &Table, files: &Files) -> Vec<String> {
    let Table { folder, layers, known_exceptions } = table;
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let krate = Crate::read(name, files);
    let imports = krate.imports();
    let layer = |file: &str| Some(entry(table, file)?.0);
    let shown = |&(from, to): &Edge| {
        let path = &imports[&(from, to)];
        format!("{folder}/{from}:{}: `{path}` is in {folder}/{to}", line(&files[from], path))
    };

    let mut problems = Vec::new();
    for file in krate.files.iter().filter(|file| layer(file).is_none()) {
        problems.push(format!("{folder}/{file} is in no layer: add it to the layer that it belongs to"));
    }
    let used: BTreeSet<_> = krate.files.iter().filter_map(|file| entry(table, file)).collect();
    for unused in
        layers.iter().enumerate().flat_map(|(layer, entries)| entries.iter().map(move |entry| (layer, *entry)))
    {
        if !used.contains(&unused) {
            problems.push(format!("no file of {folder}/ is `{}`: remove it from its layer", unused.1));
        }
    }

    let checked: Vec<Edge> = imports.keys().copied().filter(|edge| !known_exceptions.contains(edge)).collect();
    let runs_down = |(from, to): &Edge| layer(from).zip(layer(to)).is_some_and(|(from, to)| from < to);
    for edge in checked.iter().filter(|edge| runs_down(edge)) {
        let (from, to) = (layer(edge.0).unwrap_or_default(), layer(edge.1).unwrap_or_default());
        problems.push(format!(
            "{} (layer {to}), which layer {from} may not use: move it to layer {from} or before, or move the code that uses it",
            shown(edge)
        ));
    }

    let mut beside: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in checked.iter().filter(|(from, to)| layer(from) == layer(to)) {
        beside.entry(from).or_default().push(to);
    }
    let mut circles = BTreeSet::new();
    for (from, to) in checked.iter().filter(|(from, to)| layer(from) == layer(to)) {
        let Some(circle) = way(&beside, to, from) else { continue };
        if circles.insert(circle.iter().copied().collect::<BTreeSet<_>>()) {
            let edges = circle.windows(2).map(|pair| (pair[0], pair[1])).chain([(*from, *to)]);
            let edges: Vec<String> = edges.map(|edge| shown(&edge)).collect();
            problems.push(format!(
                "a circle of imports; move what one of them needs to a file of its own:\n    {}",
                edges.join("\n    ")
            ));
        }
    }

    for edge in *known_exceptions {
        let closes_circle = layer(edge.0) == layer(edge.1) && way(&beside, edge.1, edge.0).is_some();
        if !imports.contains_key(edge) || !runs_down(edge) && !closes_circle {
            problems.push(format!("the exception {edge:?} of {folder}/ is no longer needed: remove it"));
        }
    }
    problems
}

/// The layer of a file, and the entry that puts it there.
fn entry(table: &Table, file: &str) -> Option<(usize, &'static str)> {
    let entries =
        table.layers.iter().enumerate().flat_map(|(layer, entries)| entries.iter().map(move |entry| (layer, *entry)));
    let names = |entry: &str| file.strip_prefix(entry).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
    entries.filter(|(_, entry)| names(entry)).max_by_key(|(_, entry)| entry.len())
}

/// The shortest way along the imports.
fn way<'a>(imports: &BTreeMap<&'a str, Vec<&'a str>>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::from([from]);
    let mut ways = VecDeque::from([vec![from]]);
    while let Some(way) = ways.pop_front() {
        let last = way[way.len() - 1];
        if last == to {
            return Some(way);
        }
        for next in imports.get(last).into_iter().flatten().filter(|next| seen.insert(next)) {
            ways.push_back([&way[..], &[*next]].concat());
        }
    }
    None
}

/// The first line of code with the most segments of the path: without proc-macro2's `span-locations`, tokens have no lines.
fn line(text: &str, path: &str) -> usize {
    let shared = |line: &str| {
        let words: BTreeSet<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        path.split("::").filter(|part| words.contains(part)).count()
    };
    let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.min_by_key(|(_, line)| Reverse(shared(line))).map_or(1, |(index, _)| index + 1)
}
