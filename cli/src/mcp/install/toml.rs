//! TOML, as Codex has it: a table `mcp_servers.NAME`.

use std::io;

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value, value};

use super::entry::{Entry, NAME, refused};

const SECTION: &str = "mcp_servers";
/// Codex hands on to a server only the variables that are named.
const VARIABLES: [&str; 3] = ["ENGRAM_API_KEY", "ENGRAM_BASE_URL", "ENGRAM_BUCKET"];

pub(super) fn add(text: &str, entry: &Entry) -> io::Result<String> {
    let mut document = parse(text)?;
    let section = document.entry(SECTION).or_insert_with(|| implicit().into());
    let server = table(section, SECTION)?.entry(NAME).or_insert_with(|| Table::new().into());
    let server = table(server, NAME)?;
    set(server, "command", entry.command.as_str().into());
    set(server, "args", entry.arguments.iter().collect::<Array>().into());
    if !server.contains_key("env_vars") {
        set(server, "env_vars", VARIABLES.into_iter().collect::<Array>().into());
    }
    Ok(document.to_string())
}

pub(super) fn remove(text: &str) -> io::Result<String> {
    let mut document = parse(text)?;
    let Some(section) = document.get_mut(SECTION).and_then(Item::as_table_like_mut) else { return Ok(text.to_owned()) };
    if section.remove(NAME).is_none() {
        return Ok(text.to_owned());
    }
    Ok(document.to_string())
}

fn parse(text: &str) -> io::Result<DocumentMut> {
    text.parse().map_err(|error| refused(format!("this is not TOML: {error}")))
}

/// A table whose own header isn't written.
fn implicit() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

fn table<'a>(item: &'a mut Item, name: &str) -> io::Result<&'a mut dyn TableLike> {
    item.as_table_like_mut().ok_or_else(|| refused(format!("{name} is not a table")))
}

/// Writes nothing where the value is there.
fn set(table: &mut dyn TableLike, key: &str, wanted: Value) {
    let same = |item: &Item| item.as_value().is_some_and(|there| plain(there) == plain(&wanted));
    if !table.get(key).is_some_and(same) {
        table.insert(key, value(wanted));
    }
}

/// Without the space and the comments around it.
fn plain(value: &Value) -> Vec<Option<&str>> {
    match value.as_array() {
        Some(items) => items.iter().map(Value::as_str).collect(),
        None => vec![value.as_str()],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn entry() -> Entry {
        Entry { command: r"C:\bin\lumetra-engram.exe".to_owned(), arguments: vec!["mcp".to_owned()] }
    }

    #[test]
    fn comments_and_everything_else_stay_and_twice_is_once() {
        let before =
            "# mine\nmodel = \"o\" # fast\n\n[mcp_servers.other] # theirs\ncommand = 'x'\n\n[tui]\ntheme = \"a\"\n";
        let after = add(before, &entry()).unwrap();
        for kept in [
            "# mine\nmodel = \"o\" # fast\n",
            "[mcp_servers.other] # theirs\ncommand = 'x'\n",
            "[tui]\ntheme = \"a\"\n",
        ] {
            assert!(after.contains(kept), "{after}");
        }
        assert!(
            after.contains("[mcp_servers.lumetra-engram]\ncommand = 'C:\\bin\\lumetra-engram.exe'\nargs = [\"mcp\"]\n"),
            "{after}"
        );
        assert_eq!(add(&after, &entry()).unwrap(), after);
        assert_eq!(remove(&after).unwrap(), before);
    }

    #[test]
    fn a_new_file_holds_the_server_alone_and_what_is_no_table_is_refused() {
        let text = add("", &entry()).unwrap();
        assert!(text.starts_with("[mcp_servers.lumetra-engram]\n"), "{text}");
        assert_eq!(remove(&text).unwrap(), "");
        assert_eq!(remove("a = 1\n").unwrap(), "a = 1\n");
        for text in ["mcp_servers = 1\n", "[mcp_servers]\nlumetra-engram = 1\n", "= 1"] {
            assert!(add(text, &entry()).err().unwrap().to_string().ends_with("Nothing was changed"));
        }
    }
}
