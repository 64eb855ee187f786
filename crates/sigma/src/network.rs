//! CIDR networks of both families.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// A network; IPv4 ones lie where IPv6 maps them (`::ffff:0:0/96`), so that a mapped address is
/// in the network that its IPv4 form is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: u128,
    mask: u128,
}

impl Network {
    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or an address alone; bits beyond the prefix do not count.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let (bits, width) = match address.parse().ok()? {
            IpAddr::V4(v4) => (v4.to_ipv6_mapped().to_bits(), 32),
            IpAddr::V6(v6) => (v6.to_bits(), 128),
        };
        let prefix = prefix.unwrap_or(width);
        if prefix > width {
            return None;
        }
        let mask = u128::MAX.checked_shl(width - prefix).unwrap_or(0);
        Some(Self { address: bits & mask, mask })
    }

    /// The lowest and the highest address in it.
    pub fn bounds(&self) -> (Ipv6Addr, Ipv6Addr) {
        (Ipv6Addr::from_bits(self.address), Ipv6Addr::from_bits(self.address | !self.mask))
    }

    /// Whether `text` is an address within the network.
    pub fn contains(&self, text: &str) -> bool {
        Address::parse(text).is_some_and(|address| self.has(address))
    }

    /// Whether `address` is within the network.
    pub fn has(&self, address: Address) -> bool {
        address.0 & self.mask == self.address
    }
}

impl fmt::Display for Network {
    /// As it is written: `10.0.0.0/8`, `2001:db8::/32`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.mask.count_ones();
        match Ipv6Addr::from_bits(self.address).to_ipv4_mapped().filter(|_| prefix >= 96) {
            Some(v4) => write!(f, "{v4}/{}", prefix - 96),
            None => write!(f, "{}/{prefix}", Ipv6Addr::from_bits(self.address)),
        }
    }
}

/// An address of either family, as the 128 bits that networks compare it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address(u128);

impl Address {
    /// Reads an address. A zone (`fe80::1%eth0`) is left aside.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split_once('%').map_or(text, |(address, _)| address);
        Some(Self(match text.parse().ok()? {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
            IpAddr::V6(v6) => Ipv6Addr::to_bits(v6),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_networks() {
        for (network, address, within) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("192.168.0.0/16", "::ffff:192.168.3.4", true),
            ("::1/128", "::1", true),
            ("fe80::/10", "fe80::1%12", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("::/0", "::ffff:1.2.3.4", true),
            ("1.2.3.4", "1.2.3.4", true),
            ("1.2.3.4", "-", false),
            ("10.0.0.0/8", "010.0.0.1", false),
        ] {
            assert_eq!(
                Network::parse(network).unwrap().contains(address),
                within,
                "{network} {address}"
            );
            let shown = Network::parse(network).unwrap().to_string();
            assert_eq!(Network::parse(&shown), Network::parse(network), "{shown}");
        }
        for bad in ["10.0.0.0/33", "::/129", "10.0.0/8", "x", "10.0.0.0/", "10.0.0.0/-1"] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }
}
