//! IP and hardware addresses as logs write them.

use std::net::Ipv6Addr;

/// An address within a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ip<'a> {
    /// The address without brackets and zone; an IPv4-mapped one as IPv4.
    pub text: &'a str,
    /// The zone of a link-local address, such as `eth0`.
    pub zone: Option<&'a str>,
}

/// Reads `text` as an address, whole: `10.0.0.1`, `[fe80::1%eth0]`, `::ffff:10.0.0.1`.
pub fn parse(text: &str) -> Option<Ip<'_>> {
    let text = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    if is_v4(text) {
        return Some(Ip { text, zone: None });
    }
    memchr::memchr(b':', text.as_bytes())?;
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) if is_zone(zone) => (address, Some(zone)),
        Some(_) => return None,
        None => (text, None),
    };
    let mapped = address.get(..7).filter(|p| p.eq_ignore_ascii_case("::ffff:"));
    if let Some(v4) = mapped.map(|_| &address[7..]).filter(|v4| is_v4(v4)) {
        return Some(Ip { text: v4, zone });
    }
    is_v6(address).then_some(Ip { text: address, zone })
}

/// Whether `text` is an IPv6 address without zone.
pub fn is_v6(text: &str) -> bool {
    text.len() >= 2 && text.parse::<Ipv6Addr>().is_ok()
}

fn is_zone(zone: &str) -> bool {
    !zone.is_empty()
        && zone.len() <= 32
        && zone.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// Whether `text` is four decimal numbers up to 255, joined by dots.
pub fn is_v4(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 7 || bytes.len() > 15 {
        return false;
    }
    let (mut dots, mut number, mut digits) = (0, 0u32, 0);
    for &b in bytes {
        match b {
            // A leading zero may mean octal: no such address is certain.
            b'0'..=b'9' if digits < 3 && !(digits > 0 && number == 0) => {
                number = number * 10 + u32::from(b - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && number <= 255 && dots < 3 => {
                (dots, number, digits) = (dots + 1, 0, 0);
            }
            _ => return false,
        }
    }
    dots == 3 && digits > 0 && number <= 255
}

/// Whether `text` is an address of the internet: neither private nor of the host or link itself.
pub fn is_public(text: &str) -> bool {
    match text.parse() {
        Ok(std::net::IpAddr::V4(v4)) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || shared)
        }
        Ok(std::net::IpAddr::V6(v6)) => {
            !(v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local())
        }
        Err(_) => false,
    }
}

/// Whether `text` is six pairs of hex digits joined by `:` or `-`.
pub fn is_mac(text: &str) -> bool {
    text.len() == 17
        && text.bytes().enumerate().all(|(i, b)| match i % 3 {
            2 => b == b':' || b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Whether `text` has the form of an e-mail address, as the schema's pattern has it.
pub fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.,".contains(&b);
    let in_domain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    let dot = memchr::memchr(b'.', domain.as_bytes());
    !name.is_empty()
        && name.bytes().all(plain)
        && domain.bytes().all(in_domain)
        && dot.is_some_and(|at| at > 0 && at + 1 < domain.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("10.0.0.1", Some(("10.0.0.1", None))),
            ("255.255.255.255", Some(("255.255.255.255", None))),
            ("256.0.0.1", None),
            ("1.2.3", None),
            ("192.030.0.6", None),
            ("1.2.3.4.5", None),
            ("1.2.3.", None),
            ("::1", Some(("::1", None))),
            ("[2001:db8::1]", Some(("2001:db8::1", None))),
            ("fe80::1%eth0", Some(("fe80::1", Some("eth0")))),
            ("fe80::1%", None),
            ("::ffff:10.1.2.3", Some(("10.1.2.3", None))),
            ("::FFFF:10.1.2.3", Some(("10.1.2.3", None))),
            ("12:30:59", None),
            (":", None),
            ("", None),
            ("host", None),
            ("১.২.৩.৪", None),
        ] {
            assert_eq!(parse(text).map(|ip| (ip.text, ip.zone)), expected, "{text}");
        }
    }

    #[test]
    fn hardware_and_mail_addresses() {
        assert!(is_mac("00:1b:44:11:3A:b7"));
        assert!(is_mac("00-1b-44-11-3a-b7"));
        assert!(!is_mac("00:1b:44:11:3a:zz"));
        assert!(is_email("a.b+c@example.org"));
        assert!(!is_email("a@b"));
        assert!(!is_email("a b@example.org"));
        assert!(!is_email("a@b@example.org"));
    }
}
