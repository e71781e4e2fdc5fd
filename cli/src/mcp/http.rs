//! Over HTTP: one program for several clients, or for those on other machines.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use clap::Args;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::server::MemoryServer;
use crate::connection::from_environment;
use crate::failure::Failure;
use crate::interrupts::Signals;

/// How long calls may take to end once the server is asked to.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who may use it.
#[derive(Debug, Args)]
pub(super) struct Access {
    /// The environment variable with the token that every request must send, if other machines can reach the address [default: ENGRAM_MCP_TOKEN]
    #[arg(long, value_name = "VARIABLE", requires = "http")]
    http_token_env: Option<String>,
    /// A name by which clients reach the server, such as memory.example.com (may be repeated)
    #[arg(long = "http-host", value_name = "HOST", requires = "http")]
    http_hosts: Vec<String>,
}

impl Access {
    /// Without one only programs of this machine are let in.
    fn token(&self, address: SocketAddr) -> Result<Option<String>, Failure> {
        let variable = self.http_token_env.as_deref().unwrap_or("ENGRAM_MCP_TOKEN");
        match from_environment(variable)? {
            None if self.http_token_env.is_some() => Err(Failure::usage(format!("{variable} is not set, so there is no token"))
                .hint("Set it to a long random text, or leave out `--http-token-env`.")),
            None if !address.ip().is_loopback() => Err(invalid(format!(
                "{address} can be reached from other machines, so requests need a token, and {variable} is not set. Set it to a long random text, or listen on 127.0.0.1"
            ))
            .into()),
            token => Ok(token.map(|token| token.trim().to_owned())),
        }
    }

    /// The names that a request may be for, and the pages that may send one. A web page that has a name of its own point here is for another
    /// name, and sends its own origin.
    fn names(&self, address: SocketAddr) -> io::Result<Names> {
        let ip = address.ip();
        if ip.is_unspecified() && self.http_hosts.is_empty() {
            return Err(invalid(format!("set the name by which clients reach {address}: --http-host NAME")));
        }
        let own = if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
        let mut hosts: Vec<_> = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).into();
        hosts.push(own);
        let port = address.port();
        let mut origins: Vec<_> = hosts.iter().map(|host| format!("http://{host}:{port}")).collect();
        for host in &self.http_hosts {
            hosts.push(host.clone());
            origins.extend([format!("http://{host}:*"), format!("https://{host}:*")]);
        }
        Ok(Names { hosts, origins })
    }
}

struct Names {
    hosts: Vec<String>,
    origins: Vec<String>,
}

pub(super) async fn serve(server: MemoryServer, address: SocketAddr, access: Access) -> Result<(), Failure> {
    let token = access.token(address)?;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot listen on {address}: {error}; choose another port, or 0 for a free one"),
        )
    })?;
    let address = listener.local_addr()?;
    let names = access.names(address)?;
    let ending = CancellationToken::new();
    let router = router(server, names, token, ending.clone());
    writeln!(io::stderr(), "MCP over HTTP at http://{address}/mcp")?;

    let mut signals = Signals::listen()?;
    let running = axum::serve(listener, router).with_graceful_shutdown(ending.clone().cancelled_owned());
    let end = async {
        signals.next().await;
        ending.cancel();
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        ended = running => Ok(ended?),
        // What is open still is cut off.
        () = end => Ok(()),
    }
}

fn router(server: MemoryServer, names: Names, token: Option<String>, ending: CancellationToken) -> Router {
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(names.hosts)
        .with_allowed_origins(names.origins)
        .with_cancellation_token(ending);
    let sessions = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(server.clone()), sessions, config);
    let router = Router::new().nest_service("/mcp", service);
    match token {
        Some(token) => router.layer(middleware::from_fn_with_state(Arc::<str>::from(token), with_token)),
        None => router,
    }
}

async fn with_token(State(token): State<Arc<str>>, request: Request, next: Next) -> Response {
    if brings(request.headers(), &token) {
        return next.run(request).await;
    }
    let problem =
        "This server requires the header `Authorization: Bearer TOKEN`, with the token that it was started with.\n";
    let challenge = [(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
    (StatusCode::UNAUTHORIZED, challenge, problem).into_response()
}

/// Whether the request has the token. The time that this takes does not tell how much of it is right.
fn brings(headers: &HeaderMap, token: &str) -> bool {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = value.and_then(|value| value.split_once(' '));
    given.is_some_and(|(scheme, given)| {
        scheme.eq_ignore_ascii_case("bearer") && bool::from(given.trim().as_bytes().ct_eq(token.as_bytes()))
    })
}

fn invalid(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, problem)
}
