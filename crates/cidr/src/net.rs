//! A network: an address and the length of its prefix.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network of either family. IPv4-mapped IPv6 addresses are IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Net {
    /// First address and prefix length.
    V4(Ipv4Addr, u8),
    /// First address and prefix length.
    V6(Ipv6Addr, u8),
}

/// An address with IPv4-mapped IPv6 as IPv4.
pub fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

impl Net {
    /// Reads `10.0.0.0/8`, `2001:db8::/32` or an address alone. Bits behind the prefix are taken
    /// as zero, as most lists mean them.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => whole,
            Some(text) if text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().ok().filter(|prefix| *prefix <= whole)?
            }
            Some(_) => return None,
        };
        Some(Self::new(address, prefix))
    }

    /// The network of `address`'s first `prefix` bits; more than there are count as all.
    pub fn new(address: IpAddr, prefix: u8) -> Self {
        match address {
            IpAddr::V4(v4) => {
                let prefix = prefix.min(32);
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                Self::V4(Ipv4Addr::from(u32::from(v4) & mask), prefix)
            }
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) if prefix >= 96 => Self::new(IpAddr::V4(v4), prefix - 96),
                _ => {
                    let prefix = prefix.min(128);
                    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                    Self::V6(Ipv6Addr::from(u128::from(v6) & mask), prefix)
                }
            },
        }
    }

    /// The length of the prefix.
    pub fn prefix(self) -> u8 {
        match self {
            Self::V4(_, prefix) | Self::V6(_, prefix) => prefix,
        }
    }

    /// The address, where it is the only one.
    pub fn address(self) -> Option<IpAddr> {
        match self {
            Self::V4(address, 32) => Some(address.into()),
            Self::V6(address, 128) => Some(address.into()),
            _ => None,
        }
    }

    /// Whether every address of `other` is one of its own.
    pub fn contains(self, other: Self) -> bool {
        let first = match other {
            Self::V4(address, _) => IpAddr::V4(address),
            Self::V6(address, _) => IpAddr::V6(address),
        };
        let same =
            matches!((self, other), (Self::V4(..), Self::V4(..)) | (Self::V6(..), Self::V6(..)));
        same && self.prefix() <= other.prefix() && Self::new(first, self.prefix()) == self
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.address()) {
            (_, Some(address)) => write!(f, "{address}"),
            (Self::V4(address, prefix), _) => write!(f, "{address}/{prefix}"),
            (Self::V6(address, prefix), _) => write!(f, "{address}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations() {
        for (text, expected) in [
            ("10.1.2.3/8", Some("10.0.0.0/8")),
            ("10.1.2.3", Some("10.1.2.3")),
            ("10.1.2.3/32", Some("10.1.2.3")),
            ("0.0.0.0/0", Some("0.0.0.0/0")),
            ("2001:DB8::1/32", Some("2001:db8::/32")),
            ("::/0", Some("::/0")),
            ("::ffff:10.1.2.3", Some("10.1.2.3")),
            ("::ffff:10.1.2.3/104", Some("10.0.0.0/8")),
            ("10.0.0.0/33", None),
            ("10.0.0.0/+8", None),
            ("10.0.0.0/", None),
            ("host/8", None),
            ("", None),
        ] {
            assert_eq!(Net::parse(text).map(|n| n.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn networks_in_networks() {
        let net = |text| Net::parse(text).unwrap();
        assert!(net("10.0.0.0/8").contains(net("10.2.0.0/16")));
        assert!(net("10.0.0.0/8").contains(net("10.0.0.0/8")));
        assert!(!net("10.2.0.0/16").contains(net("10.0.0.0/8")));
        assert!(!net("0.0.0.0/0").contains(net("2001:db8::/32")));
        assert!(net("fe80::/10").contains(net("fe80::1")));
    }
}
