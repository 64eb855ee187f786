//! The addresses of one machine's services, each known to be free before anything starts.

use anyhow::{Context as _, bail};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Hands out addresses on the loopback interface, none twice.
#[derive(Default)]
pub(crate) struct Ports {
    // Held until all are chosen: a port that was let go could be chosen again.
    held: Vec<TcpListener>,
}

impl Ports {
    /// `wanted`, if it is free, or a free port for port 0. `flag` is what a person would change.
    pub(crate) fn take(&mut self, wanted: SocketAddr, flag: &str) -> anyhow::Result<SocketAddr> {
        let listener = match TcpListener::bind(wanted) {
            Ok(listener) => listener,
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                bail!("{wanted} is taken by another program: choose another with {flag}")
            }
            Err(error) => return Err(error).with_context(|| format!("cannot listen on {wanted}")),
        };
        let address = listener.local_addr()?;
        self.held.push(listener);
        Ok(address)
    }

    /// [`Self::take`] on 127.0.0.1.
    pub(crate) fn local(&mut self, port: u16, flag: &str) -> anyhow::Result<SocketAddr> {
        self.take((Ipv4Addr::LOCALHOST, port).into(), flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_names_the_flag() {
        let mut ports = Ports::default();
        let first = ports.local(0, "--a").unwrap();
        let error = Ports::default().take(first, "--kafka-port").unwrap_err().to_string();
        assert!(error.contains("--kafka-port") && error.contains(&first.to_string()), "{error}");
        assert_ne!(ports.local(0, "--b").unwrap(), first);
    }
}
