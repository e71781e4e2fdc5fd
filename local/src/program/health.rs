//! Asks a running server whether it is well. A container that holds nothing but the server has no other program to ask with.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// For each step: to connect, to send, to receive.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn ask(address: &str) -> Result<(), String> {
    let answer = exchange(address).map_err(|error| format!("no server answers at {address}: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    match head.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => Err(format!("the server at {address} is not well: {}", if body.is_empty() { head } else { body })),
    }
}

fn exchange(address: &str) -> io::Result<String> {
    let mut connection = connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    // With this version of HTTP the answer ends with the connection.
    write!(connection, "GET /health HTTP/1.0\r\nhost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A name can have several addresses.
fn connect(address: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(connection) => return Ok(connection),
            Err(error) => last = error,
        }
    }
    Err(last)
}
