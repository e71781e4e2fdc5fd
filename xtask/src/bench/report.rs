//! BENCHMARKS.md from its template, dev/bench/BENCHMARKS.md.jinja, which says what its functions show.

use std::collections::BTreeSet;
use std::fs;
use std::iter;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::figures::{Figure, Figures};
use super::runner::PYTHON_VERSION;
use super::{curve, local};
use crate::project::{metadata, output, root};

/// The packages whose versions are stated.
const COMPARED: [&str; 8] =
    ["reqwest", "hyper", "tokio", "serde_json", "async-openai", "eventsource-stream", "progenitor-client", "rusqlite"];

fn file() -> PathBuf {
    root().join("BENCHMARKS.md")
}

fn template() -> Result<String> {
    let file = root().join("dev/bench/BENCHMARKS.md.jinja");
    fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// Writes BENCHMARKS.md, and the plot that it shows.
pub(super) fn write(figures: &Figures) -> Result<()> {
    fs::write(file(), whole(&template()?, figures)?).context("BENCHMARKS.md cannot be written")?;
    curve::draw(&root().join("dev/bench/growth.svg"), figures, &local::SIZES)?;
    println!("BENCHMARKS.md is written.");
    Ok(())
}

/// Fails where BENCHMARKS.md is not what its template and the figures make.
pub(super) fn check(figures: &Figures) -> Result<()> {
    let text = whole(&template()?, figures)?;
    ensure!(fs::read_to_string(file())? == text, "BENCHMARKS.md is stale; run `cargo xtask bench render`");
    Ok(())
}

/// What was measured alone: the part of the text below this heading, with "not measured" in place of all other figures.
pub(super) fn part(heading: &str, figures: &Figures) -> Result<String> {
    let (text, _) = render(&template()?, figures)?;
    let level = heading.split(' ').next().unwrap_or_default();
    let is_end = |line: &str| line.starts_with("## ") || line.starts_with(&format!("{level} "));
    let mut lines = text.lines().skip_while(|line| *line != heading);
    let heading = lines.next().with_context(|| format!("the template has no heading {heading}"))?;
    Ok(iter::once(heading).chain(lines.take_while(|line| !is_end(line))).collect::<Vec<_>>().join("\n"))
}

/// The whole, which has a place for every figure and a figure for every place.
fn whole(template: &str, figures: &Figures) -> Result<String> {
    let (text, shown) = render(template, figures)?;
    let measured = figures.keys().cloned().collect();
    let (missing, unused): (Vec<_>, Vec<_>) =
        (shown.difference(&measured).collect(), measured.difference(&shown).collect());
    ensure!(missing.is_empty(), "there are no figures {missing:?}");
    ensure!(unused.is_empty(), "the template has no place for {unused:?}");
    Ok(text)
}

/// The text, and the names of the figures that it asks for.
fn render(template: &str, figures: &Figures) -> Result<(String, BTreeSet<String>)> {
    let asked = Arc::new(Mutex::new(BTreeSet::new()));
    let (figures, names) = (figures.clone(), Arc::clone(&asked));
    let get = Arc::new(move |name: &str| {
        names.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        figures.get(name).cloned()
    });
    let mut environment = Environment::new();
    // A line with nothing but a tag leaves no line.
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    environment.set_syntax(syntax.build()?);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    let show = |environment: &mut Environment, name: &'static str, show: fn(Figure, Option<usize>) -> String| {
        let get = Arc::clone(&get);
        environment.add_function(name, move |name: &str, decimals: Option<usize>| {
            get(name).map_or_else(|| "not measured".to_owned(), |figure| show(figure, decimals))
        });
    };
    show(&mut environment, "figure", |figure, _| match figure {
        Figure::Beside(number, ratio) => format!("{} ({ratio:.2})", digits(number)),
        other => value(other, None),
    });
    show(&mut environment, "value", value);
    show(&mut environment, "ratio", |figure, decimals| match figure {
        Figure::Beside(_, ratio) => value(Figure::Number(ratio), decimals),
        other => value(other, decimals),
    });
    show(&mut environment, "change", |figure, decimals| match figure {
        Figure::Number(number) => format!("{number:+.*}", decimals.unwrap_or_default()),
        other => value(other, decimals),
    });
    let of = Arc::clone(&get);
    environment.add_test("measured", move |target: Value| Ok::<_, Error>(measured(&target, &*of)?.is_some()));
    environment.add_test("met", move |target: Value| is_met(&target, &*get));
    let text = environment.render_str(template, ())?;
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok((text, asked))
}

fn value(figure: Figure, decimals: Option<usize>) -> String {
    match (figure, decimals) {
        (Figure::Text(text), _) => text,
        (Figure::Number(number) | Figure::Beside(number, _), Some(decimals)) => format!("{number:.decimals$}"),
        (Figure::Number(number) | Figure::Beside(number, _), None) => digits(number),
    }
}

