//! `mcp install` and `mcp uninstall`, on the file of each client.

use std::fs;
use std::path::PathBuf;

use super::program::Program;

/// Each client, and a configuration of its own.
const CLIENTS: [(&str, &str); 6] = [
    (
        "claude-code",
        "{\n  \"numStartups\": 7,\n  \"mcpServers\": {\n    \"other\": {\n      \"command\": \"x\"\n    }\n  }\n}\n",
    ),
    ("cursor", "{\n  \"mcpServers\": {\n    // theirs\n    \"other\": { \"command\": \"x\" }\n  }\n}\n"),
    (
        "zed",
        "// mine\n{\n  \"theme\": \"One Dark\", // dark\n  \"context_servers\": {\n    \"other\": { \"command\": \"x\" },\n  },\n}\n",
    ),
    ("goose", "# mine\nGOOSE_MODEL: m\nextensions:\n  # theirs\n  other:\n    cmd: x\n"),
    ("codex", "# mine\nmodel = \"m\"\n\n[mcp_servers.other] # theirs\ncommand = \"x\"\n"),
    ("vscode", "{\n  // mine\n  \"servers\": {\n    \"other\": { \"command\": \"x\" }\n  }\n}\n"),
];

async fn configuration(program: &Program, client: &str) -> (PathBuf, String) {
    let (fragment, said) = program.run(&["mcp", "install", client, "--print"]).await;
    let path = said.trim_end().strip_prefix("In ").unwrap().strip_suffix(':').unwrap();
    (PathBuf::from(path), fragment)
}

#[tokio::test]
async fn twice_is_once_and_uninstalling_brings_back_the_file() {
    for (client, before) in CLIENTS {
        let program = Program::at("http://127.0.0.1:1", "eng_live_secret");
        let (path, fragment) = configuration(&program, client).await;
        assert!(path.starts_with(program.home.path()), "{}", path.display());
        assert!(!path.exists() && fragment.contains("lumetra-engram"), "{fragment}");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, before).unwrap();

        let (said, _) = program.run(&["mcp", "install", client, "--bucket", "b", "--read-only"]).await;
        assert!(said.contains("It contains no API key"), "{said}");
        let after = fs::read_to_string(&path).unwrap();
        for line in before.lines().filter(|line| line.contains("//") || line.contains('#') || line.contains("other")) {
            assert!(after.contains(line.trim_end_matches(',')), "{client} loses {line:?}:\n{after}");
        }
        for part in [env!("CARGO_BIN_EXE_lumetra-engram"), "mcp", "--bucket", "--read-only"] {
            assert!(after.contains(part), "{client} misses {part}:\n{after}");
        }
        assert!(!after.contains("eng_live_secret"), "{client}");
        let backup = path.with_file_name(format!("{}.bak", path.file_name().unwrap().to_str().unwrap()));
        assert_eq!(fs::read_to_string(&backup).unwrap(), before, "{client}");

        let (said, _) = program.run(&["mcp", "install", client, "--bucket", "b", "--read-only"]).await;
        assert!(said.contains("already has lumetra-engram"), "{said}");
        assert_eq!(fs::read_to_string(&path).unwrap(), after, "{client}");

        program.run(&["mcp", "uninstall", client]).await;
        assert_eq!(fs::read_to_string(&path).unwrap(), before, "{client}");
        let (said, _) = program.run(&["mcp", "uninstall", client]).await;
        assert!(said.contains("Nothing was changed"), "{said}");
    }
}

#[tokio::test]
async fn a_client_without_a_configuration_gets_one() {
    for (client, _) in CLIENTS {
        let program = Program::at("http://127.0.0.1:1", "eng_live_secret");
        let (path, fragment) = configuration(&program, client).await;
        program.run(&["mcp", "install", client]).await;
        assert_eq!(fs::read_to_string(&path).unwrap(), fragment, "{client}");
    }
}

#[tokio::test]
async fn a_file_that_can_t_be_read_is_left_alone() {
    for (client, _) in CLIENTS {
        let program = Program::at("http://127.0.0.1:1", "eng_live_secret");
        let (path, _) = configuration(&program, client).await;
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "[{ broken").unwrap();
        let problem = program.fails(&["mcp", "install", client]).await;
        assert!(problem.contains(path.to_str().unwrap()) && problem.contains("Nothing was changed"), "{problem}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "[{ broken");
        assert_eq!(
            fs::read_dir(path.parent().unwrap())
                .unwrap()
                .filter(|entry| entry.as_ref().unwrap().path().is_file())
                .count(),
            1
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let program = Program::at("http://127.0.0.1:1", "eng_live_secret");
    let (path, _) = configuration(&program, "cursor").await;
    let file = program.home.path().join("dotfiles.json");
    fs::write(&file, "{}").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(&file, &path).unwrap();
    program.run(&["mcp", "install", "cursor"]).await;
    assert!(path.is_symlink());
    for file in [&file, &file.with_file_name("dotfiles.json.bak")] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}
