use std::fs;
use std::process::{Command, Stdio};

use lumetra_engram_local::LocalServer;

use crate::support::{Home, KEY, ended, with_input};

fn login(home: &Home, key: &str) -> crate::support::Ended {
    with_input(home.bare(&["login", "--base-url", &home.base_url]), key)
}

#[test]
fn a_key_is_saved_once_it_works_and_for_nobody_else_to_read() {
    let home = Home::new();
    let file = home.path("config/lumetra-engram/credentials.toml");
    let wrong = login(&home, "eng_live_ffffffffffffffff\n");
    assert!(wrong.code == 3 && wrong.stderr.contains("not saved") && !file.exists(), "{wrong:?}");
    assert_eq!(login(&home, "\n").code, 2);
    assert_eq!(login(&home, &format!("{KEY}\n")).code, 0);
    assert!(fs::read_to_string(&file).unwrap().contains(KEY));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let doctor = ended(home.bare(&["doctor"]).output().unwrap());
        assert!(doctor.code == 1 && doctor.stdout.contains("chmod 600"), "{doctor:?}");
    }
    let whoami = ended(home.bare(&["whoami"]).output().unwrap());
    assert!(whoami.code == 0 && whoami.stdout.contains("Key     from the credentials file\n"), "{whoami:?}");
    assert!(whoami.stdout.contains(&home.base_url), "{whoami:?}");
    assert_eq!(ended(home.bare(&["logout"]).output().unwrap()).code, 0);
    assert!(!file.exists());
    let without = ended(home.bare(&["list"]).output().unwrap());
    assert!(without.code == 3 && without.stderr.contains("lumetra-engram login"), "{without:?}");
}

#[test]
fn the_environment_comes_before_the_saved_key() {
    let home = Home::new();
    login(&home, KEY);
    let list = |key: &str| ended(home.bare(&["bucket", "list"]).env("ENGRAM_API_KEY", key).output().unwrap()).code;
    assert_eq!((list(""), list("eng_live_another_key_0000")), (0, 3));
    let whoami = ended(home.bare(&["whoami"]).env("ENGRAM_API_KEY", KEY).output().unwrap());
    assert!(whoami.stdout.contains("Key     from ENGRAM_API_KEY\n"), "{whoami:?}");
}

#[test]
fn a_saved_key_is_not_sent_to_another_server() {
    let home = Home::new();
    login(&home, KEY);
    let other = home.runtime.block_on(LocalServer::builder().start()).unwrap();
    let ended = ended(home.bare(&["list", "--base-url", other.base_url()]).output().unwrap());
    assert!(ended.code == 3 && ended.stderr.contains("not sent to"), "{ended:?}");
}

#[test]
fn a_broken_file_is_told_without_what_is_in_it() {
    let home = Home::new();
    login(&home, KEY);
    let file = home.path("config/lumetra-engram/credentials.toml");
    fs::write(&file, format!("api_key = \"{KEY}")).unwrap();
    let ended = ended(home.bare(&["list"]).output().unwrap());
    assert!(ended.code == 1 && ended.stderr.contains("login"), "{ended:?}");
    assert_eq!(login(&home, KEY).code, 0, "login must be able to mend it");
}

#[test]
fn doctor_tells_the_version_the_proxy_and_a_program_of_a_similar_name() {
    let home = Home::new();
    let well = home.run(&["doctor"]);
    assert!(well.code == 0 && well.stdout.contains("version 0.1.0") && well.stdout.contains("clock"), "{well:?}");
    fs::write(home.path("engram"), "").unwrap();
    let mut command = home.command(&["doctor", "--json"]);
    command.env("PATH", home.folder.path()).env("HTTPS_PROXY", "http://127.0.0.1:9");
    let ended = ended(command.output().unwrap());
    let envelope = crate::support::json(&ended.stdout);
    let noted = envelope["data"]["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "note");
    let noted: Vec<_> = noted.map(|check| check["name"].as_str().unwrap()).collect();
    let expected: &[&str] = if cfg!(windows) { &["proxy"] } else { &["proxy", "program"] };
    assert_eq!(noted, expected, "{envelope}");
}

#[test]
fn serve_is_the_local_server() {
    use std::io::{BufRead, BufReader};
    let home = Home::new();
    let mut command: Command = home.bare(&["serve", "--in-memory", "--listen", "127.0.0.1:0"]);
    let mut server = command.stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let base_url =
        lines.find_map(|line| line.unwrap().trim().strip_prefix("export ENGRAM_BASE_URL=").map(str::to_owned));
    let mut remember = home.command(&["remember", "tea"]);
    let ended = ended(remember.env("ENGRAM_BASE_URL", base_url.unwrap()).output().unwrap());
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(ended.code, 0, "{ended:?}");
}
