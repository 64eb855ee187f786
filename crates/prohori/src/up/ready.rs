//! Asks a service over HTTP whether it is ready.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A service that does not answer in this time is not ready.
const ANSWER_DEADLINE: Duration = Duration::from_secs(2);
/// `/ready` answers in a few lines; more is not read.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;

/// `Ok` when the service at `address` answers 200 to `path`; else what it says is missing.
pub(crate) fn ask(address: SocketAddr, path: &str) -> Result<(), String> {
    judged(connect(address).and_then(|stream| get(stream, address, path)))
}

/// The same of a service that speaks https with this certificate.
pub(crate) fn ask_by_tls(
    address: SocketAddr,
    path: &str,
    certificate: &tls::Files,
) -> Result<(), String> {
    let stream = connect(address).map_err(|error| error.to_string())?;
    let stream = certificate.speak(stream).map_err(|error| error.to_string())?;
    judged(get(stream, address, path))
}

fn judged(answer: io::Result<String>) -> Result<(), String> {
    match answer {
        Ok(answer) => judge(&answer),
        Err(error) => Err(error.to_string()),
    }
}

fn judge(answer: &str) -> Result<(), String> {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    if head.split(' ').nth(1) == Some("200") {
        return Ok(());
    }
    let first = body.lines().find(|line| line.contains(": "));
    Err(first.or(head.lines().next()).unwrap_or("no answer").to_owned())
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, ANSWER_DEADLINE)?;
    stream.set_read_timeout(Some(ANSWER_DEADLINE))?;
    stream.set_write_timeout(Some(ANSWER_DEADLINE))?;
    Ok(stream)
}

fn get(mut stream: impl Read + Write, address: SocketAddr, path: &str) -> io::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_ready_or_says_what_is_missing() {
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\n\r\nready\n", Ok(())),
            ("HTTP/1.1 503 Service Unavailable\r\n\r\nkafka: starting\n", Err("kafka: starting")),
            ("HTTP/1.1 404 Not Found\r\n\r\n", Err("HTTP/1.1 404 Not Found")),
            ("", Err("no answer")),
        ] {
            assert_eq!(judge(answer), expected.map_err(str::to_owned), "{answer:?}");
        }
    }

    #[test]
    fn nobody_listening_is_not_ready() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(ask(free, "/ready").is_err());
    }
}
