//! Peers for tests: plain HTTP on this machine, one request a connection.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Request line and headers, without the empty line behind them.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Request {
    /// The path with its query.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

/// An answer with more headers than its length, each ended by `\r\n`.
pub fn response(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

/// Reads a request and answers with what `answer` makes of it.
pub fn answered(
    stream: impl Read + Write,
    answer: impl FnOnce(&Request) -> String,
) -> io::Result<Request> {
    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        if line.trim().is_empty() {
            break;
        }
        head += &line;
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let request = Request { head, body: String::from_utf8_lossy(&body).into_owned() };
    stream.get_mut().write_all(answer(&request).as_bytes())?;
    stream.get_mut().flush()?;
    Ok(request)
}

/// A peer that answers until the process ends; where it listens.
pub fn serve(
    mut answer: impl FnMut(&Request) -> String + Send + 'static,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever hangs up is not answered.
            let _ = answered(stream, &mut answer);
        }
    });
    Ok(address)
}
