//! Settings that name addresses: what they mean, and what to write where they mean nothing.

use std::net::{Ipv6Addr, SocketAddr};

use crate::host::{Authority, Host, Origin};

/// What an address without a port most likely means.
const USUAL_PORT: u16 = 7878;

/// Where to listen, for the operating system. A port alone is one of this machine.
pub(crate) fn listen(text: &str) -> Result<String, String> {
    let text = text.trim();
    if let Some(port) = port(text) {
        return Ok(format!("127.0.0.1:{port}"));
    }
    let has_name = || text.rsplit_once(':').is_some_and(|(name, digits)| is_name(name) && port(digits).is_some());
    if text.parse::<SocketAddr>().is_ok() || has_name() {
        return Ok(text.to_owned());
    }
    Err(wrong("an address and a port", text, &listen_hint(text)))
}

/// The name that it listens at, where that is no IP address.
pub(crate) fn name_of(listen: &str) -> Option<Host> {
    let (name, _) = listen.rsplit_once(':')?;
    Host::parse(name).filter(|host| matches!(host, Host::Name(_)))
}

pub(crate) fn host(text: &str) -> Result<Host, String> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    Host::parse(bare).ok_or_else(|| {
        let hint = match Authority::parse(authority(text)) {
            Some(Authority { host, .. }) => host.to_string(),
            None if text.contains('*') || text.starts_with('.') => "each name in full".to_owned(),
            None if !text.is_ascii() => "a name as URLs have it, as in xn--bcher-kva.example".to_owned(),
            None => "a name, as in box.lan".to_owned(),
        };
        wrong("a host name or an IP address alone", text, &hint)
    })
}

pub(crate) fn origin(text: &str) -> Result<Origin, String> {
    let text = text.trim();
    Origin::parse(text).ok_or_else(|| {
        let scheme = text.split_once("://").map_or("http", |(scheme, _)| scheme);
        let suggested = format!("{scheme}://{}", authority(text));
        let hint = match text {
            "*" | "null" => "each origin in full: this one would let any web page in",
            _ if Origin::parse(&suggested).is_some() => &suggested,
            _ => "an origin, as in http://localhost:3000",
        };
        wrong("a scheme, a host and a port if it is not the usual one", text, hint)
    })
}

fn wrong(what: &str, text: &str, hint: &str) -> String {
    format!("must be {what}, not {text:?}; write {hint}")
}

fn listen_hint(text: &str) -> String {
    let bare = authority(text);
    if bare != text
        && let Ok(address) = listen(bare)
    {
        return address;
    }
    let text = bare;
    match text.rsplit_once(':').and_then(|(address, digits)| Some((address, port(digits)?))) {
        Some(("" | "*", port)) => {
            return format!("127.0.0.1:{port} for this machine, or 0.0.0.0:{port} for other machines too");
        }
        Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => return format!("[{address}]:{port}"),
        _ => {}
    }
    match (text.parse::<Ipv6Addr>(), Authority::parse(text)) {
        (Ok(ip), _) => format!("[{ip}]:{USUAL_PORT}"),
        (_, Some(Authority { host, port: None })) if text.bytes().any(|byte| !byte.is_ascii_digit()) => {
            format!("{host}:{USUAL_PORT}")
        }
        _ if text.ends_with(|last: char| last.is_ascii_digit()) => "a port from 0 to 65535".to_owned(),
        _ => format!("127.0.0.1:{USUAL_PORT}"),
    }
}

/// What looks like a host and a port in a URL, or in part of one.
fn authority(text: &str) -> &str {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    text.split(['/', '?', '#']).next().unwrap_or(text)
}

fn is_name(text: &str) -> bool {
    matches!(Host::parse(text), Some(Host::Name(_)))
}

fn port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_to_listen_at_is_understood_or_the_message_says_what_to_write() {
        for (text, address) in [
            ("127.0.0.1:7878", "127.0.0.1:7878"),
            ("7878", "127.0.0.1:7878"),
            (" 0 ", "127.0.0.1:0"),
            ("localhost:7878", "localhost:7878"),
            ("box.lan:80", "box.lan:80"),
            ("[::1]:7878", "[::1]:7878"),
            ("[fe80::1%2]:7878", "[fe80::1%2]:7878"),
            ("0.0.0.0:7878", "0.0.0.0:7878"),
        ] {
            assert_eq!(listen(text).as_deref(), Ok(address), "{text}");
        }
        for (text, hint) in [
            ("", "write 127.0.0.1:7878"),
            (":7878", "write 127.0.0.1:7878 for this machine, or 0.0.0.0:7878 for other machines too"),
            ("*:7878", "write 127.0.0.1:7878 for this machine, or 0.0.0.0:7878 for other machines too"),
            ("7878/", "write 127.0.0.1:7878"),
            ("127.0.0.1", "write 127.0.0.1:7878"),
            ("localhost", "write localhost:7878"),
            ("localhost:", "write localhost:7878"),
            ("::1", "write [::1]:7878"),
            ("::1:9000", "write [::1]:9000"),
            ("[::1]", "write [::1]:7878"),
            ("http://127.0.0.1:7878", "write 127.0.0.1:7878"),
            ("http://localhost:7878/", "write localhost:7878"),
            ("https://localhost", "write localhost:7878"),
            ("127.0.0.1:99999", "write a port from 0 to 65535"),
            ("70000", "write a port from 0 to 65535"),
            ("-1", "write a port from 0 to 65535"),
            ("127.0.0.1 7878", "write a port from 0 to 65535"),
            ("127.0.0.1:http", "write 127.0.0.1:7878"),
        ] {
            let message = listen(text).unwrap_err();
            assert!(message.ends_with(hint), "{text}: {message}");
            assert!(message.contains(&format!("{text:?}")), "{text}: {message}");
        }
    }

    #[test]
    fn a_host_and_an_origin_are_understood_or_the_message_says_what_to_write() {
        for text in ["box.lan", "BOX.LAN.", "192.168.1.5", "::1", "[fd00::5]", " my_box "] {
            assert!(host(text).is_ok(), "{text}");
        }
        for (text, hint) in [
            ("box.lan:7878", "write box.lan"),
            ("http://box.lan:7878/docs", "write box.lan"),
            ("[fd00::5]:7878", "write [fd00::5]"),
            ("*", "write each name in full"),
            ("*.lan", "write each name in full"),
            (".lan", "write each name in full"),
            ("bücher.example", "write a name as URLs have it, as in xn--bcher-kva.example"),
            ("", "write a name, as in box.lan"),
            ("a b", "write a name, as in box.lan"),
        ] {
            let message = host(text).unwrap_err();
            assert!(message.ends_with(hint), "{text}: {message}");
        }
        for text in ["http://localhost:3000", "https://app.example", "HTTPS://App.Example:443", "app://obsidian.md"] {
            assert!(origin(text).is_ok(), "{text}");
        }
        for (text, hint) in [
            ("http://localhost:3000/", "write http://localhost:3000"),
            ("https://app.example/chat?a=b", "write https://app.example"),
            ("localhost:3000", "write http://localhost:3000"),
            ("app.example", "write http://app.example"),
            ("*", "write each origin in full: this one would let any web page in"),
            ("null", "write each origin in full: this one would let any web page in"),
            ("", "write an origin, as in http://localhost:3000"),
            ("https://*.example", "write an origin, as in http://localhost:3000"),
        ] {
            let message = origin(text).unwrap_err();
            assert!(message.ends_with(hint), "{text}: {message}");
        }
    }
}
