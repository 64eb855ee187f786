//! The lines that are collected: ssh logins as sshd logs them.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

/// Datagrams sent before the clock is looked at.
const BURST: usize = 100;

fn line(n: usize, out: &mut String) {
    let (second, port, pid) = (n % 60, 1024 + n * 7919 % 60_000, 1000 + n * 31 % 30_000);
    let _ = write!(
        out,
        "<38>Oct  1 10:{:02}:{second:02} web-{:02} sshd[{pid}]: Failed password for invalid user \
         admin{} from 203.0.113.{} port {port} ssh2",
        n / 60 % 60,
        n % 4,
        n % 1000,
        n % 250
    );
}

/// Writes `lines` lines in all into `files` files.
pub(super) fn write_files(dir: &Path, lines: usize, files: usize) -> anyhow::Result<()> {
    for file in 0..files {
        let mut text = String::new();
        for n in 0..lines / files {
            line(n, &mut text);
            text.push('\n');
        }
        fs::write(dir.join(format!("{file}.log")), text)?;
    }
    Ok(())
}

/// Sends lines over one connection, as fast as they are taken.
pub(super) fn send_lines(address: SocketAddr, lines: usize) -> anyhow::Result<()> {
    let mut stream = BufWriter::with_capacity(64 * 1024, TcpStream::connect(address)?);
    let mut text = String::new();
    for n in 0..lines {
        text.clear();
        line(n, &mut text);
        text.push('\n');
        stream.write_all(text.as_bytes())?;
    }
    stream.flush()?;
    Ok(())
}

/// Sends datagrams, so many a second.
pub(super) fn send_datagrams(
    address: SocketAddr,
    datagrams: usize,
    per_second: usize,
) -> anyhow::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let (begun, mut text) = (Instant::now(), String::new());
    for n in 0..datagrams {
        if n % BURST == 0 {
            let due = Duration::from_secs_f64(n as f64 / per_second as f64);
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
        }
        text.clear();
        line(n, &mut text);
        socket.send_to(text.as_bytes(), address)?;
    }
    Ok(())
}
