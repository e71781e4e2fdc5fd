//! The clients: where each keeps its configuration, and in which form.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use clap::ValueEnum;

use super::entry::Entry;
use super::json::Json;
use super::{toml, yaml};

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Name {
    ClaudeCode,
    Cursor,
    Zed,
    Goose,
    Codex,
    Vscode,
}

impl Name {
    /// The user's own configuration, for all projects.
    pub(super) fn configuration(self, machine: &Machine) -> io::Result<PathBuf> {
        let home = || machine.home.clone().ok_or_else(|| io::Error::other("there is no home folder: set HOME"));
        Ok(match self {
            Self::ClaudeCode => machine.variable("CLAUDE_CONFIG_DIR").map_or_else(home, Ok)?.join(".claude.json"),
            Self::Cursor => home()?.join(".cursor").join("mcp.json"),
            Self::Codex => match machine.variable("CODEX_HOME") {
                Some(folder) => folder.join("config.toml"),
                None => home()?.join(".codex").join("config.toml"),
            },
            Self::Zed => match machine.system {
                System::Windows => machine.app_data(home()?).join("Zed"),
                // Zed doesn't look at XDG_CONFIG_HOME there.
                System::MacOs => home()?.join(".config").join("zed"),
                System::Other => machine.xdg(home()?).join("zed"),
            }
            .join("settings.json"),
            Self::Goose => match machine.system {
                System::Windows => machine.app_data(home()?).join("Block").join("goose").join("config"),
                System::MacOs | System::Other => machine.xdg(home()?).join("goose"),
            }
            .join("config.yaml"),
            Self::Vscode => match machine.system {
                System::Windows => machine.app_data(home()?),
                System::MacOs => home()?.join("Library").join("Application Support"),
                System::Other => machine.xdg(home()?),
            }
            .join("Code")
            .join("User")
            .join("mcp.json"),
        })
    }

    /// The text of the configuration with this program in it.
    pub(super) fn add(self, text: &str, entry: &Entry) -> io::Result<String> {
        match self.json() {
            Some(json) => json.add(text, entry),
            None if matches!(self, Self::Codex) => toml::add(text, entry),
            None => yaml::add(text, entry),
        }
    }

    /// The text of the configuration without it.
    pub(super) fn remove(self, text: &str) -> io::Result<String> {
        match self.json() {
            Some(json) => json.remove(text),
            None if matches!(self, Self::Codex) => toml::remove(text),
            None => yaml::remove(text),
        }
    }