/// The value or the ratio that a target is about, if it was measured. Not a number where that could not be done.
fn measured(target: &Value, get: impl Fn(&str) -> Option<Figure>) -> Result<Option<f64>, Error> {
    let (value, ratio) = (target.get_attr("value")?, target.get_attr("ratio")?);
    Ok(match (value.as_str().and_then(&get), ratio.as_str().and_then(&get)) {
        (Some(Figure::Number(number) | Figure::Beside(number, _)), None) | (None, Some(Figure::Beside(_, number))) => {
            Some(number)
        }
        (None, None) => None,
        _ => Some(f64::NAN),
    })
}

fn is_met(target: &Value, get: impl Fn(&str) -> Option<Figure>) -> Result<bool, Error> {
    let measured = measured(target, get)?.unwrap_or(f64::NAN);
    let bound = |name| target.get_attr(name).map(|bound| f64::try_from(bound).ok());
    match (bound("at_most")?, bound("at_least")?) {
        (Some(bound), None) => Ok(measured <= bound),
        (None, Some(bound)) => Ok(measured >= bound),
        _ => Err(Error::new(ErrorKind::InvalidOperation, format!("a target has one bound: {target}"))),
    }
}

/// A number with three or four digits that count.
fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// What the figures were measured on, and which versions are compared.
pub(super) fn machine() -> Result<Figures> {
    let value = |file: &str, name: &str| -> Result<String> {
        let text = fs::read_to_string(file)?;
        let line = text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(':'));
        Ok(line.with_context(|| format!("{file} has no {name}"))?.1.trim().to_owned())
    };
    let printed = |program: &str, argument: &str| -> Result<String> {
        Ok(String::from_utf8(output(Command::new(program).arg(argument))?.stdout)?.trim().to_owned())
    };
    let machine = format!(
        "{}, {} cores, {} of memory; {}; {}",
        value("/proc/cpuinfo", "model name")?,
        std::thread::available_parallelism()?,
        value("/proc/meminfo", "MemTotal")?,
        printed("uname", "-sr")?,
        printed("rustc", "--version")?,
    );
    let metadata = metadata(&root().join("dev/bench/side-by-side"), &["--locked"])?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let of = |name: &&str| {
        let package = packages.iter().find(|package| package["name"] == **name);
        let version = package.and_then(|package| package["version"].as_str());
        Ok(format!("{name} {}", version.with_context(|| format!("{name} is not compared"))?))
    };
    let versions = COMPARED.iter().map(of).collect::<Result<Vec<_>>>()?.join(", ");
    let versions = format!("{versions}; Python client {PYTHON_VERSION}");
    Ok([("machine.name", machine), ("machine.versions", versions)]
        .map(|(name, text)| (name.to_owned(), Figure::Text(text)))
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "{% set targets = [{'what': 'time', 'ratio': 't', 'at_most': 1.5}, {'what': 'rate', 'value': 'r', 'at_least': 10}] %}\n\
        {% for target in targets %}\n{{ target.what }}: {{ target is met }}\n{% endfor %}\n\
        {{ figure('t') }}, {{ ratio('t') }}, {{ value('t', 0) }}, {{ change('r', 1) }}\n";

    fn figures(rate: f64) -> Figures {
        [("t".to_owned(), Figure::Beside(3.0, 1.501)), ("r".to_owned(), Figure::Number(rate))].into()
    }

    #[test]
    fn a_target_is_met_at_its_bound_and_missed_beyond_it() -> Result<()> {
        assert_eq!(whole(TEMPLATE, &figures(10.0))?, "time: False\nrate: True\n3.00 (1.50), 1.50, 3, +10.0\n");
        assert!(whole(TEMPLATE, &figures(f64::NAN))?.contains("rate: False"), "what was not measured is not met");
        Ok(())
    }

    #[test]
    fn a_place_without_a_figure_and_a_figure_without_a_place_are_errors() -> Result<()> {
        let mut more = figures(10.0);
        more.insert("x".to_owned(), Figure::Number(1.0));
        let error = whole(TEMPLATE, &more).err().context("a figure has no place")?;
        assert_eq!(error.to_string(), "the template has no place for [\"x\"]");
        let error =
            whole(&format!("{TEMPLATE}{{{{ value('y') }}}}"), &figures(10.0)).err().context("a place has no figure")?;
        assert_eq!(error.to_string(), "there are no figures [\"y\"]");
        Ok(())
    }
    #[test]
    fn a_part_that_was_measured_alone_shows_no_target_of_another() -> Result<()> {
        let mut figures = super::super::figures::read()?;
        figures.retain(|name, _| name.starts_with("counts."));
        let text = part("### Counts", &figures)?;
        assert!(text.contains("instructions compared with bare reqwest | 1.0"), "{text}");
        assert!(!text.contains("p50") && !text.contains("not measured") && !text.contains("## Streams"), "{text}");
        Ok(())
    }
}
