//! RowBinary: how ClickHouse's types stand in an insert's body.

use std::net::{IpAddr, Ipv6Addr};

/// Appends a length or count as LEB128.
pub(super) fn varint(out: &mut Vec<u8>, mut n: usize) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends a `String` or `LowCardinality(String)`: any bytes, behind their length.
pub(super) fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    varint(out, value.len());
    out.extend_from_slice(value);
}

/// Appends an `Array(String)`.
pub(super) fn texts(out: &mut Vec<u8>, values: &[String]) {
    varint(out, values.len());
    values.iter().for_each(|value| bytes(out, value.as_bytes()));
}

/// Appends an `IPv6`; an IPv4 address stands as its mapped form, no address as `::`.
pub(super) fn ip(out: &mut Vec<u8>, value: Option<IpAddr>) {
    let mapped = match value {
        None => Ipv6Addr::UNSPECIFIED,
        Some(IpAddr::V4(v4)) => v4.to_ipv6_mapped(),
        Some(IpAddr::V6(v6)) => v6,
    };
    out.extend_from_slice(&mapped.octets());
}

/// The header of RowBinaryWithNamesAndTypes.
pub(super) fn header(out: &mut Vec<u8>, columns: &[(&str, &str)]) {
    varint(out, columns.len());
    columns.iter().for_each(|(name, _)| bytes(out, name.as_bytes()));
    columns.iter().for_each(|(_, kind)| bytes(out, kind.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_leb128() {
        for (n, expected) in [
            (0, &[0_u8][..]),
            (127, &[127]),
            (128, &[0x80, 1]),
            (300, &[0xac, 2]),
            (1 << 21, &[0x80, 0x80, 0x80, 1]),
        ] {
            let mut out = Vec::new();
            varint(&mut out, n);
            assert_eq!(out, expected, "{n}");
        }
    }

    #[test]
    fn addresses_are_sixteen_bytes() {
        for (address, expected) in [
            (None, "::"),
            (Some("10.0.0.1".parse().unwrap()), "::ffff:10.0.0.1"),
            (Some("2001:db8::1".parse().unwrap()), "2001:db8::1"),
        ] {
            let mut out = Vec::new();
            ip(&mut out, address);
            assert_eq!(out, expected.parse::<Ipv6Addr>().unwrap().octets());
        }
    }
}
