//! The kernel's own count of the datagrams that it dropped.

use prometheus::IntCounter;
use std::os::fd::AsFd;

/// Follows the counter of one UDP socket in `/proc/net/udp` or `/proc/net/udp6`.
pub(crate) struct Drops {
    inode: Option<u64>,
    seen: u64,
    counter: IntCounter,
}

impl Drops {
    /// Follows `socket`.
    pub(crate) fn new(socket: &impl AsFd, counter: IntCounter) -> Self {
        let inode = rustix::fs::fstat(socket).ok().map(|stat| stat.st_ino);
        Self { inode, seen: 0, counter }
    }

    /// Adds what was dropped since the last look.
    pub(crate) fn look(&mut self) {
        let Some(inode) = self.inode else { return };
        let tables = ["/proc/net/udp", "/proc/net/udp6"].into_iter();
        let mut tables = tables.filter_map(|path| std::fs::read_to_string(path).ok());
        let Some(now) = tables.find_map(|table| drops_of(&table, inode)) else { return };
        // The kernel's counter has 32 bits and wraps.
        let new = u64::from((now as u32).wrapping_sub(self.seen as u32));
        self.seen = now;
        self.counter.inc_by(new);
        if new > 0 {
            tracing::error!(
                datagrams = new,
                "lost: the kernel dropped syslog datagrams; raise net.core.rmem_max, or use tcp"
            );
        }
    }
}

/// The drops of the socket with `inode`: column 10 is the inode, the last one the drops.
fn drops_of(table: &str, inode: u64) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_ascii_whitespace();
        let found: u64 = columns.clone().nth(9)?.parse().ok()?;
        (found == inode).then(|| columns.next_back()?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;

    const TABLE: &str = "  \
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100007F:3B24 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 0
  101: 00000000:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 977
";

    #[test]
    fn the_row_is_found_by_its_inode() {
        assert_eq!(drops_of(TABLE, 4711), Some(0));
        assert_eq!(drops_of(TABLE, 4712), Some(977));
        assert_eq!(drops_of(TABLE, 4713), None);
        assert_eq!(drops_of("", 4711), None);
    }

    #[test]
    fn what_the_kernel_drops_is_counted() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 4096).unwrap();
        let counter = IntCounter::new("drops", "Drops.").unwrap();
        let mut drops = Drops::new(&socket, counter.clone());
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let sent = 200;
        for _ in 0..sent {
            sender.send_to(&[b'x'; 1000], socket.local_addr().unwrap()).unwrap();
        }
        drops.look();
        socket.set_nonblocking(true).unwrap();
        let mut got = 0;
        while socket.recv(&mut [0; 2000]).is_ok() {
            got += 1;
        }
        assert!(got < sent);
        assert_eq!(counter.get(), sent - got);
        drops.look();
        assert_eq!(counter.get(), sent - got, "counted once");
    }
}