    fn json(self) -> Option<Json> {
        match self {
            Self::ClaudeCode => Some(Json { section: "mcpServers", has_type: true }),
            Self::Cursor => Some(Json { section: "mcpServers", has_type: false }),
            Self::Zed => Some(Json { section: "context_servers", has_type: false }),
            Self::Vscode => Some(Json { section: "servers", has_type: true }),
            Self::Goose | Self::Codex => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum System {
    Windows,
    MacOs,
    Other,
}

/// What decides where a configuration is.
#[derive(Debug)]
pub(super) struct Machine {
    system: System,
    home: Option<PathBuf>,
    variable: fn(&str) -> Option<OsString>,
}

impl Machine {
    pub(super) fn this() -> Self {
        let system = match std::env::consts::OS {
            "windows" => System::Windows,
            "macos" => System::MacOs,
            _ => System::Other,
        };
        Self { system, home: etcetera::home_dir().ok(), variable: |name| std::env::var_os(name) }
    }

    fn variable(&self, name: &str) -> Option<PathBuf> {
        (self.variable)(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    fn xdg(&self, home: PathBuf) -> PathBuf {
        // A relative path is to be ignored, says the specification.
        let named = self.variable("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        named.unwrap_or_else(|| home.join(".config"))
    }

    fn app_data(&self, home: PathBuf) -> PathBuf {
        self.variable("APPDATA").unwrap_or_else(|| home.join("AppData").join("Roaming"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;

    const CLIENTS: [Name; 6] = [Name::ClaudeCode, Name::Cursor, Name::Zed, Name::Goose, Name::Codex, Name::Vscode];

    fn paths(system: System, home: &str, variable: fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
        let machine = Machine { system, home: Some(home.into()), variable };
        CLIENTS.map(|client| client.configuration(&machine).unwrap()).into()
    }

    fn in_folder(folder: &str, files: [&str; 6]) -> Vec<PathBuf> {
        files.map(|file| Path::new(folder).join(file)).into()
    }

    #[test]
    fn every_system_has_places_of_its_own() {
        let unset = |_: &str| None;
        let mut files = [
            ".claude.json",
            ".cursor/mcp.json",
            ".config/zed/settings.json",
            ".config/goose/config.yaml",
            ".codex/config.toml",
            ".config/Code/User/mcp.json",
        ];
        assert_eq!(paths(System::Other, "/home/ana", unset), in_folder("/home/ana", files));
        files[5] = "Library/Application Support/Code/User/mcp.json";
        assert_eq!(paths(System::MacOs, "/Users/ana", unset), in_folder("/Users/ana", files));
        files[2] = "AppData/Roaming/Zed/settings.json";
        files[3] = "AppData/Roaming/Block/goose/config/config.yaml";
        files[5] = "AppData/Roaming/Code/User/mcp.json";
        assert_eq!(paths(System::Windows, "C:/Users/ana", unset), in_folder("C:/Users/ana", files));
    }

    #[test]
    fn variables_of_the_system_and_of_the_clients_count_where_those_look_at_them() {
        let set = |name: &str| match name {
            // An absolute path on every system on which this test runs.
            "XDG_CONFIG_HOME" => Some(std::env::temp_dir().into_os_string()),
            name => Some(format!("the-{name}").into()),
        };
        let xdg = std::env::temp_dir();
        let [claude, codex] = ["the-CLAUDE_CONFIG_DIR/.claude.json", "the-CODEX_HOME/config.toml"].map(PathBuf::from);
        let linux = paths(System::Other, "/home/ana", set);
        assert_eq!(linux[0], claude);
        assert_eq!(
            linux[2..],
            [
                xdg.join("zed/settings.json"),
                xdg.join("goose/config.yaml"),
                codex.clone(),
                xdg.join("Code/User/mcp.json")
            ]
        );
        let mac = paths(System::MacOs, "/Users/ana", set);
        assert_eq!(mac[2..4], [PathBuf::from("/Users/ana/.config/zed/settings.json"), xdg.join("goose/config.yaml")]);
        let windows = paths(System::Windows, "C:/Users/ana", set);
        assert_eq!(windows[0], claude);
        assert_eq!(
            windows[2..],
            [
                PathBuf::from("the-APPDATA/Zed/settings.json"),
                PathBuf::from("the-APPDATA/Block/goose/config/config.yaml"),
                codex,
                PathBuf::from("the-APPDATA/Code/User/mcp.json")
            ]
        );
        // What is set to nothing, or to a relative path, is as if it were not set.
        for value in ["", "relative"] {
            let machine = Machine {
                system: System::Other,
                home: Some("/home/ana".into()),
                variable: if value.is_empty() { |_| Some("".into()) } else { |_| Some("relative".into()) },
            };
            assert_eq!(Name::Zed.configuration(&machine).unwrap(), Path::new("/home/ana/.config/zed/settings.json"));
        }
    }

    #[test]
    fn without_a_home_folder_only_those_with_a_variable_have_a_place() {
        let variable = |name: &str| (name == "CODEX_HOME").then(|| "/codex".into());
        let machine = Machine { system: System::Other, home: None, variable };
        assert_eq!(Name::Codex.configuration(&machine).unwrap(), Path::new("/codex/config.toml"));
        assert!(Name::Cursor.configuration(&machine).unwrap_err().to_string().contains("HOME"));
    }
}
