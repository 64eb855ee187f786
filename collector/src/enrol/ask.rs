//! One request over TLS: HTTP/1.1, one answer, the connection closes.

use super::trust::Trust;
use crate::Error;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// How long connecting and each wait may take: the server asks Kafka meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);
/// An answer holds two certificates and some names.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;

/// Posts `body` and returns the body of a good answer; of another, what it says is the error.
pub(super) fn post(server: &str, path: &str, body: &str, trust: &Trust) -> Result<String, Error> {
    let failed = |error: std::io::Error| Error::Enrol {
        what: "reach the server",
        reason: format!("{server}: {error}"),
    };
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host).trim_matches(['[', ']']);
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| failed(std::io::Error::other(error)))?;
    let client = ClientConnection::new(trust.client()?, name)
        .map_err(|error| failed(std::io::Error::other(error)))?;
    let no_address = || std::io::Error::other("it has no address");
    let address = server.to_socket_addrs().map_err(failed)?.next();
    let tcp =
        TcpStream::connect_timeout(&address.ok_or_else(no_address).map_err(failed)?, PATIENCE)
            .map_err(failed)?;
    tcp.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    tcp.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
    let mut stream = StreamOwned::new(client, tcp);
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).map_err(failed)?;
    stream.write_all(body.as_bytes()).map_err(failed)?;
    stream.flush().map_err(failed)?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).map_err(failed)?;
    parse(&String::from_utf8_lossy(&answer))
}

fn parse(answer: &str) -> Result<String, Error> {
    let what = "enrol";
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
    match status {
        Some(200) => Ok(body.to_owned()),
        Some(status) => {
            let said = serde_json::from_str::<serde_json::Value>(body).ok();
            let said = said.and_then(|said| said["error"].as_str().map(ToOwned::to_owned));
            let reason = said.unwrap_or_else(|| "the server refuses".into());
            Err(Error::Enrol { what, reason: format!("{reason} ({status})") })
        }
        None => Err(Error::Enrol { what, reason: "the server does not speak http".into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(parse(ok).unwrap(), "{}");
        for (answer, expected) in [
            ("HTTP/1.1 403 Forbidden\r\n\r\n{\"error\":\"no token\"}", "no token (403)"),
            ("HTTP/1.1 502 Bad Gateway\r\n\r\n<html>", "the server refuses (502)"),
            ("SSH-2.0-x", "does not speak http"),
        ] {
            let error = parse(answer).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
