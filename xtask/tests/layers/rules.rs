//! What is wrong with the imports of a crate.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::imports::{Files, imports};

/// The imports of a later layer, the files without a layer, and the entries without a file.
pub(crate) fn out_of_order(layers: &[&[&'static str]], files: &Files) -> Vec<String> {
    let entries =
        || layers.iter().enumerate().flat_map(|(layer, entries)| entries.iter().map(move |entry| (layer, *entry)));
    let entry = |file: &str| {
        let names = |entry: &str| file.strip_prefix(entry).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
        entries().filter(|(_, entry)| names(entry)).max_by_key(|(_, entry)| entry.len())
    };
    let mut problems: Vec<String> =
        files.keys().filter(|file| entry(file).is_none()).map(|file| format!("{file} is in no layer")).collect();
    let used: BTreeSet<_> = files.keys().filter_map(|file| entry(file)).collect();
    problems.extend(entries().filter(|entry| !used.contains(entry)).map(|(_, entry)| format!("no file is `{entry}`")));
    for ((from, to), path) in imports(files) {
        if let (Some((own, _)), Some((other, _))) = (entry(from), entry(to))
            && own < other
        {
            problems.push(format!("{from} of layer {own} imports `{path}` from {to} of layer {other}"));
        }
    }
    problems
}

/// The circles of imports.
pub(crate) fn circles(files: &Files) -> Vec<String> {
    let imports = imports(files);
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for &(from, to) in imports.keys() {
        all.entry(from).or_default().push(to);
    }
    let mut problems = Vec::new();
    let mut found = BTreeSet::new();
    for (&from, targets) in &all {
        for circle in targets.iter().filter_map(|to| way(&all, to, from)) {
            if found.insert(circle.iter().copied().collect::<BTreeSet<_>>()) {
                problems.push(format!("a circle of imports: {from} -> {}", circle.join(" -> ")));
            }
        }
    }
    problems
}

/// The shortest way along the imports.
fn way<'a>(graph: &BTreeMap<&'a str, Vec<&'a str>>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::from([from]);
    let mut ways = VecDeque::from([vec![from]]);
    while let Some(way) = ways.pop_front() {
        let last = way[way.len() - 1];
        if last == to {
            return Some(way);
        }
        for next in graph.get(last).into_iter().flatten().filter(|next| seen.insert(next)) {
            ways.push_back([&way[..], &[*next]].concat());
        }
    }
    None
}
