//! The clients: where each keeps its configuration, and in which form.

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
    pub(super) fn configuration(self) -> io::Result<PathBuf> {
        let home =
            || etcetera::home_dir().map_err(|error| io::Error::other(format!("where is your home folder? {error}")));
        let windows = cfg!(windows);
        Ok(match self {
            Self::ClaudeCode => variable("CLAUDE_CONFIG_DIR").map_or_else(home, Ok)?.join(".claude.json"),
            Self::Cursor => home()?.join(".cursor/mcp.json"),
            Self::Codex => match variable("CODEX_HOME") {
                Some(folder) => folder.join("config.toml"),
                None => home()?.join(".codex/config.toml"),
            },
            Self::Zed if windows => app_data(home()?).join("Zed/settings.json"),
            Self::Zed => xdg(home()?).join("zed/settings.json"),
            Self::Goose if windows => app_data(home()?).join("Block/goose/config/config.yaml"),
            Self::Goose => xdg(home()?).join("goose/config.yaml"),
            Self::Vscode if windows => app_data(home()?).join("Code/User/mcp.json"),
            Self::Vscode if cfg!(target_os = "macos") => home()?.join("Library/Application Support/Code/User/mcp.json"),
            Self::Vscode => xdg(home()?).join("Code/User/mcp.json"),
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

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn xdg(home: PathBuf) -> PathBuf {
    // A relative path is to be ignored, says the specification.
    variable("XDG_CONFIG_HOME").filter(|path| path.is_absolute()).unwrap_or_else(|| home.join(".config"))
}

fn app_data(home: PathBuf) -> PathBuf {
    variable("APPDATA").unwrap_or_else(|| home.join("AppData/Roaming"))
}
