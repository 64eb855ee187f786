//! Addresses that can be no indicator: a whole network would match, or nothing outside.
//!
//! From the special-purpose registries of RFC 6890 and its updates. Those for documentation (RFC
//! 5737, RFC 3849) are not among them: no traffic has them, and exercises are written with them.

use cidr::{Net, Ranges};
use std::sync::LazyLock;

/// Networks wider than this would match half the Internet.
const V4_PREFIX_MIN: u8 = 8;
const V6_PREFIX_MIN: u8 = 16;

const SPECIAL: [(&str, &str); 18] = [
    ("0.0.0.0/8", "this network (RFC 791)"),
    ("10.0.0.0/8", "private (RFC 1918)"),
    ("100.64.0.0/10", "shared by carriers (RFC 6598)"),
    ("127.0.0.0/8", "loopback (RFC 1122)"),
    ("169.254.0.0/16", "link-local (RFC 3927)"),
    ("172.16.0.0/12", "private (RFC 1918)"),
    ("192.0.0.0/24", "protocol assignments (RFC 6890)"),
    ("192.88.99.0/24", "6to4 relays (RFC 7526)"),
    ("192.168.0.0/16", "private (RFC 1918)"),
    ("198.18.0.0/15", "benchmarking (RFC 2544)"),
    ("224.0.0.0/4", "multicast (RFC 5771)"),
    ("240.0.0.0/4", "reserved or broadcast (RFC 1112)"),
    ("::/128", "unspecified (RFC 4291)"),
    ("::1/128", "loopback (RFC 4291)"),
    ("100::/64", "discarded (RFC 6666)"),
    ("fc00::/7", "private (RFC 4193)"),
    ("fe80::/10", "link-local (RFC 4291)"),
    ("ff00::/8", "multicast (RFC 4291)"),
];

static RANGES: LazyLock<Ranges<&'static str>> = LazyLock::new(|| {
    let entries = SPECIAL.iter().filter_map(|(net, why)| Some((Net::parse(net)?, *why)));
    Ranges::new(entries.collect())
});

/// Why a network can be no indicator.
pub(crate) fn reason(net: Net) -> Option<&'static str> {
    let (first, least) = match net {
        Net::V4(first, _) => (first.into(), V4_PREFIX_MIN),
        Net::V6(first, _) => (first.into(), V6_PREFIX_MIN),
    };
    if net.prefix() < least {
        return Some("a network wider than /8 (IPv4) or /16 (IPv6)");
    }
    RANGES.get(first).copied()
}

/// Second-level domains under which anybody registers: an indicator for one would match a nation.
/// Those of `.bd`, and those that are most often listed by mistake; the rest is for warning lists.
const REGISTRIES: [&str; 24] = [
    "ac.bd", "com.bd", "edu.bd", "gov.bd", "info.bd", "mil.bd", "net.bd", "org.bd", "co.uk",
    "org.uk", "ac.uk", "gov.uk", "com.au", "co.in", "gov.in", "co.jp", "com.br", "com.cn",
    "gov.cn", "com.my", "com.pk", "com.sg", "com.tr", "co.za",
];

/// Why a domain can be no indicator.
pub(crate) fn domain_reason(domain: &str) -> Option<&'static str> {
    REGISTRIES.contains(&domain).then_some("a domain under which anybody registers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (text, expected) in [
            ("10.1.2.3", true),
            ("172.31.255.255", true),
            ("172.32.0.1", false),
            ("100.64.0.0/16", true),
            ("8.0.0.0/7", true),
            ("203.0.113.66", false),
            ("8.8.8.8", false),
            ("fd00::1", true),
            ("2001:db8::1", false),
            ("2000::/3", true),
        ] {
            assert_eq!(reason(Net::parse(text).unwrap()).is_some(), expected, "{text}");
        }
        assert_eq!(SPECIAL.len(), RANGES.values().len());
        assert!(domain_reason("gov.bd").is_some() && domain_reason("mof.gov.bd").is_none());
    }
}
