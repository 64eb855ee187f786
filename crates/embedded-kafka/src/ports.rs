//! Whether the ports are free and the disk has room.

use crate::{Config, Error};
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

/// How long a predecessor that was killed may take to let go of its ports.
const RELEASE: Duration = Duration::from_secs(3);
/// How often to look.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Checks both ports of this broker.
pub(crate) fn check_ports(config: &Config) -> Result<(), Error> {
    let own = config.own();
    let begun = Instant::now();
    for (port, field) in [(own.port, "port"), (own.controller_port, "controller_port")] {
        while let Err(source) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            if begun.elapsed() >= RELEASE {
                return Err(Error::PortTaken { port, field, source });
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
    Ok(())
}

/// Checks the room on the disk of the data directory, which must be there.
pub(crate) fn check_disk(config: &Config) -> Result<(), Error> {
    let path = &config.data;
    let disk = rustix::fs::statvfs(path).map_err(|e| Error::file("look at", path)(e.into()))?;
    let free_mib = disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024);
    let needed_mib = config.disk_free_mib_min;
    if free_mib < needed_mib {
        return Err(Error::DiskFull { path: path.clone(), free_mib, needed_mib });
    }
    Ok(())
}
