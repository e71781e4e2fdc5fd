//! Names that a request gives to the server, and to the page that it comes from.
//!
//! A web page can send requests to any address, and its own name can be made to lead to this machine ("DNS rebinding"). What it can't
//! do is to change the `Host` and the `Origin` of its requests.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// A host and a port, as in `Host: localhost:7878`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Authority {
    pub(crate) host: Host,
    pub(crate) port: Option<u16>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Host {
    Ip(IpAddr),
    /// In lower case, without the dot at its end.
    Name(String),
}

/// What sends a request, as in `Origin: http://localhost:3000`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Origin {
    /// In lower case.
    scheme: String,
    authority: Authority,
}

impl Authority {
    /// `None` where the text is no host with or without a port. User information is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (ip, port) = rest.split_once(']')?;
                (Host::of_ip(ip.parse::<Ipv6Addr>().ok()?.into()), port)
            }
            None => {
                let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
                (Host::parse(name)?, port)
            }
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            None => return None,
            // RFC 3986 permits a colon that nothing follows.
            Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
        };
        Some(Self { host, port })
    }
}

impl Host {
    /// `None` where the text is no name and no IP address. An IPv6 address is without brackets here.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Some(Self::of_ip(ip));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_name =
            name.bytes().all(of_name) && name.split('.').all(|label| !label.is_empty() && !label.starts_with('-'));
        is_name.then(|| Self::Name(name.to_ascii_lowercase()))
    }

    pub(crate) fn of_ip(ip: IpAddr) -> Self {
        // `::ffff:127.0.0.1` is `127.0.0.1`.
        Self::Ip(ip.to_canonical())
    }

    /// Whether it can be no other machine. Browsers look up no name below `localhost`.
    pub(crate) fn is_loopback(&self) -> bool {
        match self {
            Self::Ip(ip) => ip.is_loopback(),
            Self::Name(name) => name.rsplit('.').next() == Some("localhost"),
        }
    }
}

/// As in a URL.
impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V6(ip)) => write!(formatter, "[{ip}]"),
            Self::Ip(ip) => ip.fmt(formatter),
            Self::Name(name) => name.fmt(formatter),
        }
    }
}

impl Origin {
    /// `None` where the text is no scheme and authority, as with `null`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if scheme.is_empty() || !scheme.bytes().all(of_scheme) {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        let authority = Authority::parse(authority)?.with_default_port(&scheme);
        Some(Self { scheme, authority })
    }

    /// Whether it is a page of the server that the request names. A proxy before the server may speak HTTPS.
    pub(crate) fn is_of(&self, server: &Authority) -> bool {
        matches!(self.scheme.as_str(), "http" | "https")
            && self.authority == server.clone().with_default_port(&self.scheme)
    }
}

impl Authority {
    fn with_default_port(self, scheme: &str) -> Self {
        let default = match scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        Self { port: self.port.or(default), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_loopback(text: &str) -> Option<bool> {
        Authority::parse(text).map(|authority| authority.host.is_loopback())
    }

    #[test]
    fn loopback_is_known_in_every_spelling_and_nothing_else_is() {
        let loopback = "localhost LOCALHOST:7878 localhost. localhost: app.localhost:1 127.0.0.1:7878 127.255.0.9 [::1]:7878 [::1] \
                        [::ffff:127.0.0.1]:80 [0:0:0:0:0:0:0:1]";
        for text in loopback.split(' ') {
            assert_eq!(is_loopback(text), Some(true), "{text}");
        }
        // Browsers make addresses of the last ones before they send them.
        let others = "evil.example localhost.evil.example evil-localhost 127.0.0.1.evil.example 127.0.0.1.nip.io:7878 0.0.0.0:7878 \
                      192.168.1.5 128.0.0.1 [::] [::2] [::ffff:128.0.0.1] 127.1 2130706433 0x7f.1 0177.0.0.1";
        for text in others.split(' ') {
            assert_eq!(is_loopback(text), Some(false), "{text}");
        }
        let none = "|.|:7878|localhost..|.localhost|a..localhost|localhost@evil.example|evil.example@localhost|user:localhost|\
                    localhost:7878:7878|localhost:port|localhost:+80|localhost:99999|localhost/path|localhost, evil.example|local host|\
                    ::1|[::1|[::1]x|[127.0.0.1]|[fe80::1%eth0]|http://localhost|lócalhost|localhost\0";
        for text in none.split('|') {
            assert_eq!(is_loopback(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_origin_is_of_the_server_where_host_and_port_are_the_same() {
        for (origin, server, is_of) in [
            ("http://localhost:7878", "localhost:7878", true),
            ("HTTP://LOCALHOST:7878", "localhost.:7878", true),
            ("http://[::1]:7878", "[::1]:7878", true),
            ("http://memory.example", "memory.example", true),
            ("http://memory.example", "memory.example:80", true),
            ("https://memory.example", "memory.example", true),
            ("https://memory.example", "memory.example:443", true),
            ("http://localhost:3000", "localhost:7878", false),
            ("http://localhost", "localhost:7878", false),
            ("http://127.0.0.1:7878", "localhost:7878", false),
            ("http://evil.example:7878", "localhost:7878", false),
            ("ftp://localhost:7878", "localhost:7878", false),
            ("https://memory.example", "memory.example:80", false),
        ] {
            let (origin, server) = (Origin::parse(origin).unwrap(), Authority::parse(server).unwrap());
            assert_eq!(origin.is_of(&server), is_of, "{origin:?} {server:?}");
        }
        let none = "null||*|localhost|http://|://localhost|http://localhost/|http://a http://b|file://|https://a/https://b|https://a@b|\
                    http://a, http://b";
        for text in none.split('|') {
            assert_eq!(Origin::parse(text), None, "{text:?}");
        }
    }
}
