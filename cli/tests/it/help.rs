use crate::support::Home;

const COMMANDS: [&str; 19] = [
    "ask",
    "recall",
    "remember",
    "list",
    "forget",
    "clear",
    "bucket",
    "profile",
    "import",
    "export",
    "login",
    "logout",
    "whoami",
    "doctor",
    "mcp",
    "hook",
    "serve",
    "completions",
    "man",
];

#[test]
fn the_help_of_every_command_begins_with_examples() {
    let home = Home::new();
    let help = home.ok(&["--help"]);
    assert!(help.starts_with("Examples:\n") && help.contains("Exit codes: "), "{help}");
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
        let help = home.ok(&[command, "--help"]);
        assert!(help.starts_with("Examples:\n  ") && help.contains(&format!("lumetra-engram {command}")), "{help}");
    }
    for (command, parts) in [
        ("bucket", &["list", "create", "delete"][..]),
        ("profile", &["show", "regenerate"]),
        ("mcp", &["install", "uninstall"]),
        ("hook", &["session-start"]),
    ] {
        for part in parts {
            let help = home.ok(&[command, part, "--help"]);
            let example = format!("  lumetra-engram {command} {part}");
            assert!(help.starts_with("Examples:\n  ") && help.contains(&example), "{help}");
        }
    }
}

#[test]
fn without_arguments_it_shows_the_first_five_commands() {
    let shown = Home::new().ok(&[]);
    assert_eq!(shown.lines().filter(|line| line.starts_with("  lumetra-engram ")).count(), 5, "{shown}");
}

#[test]
fn completions_and_the_manual_know_every_command() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = home.ok(&["completions", shell]);
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}");
    }
    assert!(home.ok(&["man"]).contains(".TH lumetra-engram 1"));
    home.ok(&["man", "--dir", "pages"]);
    for command in COMMANDS {
        assert!(home.path("pages").join(format!("lumetra-engram-{command}.1")).exists(), "{command}");
    }
    let script = home.ok(&["completions", "bash", "--server"]);
    assert!(
        script.contains("complete -F _engram__local ")
            && script.contains("--in-memory")
            && !script.contains("remember"),
        "{script}"
    );
    home.ok(&["man", "--server", "--dir", "pages"]);
    for page in ["engram-local", "engram-local-backup"] {
        assert!(home.path("pages").join(format!("{page}.1")).exists(), "{page}");
    }
    let ended = home.run(&["man", "--json"]);
    assert_eq!(ended.code, 2, "{ended:?}");
}
