//! Name servers and address leases.

use crate::{check, row};

#[test]
fn bind() {
    check(
        "01-Mar-2026 10:00:00.123 queries: info: client @0x7f0f2c0a3f50 203.0.113.9#58430 (example.org): view inside: query: example.org IN AAAA +E(0)TK (192.0.2.53)",
        row![
            "class_uid" => 4003, "activity_id" => 1, "query/hostname" => "example.org", "query/type" => "AAAA",
            "src_endpoint/ip" => "203.0.113.9", "src_endpoint/port" => 58430, "dst_endpoint/ip" => "192.0.2.53",
            "unmapped/view" => "inside", "connection_info/protocol_name" => "tcp", "metadata/log_name" => "queries",
        ],
    );
    check(
        "Mar  1 10:00:00 ns1 named[7]: client 203.0.113.9#53 (a.org): zone transfer 'example.org/AXFR/IN' denied",
        row![
            "class_uid" => 4003, "status" => "Failure", "query/hostname" => "example.org", "query/type" => "AXFR",
            "action" => "denied", "metadata/log_source" => "bind",
        ],
    );
    check(
        "Mar  1 10:00:00 ns1 named[7]: client @0x1 203.0.113.9#53 (a.org): query failed (SERVFAIL) for a.org/IN/MX at query.c:5580",
        row!["activity_id" => 2, "rcode" => "SERVFAIL", "rcode_id" => 2, "query/type" => "MX"],
    );
}

#[test]
fn other_name_servers() {
    check(
        "[1772359200] unbound[7:0] info: 203.0.113.9 example.org. A IN NXDOMAIN 0.01 0 52",
        row![
            "class_uid" => 4003, "activity_id" => 2, "query/hostname" => "example.org", "rcode" => "NXDOMAIN",
            "time" => 1_772_359_200_000_i64, "metadata/log_source" => "unbound",
        ],
    );
    check(
        "Mar  1 10:00:00 gw dnsmasq[7]: query[AAAA] example.org from 203.0.113.9",
        row!["class_uid" => 4003, "query/type" => "AAAA", "src_endpoint/ip" => "203.0.113.9"],
    );
    check(
        "3/1/2026 10:00:00 AM 0D2C PACKET  000001F5E4B2C3A0 UDP Rcv 203.0.113.9     4b1a   Q [0001   D   NOERROR] A      (3)www(7)example(3)org(0)",
        row![
            "class_uid" => 4003, "activity_id" => 1, "query/hostname" => "www.example.org", "query/type" => "A",
            "src_endpoint/ip" => "203.0.113.9", "metadata/log_source" => "dns",
        ],
    );
}

#[test]
fn leases() {
    check(
        "Mar  1 10:00:00 gw dhcpd[7]: DHCPREQUEST for 192.0.2.10 (192.0.2.1) from aa:bb:cc:dd:ee:ff (laptop) via eth0",
        row![
            "class_uid" => 4004, "activity_id" => 3, "src_endpoint/ip" => "192.0.2.10", "src_endpoint/mac" => "aa:bb:cc:dd:ee:ff",
            "src_endpoint/hostname" => "laptop", "dst_endpoint/ip" => "192.0.2.1", "src_endpoint/interface_name" => "eth0",
        ],
    );
    check(
        "Mar  1 10:00:00 gw dnsmasq-dhcp[7]: DHCPACK(eth0) 192.0.2.10 aa:bb:cc:dd:ee:ff laptop",
        row!["class_uid" => 4004, "activity_id" => 5, "src_endpoint/hostname" => "laptop", "status" => "Success"],
    );
    check(
        "2026-03-01 10:00:00.123 INFO  [kea-dhcp4.leases/7.14] DHCP4_LEASE_ALLOC [hwtype=1 aa:bb:cc:dd:ee:ff], cid=[no info], tid=0x12ab: lease 192.0.2.10 has been allocated for 4000 seconds",
        row![
            "class_uid" => 4004, "activity_id" => 5, "src_endpoint/ip" => "192.0.2.10", "lease_dur" => 4000,
            "transaction_uid" => "0x12ab", "metadata/log_source" => "kea",
        ],
    );
    check(
        "11,03/01/26,10:00:00,Renew,192.0.2.10,laptop.example.org,AABBCCDDEEFF,,77,0,,,,,,,,,0",
        row![
            "class_uid" => 4004, "activity_id" => 5, "is_renewal" => true, "src_endpoint/mac" => "AA:BB:CC:DD:EE:FF",
            "src_endpoint/hostname" => "laptop.example.org", "time" => 1_772_359_200_000_i64,
        ],
    );
}
