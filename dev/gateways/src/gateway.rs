//! nginx, haproxy and nghttpx, as Debian packages them. Each has an implementation of HTTP/2 of its own.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::authority::HOST;
use crate::process::{Daemon, free_port};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Haproxy,
    Nghttpx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http2,
    Http1,
}

/// How a gateway is set up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    /// After how many requests it retires a connection.
    pub(crate) retire_after: Option<usize>,
    /// How many streams a connection may have at once.
    pub(crate) streams: Option<usize>,
    /// What else is in the part of the server, or in haproxy's frontend.
    pub(crate) front: &'static str,
    /// What else is in the part of HTTP, or in haproxy's backend.
    pub(crate) back: &'static str,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.program())
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Http2 => "HTTP/2",
            Self::Http1 => "HTTP/1.1",
        })
    }
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Nginx, Self::Haproxy, Self::Nghttpx];

    fn program(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Nghttpx => "nghttpx",
        }
    }

    /// What it says of its version, if it is installed.
    pub(crate) fn version(self) -> Option<String> {
        let output = Command::new(self.program()).arg("-v").output().ok()?;
        let said = String::from_utf8([output.stdout, output.stderr].concat()).ok()?;
        // "nginx version: nginx/1.22.1", "HAProxy version 2.6.12-1+deb12u4 2026/10/17 - …", "nghttpx nghttp2/1.52.0"
        let number =
            said.split([' ', '/', '\n']).find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
        Some(format!("{} {}", self.program(), number.split(['-', '+']).next()?))
    }

    fn configuration(self, setup: &Setup, protocol: Protocol, place: &Place, upstream: u16) -> String {
        match self {
            Self::Nginx => nginx(setup, protocol, place, upstream),
            Self::Haproxy => haproxy(setup, protocol, place, upstream),
            Self::Nghttpx => nghttpx(setup, protocol, place, upstream),
        }
    }

    fn command(self, place: &Place) -> Command {
        let mut command = Command::new(self.program());
        match self {
            Self::Nginx => command.arg("-p").arg(&place.directory).arg("-c").arg(&place.configuration),
            // With a master, which a reload needs.
            Self::Haproxy => command.arg("-W").arg("-f").arg(&place.configuration),
            Self::Nghttpx => command.arg("--conf").arg(&place.configuration),
        };
        command
    }
}

struct Place {
    directory: PathBuf,
    configuration: PathBuf,
    certificate: PathBuf,
    port: u16,
}

/// A gateway that runs.
pub(crate) struct Gateway {
    kind: Kind,
    place: Place,
    running: Option<Daemon>,
}

impl Gateway {
    pub(crate) async fn start(
        kind: Kind,
        protocol: Protocol,
        setup: &Setup,
        directory: &Path,
        certificate: &Path,
        upstream: u16,
    ) -> Result<Self> {
        let place = Place {
            directory: directory.to_owned(),
            configuration: directory.join("gateway.conf"),
            certificate: certificate.to_owned(),
            port: free_port().await?,
        };
        fs::write(&place.configuration, kind.configuration(setup, protocol, &place, upstream))?;
        let mut gateway = Self { kind, place, running: None };
        gateway.run().await?;
        Ok(gateway)
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{HOST}:{}", self.place.port)
    }

    async fn run(&mut self) -> Result<()> {
        let log = self.place.directory.join("gateway.log");
        self.running = Some(Daemon::start(&mut self.kind.command(&self.place), self.place.port, &log).await?);
        Ok(())
    }

    /// Reads its configuration again. Connections are to end with what is in flight.
    pub(crate) async fn reload(&self) -> Result<()> {
        let signal = match self.kind {
            Kind::Nginx | Kind::Nghttpx => "HUP",
            Kind::Haproxy => "USR2",
        };
        self.running.as_ref().context("the gateway does not run")?.signal(signal).await
    }

    pub(crate) async fn stop(&mut self) -> Result<()> {
        self.running.take().context("the gateway does not run")?.stop().await
    }

    pub(crate) async fn restart(&mut self) -> Result<()> {
        self.stop().await?;
        self.run().await
    }
}

fn nginx(setup: &Setup, protocol: Protocol, place: &Place, upstream: u16) -> String {
    let http2 = if protocol == Protocol::Http2 { " http2" } else { "" };
    let retire = setup.retire_after.map(|requests| format!("keepalive_requests {requests};")).unwrap_or_default();
    let streams = setup.streams.map(|most| format!("http2_max_concurrent_streams {most};")).unwrap_or_default();
    let (directory, port, certificate) = (place.directory.display(), place.port, place.certificate.display());
    let (front, back) = (setup.front, setup.back);
    format!(
        "daemon off;\nuser root;\nworker_processes 2;\npid {directory}/nginx.pid;\nerror_log {directory}/error.log;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\naccess_log off;\nclient_body_temp_path {directory}/bodies;\nproxy_temp_path {directory}/answers;\n{back}\n\
         upstream engram {{ server 127.0.0.1:{upstream} max_fails=0; keepalive 64; }}\n\
         server {{\nlisten 127.0.0.1:{port} ssl{http2} backlog=4096;\nssl_certificate {certificate};\nssl_certificate_key {certificate};\n\
         {retire}\n{streams}\n{front}\n\
         location / {{ proxy_pass http://engram; proxy_http_version 1.1; proxy_set_header Connection \"\"; \
         proxy_set_header Host $http_host; }}\n}}\n}}\n"
    )
}

fn haproxy(setup: &Setup, protocol: Protocol, place: &Place, upstream: u16) -> String {
    let alpn = if protocol == Protocol::Http2 { "h2,http/1.1" } else { "http/1.1" };
    // This version counts no requests of a connection, so it can only retire after each.
    let retire = setup.retire_after.map(|_| "option httpclose").unwrap_or_default();
    let streams = setup.streams.map(|most| format!("tune.h2.max-concurrent-streams {most}")).unwrap_or_default();
    let (port, certificate) = (place.port, place.certificate.display());
    let (front, back) = (setup.front, setup.back);
    format!(
        "global\nmaxconn 4096\n{streams}\n\
         defaults\nmode http\ntimeout connect 2s\ntimeout client 30s\ntimeout server 30s\n{retire}\n\
         frontend front\nbind 127.0.0.1:{port} ssl crt {certificate} alpn {alpn}\n{front}\ndefault_backend back\n\
         backend back\n{back}\nserver engram 127.0.0.1:{upstream}\n"
    )
}

fn nghttpx(setup: &Setup, protocol: Protocol, place: &Place, upstream: u16) -> String {
    let protocols = if protocol == Protocol::Http2 { "h2" } else { "http/1.1" };
    let retire = setup.retire_after.map(|requests| format!("frontend-max-requests={requests}")).unwrap_or_default();
    let streams = setup.streams.map(|most| format!("frontend-http2-max-concurrent-streams={most}")).unwrap_or_default();
    let (port, certificate, front) = (place.port, place.certificate.display(), setup.front);
    format!(
        "frontend=127.0.0.1,{port}\nbackend=127.0.0.1,{upstream}\ncertificate-file={certificate}\nprivate-key-file={certificate}\n\
         npn-list={protocols}\nno-ocsp=yes\nlog-level=ERROR\naccesslog-file=/dev/null\n{retire}\n{streams}\n{front}\n"
    )
}
