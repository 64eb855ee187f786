//! Firewalls, CEF, LEEF.

use crate::{check, row};

#[test]
fn cisco() {
    check(
        "<166>Mar  1 10:00:00 fw1 : %ASA-6-302013: Built outbound TCP connection 77 for outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.5/5000 (198.51.100.7/5000)",
        row![
            "class_uid" => 4001, "activity_id" => 1, "device/hostname" => "fw1", "metadata/event_code" => "302013",
            "src_endpoint/ip" => "10.0.0.5", "src_endpoint/port" => 5000, "dst_endpoint/ip" => "203.0.113.9",
            "dst_endpoint/port" => 443, "src_endpoint/proxy_endpoint/ip" => "198.51.100.7",
            "connection_info/protocol_name" => "TCP", "connection_info/direction_id" => 2, "unmapped/syslog_pri" => 166,
        ],
    );
    check(
        "Mar  1 10:00:00 fw1: %ASA-4-106023: Deny tcp src dmz:10.1.2.3/1000 dst outside:203.0.113.9/53 by access-group \"acl\" [0x0, 0x0]",
        row![
            "class_uid" => 4001, "activity_id" => 5, "action_id" => 2, "firewall_rule/name" => "acl",
            "src_endpoint/interface_name" => "dmz", "dst_endpoint/ip" => "203.0.113.9", "severity_id" => 3,
        ],
    );
    check(
        "<189>sw1: *Mar  1 10:00:00.5: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (203.0.113.9)",
        row![
            "device/hostname" => "sw1", "metadata/event_code" => "SYS-5-CONFIG_I", "metadata/log_source" => "cisco-ios",
        ],
    );
}

#[test]
fn packet_filters() {
    check(
        "Mar  1 10:00:00 gw kernel: [12.3] DROP IN=eth0 OUT= MAC=aa SRC=203.0.113.9 DST=192.0.2.1 LEN=40 PROTO=TCP SPT=5 DPT=22 SYN",
        row![
            "class_uid" => 4001, "activity_id" => 5, "src_endpoint/ip" => "203.0.113.9", "src_endpoint/port" => 5,
            "dst_endpoint/port" => 22, "action" => "Drop", "unmapped/IN" => "eth0", "metadata/log_source" => "iptables",
        ],
    );
    check(
        "Mar  1 10:00:00 pf filterlog[9]: 5,,,1000,em0,match,block,in,4,0x0,,64,1,0,none,17,udp,60,203.0.113.9,192.0.2.1,53,5353,40",
        row![
            "class_uid" => 4001, "activity_id" => 5, "src_endpoint/ip" => "203.0.113.9", "dst_endpoint/port" => 5353,
            "connection_info/protocol_name" => "udp", "action" => "block",
        ],
    );
    check(
        "date=2026-03-01 time=10:00:00 devname=\"fg\" logid=\"1\" srcip=10.0.0.1 srcport=5 dstip=203.0.113.9 dstport=443 action=\"deny\" sentbyte=7 proto=6",
        row![
            "class_uid" => 4001, "time" => 1_772_359_200_000_i64, "device/hostname" => "fg", "src_endpoint/ip" => "10.0.0.1",
            "dst_endpoint/ip" => "203.0.113.9", "action" => "deny", "traffic/bytes_out" => 7,
            "connection_info/protocol_name" => "tcp", "unmapped/srcip" => "10.0.0.1",
        ],
    );
}

#[test]
fn cef_and_leef() {
    check(
        r"CEF:0|Acme\|Co|Wall|1.0|100|Blocked \= x|8|src=203.0.113.9 spt=5 dst=192.0.2.1 duser=eve msg=two words a\=b cs1=v1 cs1Label=My Name rt=1772359200000",
        row![
            "metadata/product/name" => "Wall", "metadata/event_code" => "100", "severity_id" => 4,
            "time" => 1_772_359_200_000_i64, "src_endpoint/ip" => "203.0.113.9", "src_endpoint/port" => 5,
            "dst_endpoint/ip" => "192.0.2.1", "actor/user/name" => "eve", "message" => "two words a=b",
            "unmapped/My Name" => "v1",
        ],
    );
    check(
        "<13>Mar  1 10:00:00 h LEEF:2.0|V|P|1|id|^|src=203.0.113.9^usrName=eve^x=a b",
        row![
            "device/hostname" => "h", "metadata/product/name" => "P", "src_endpoint/ip" => "203.0.113.9",
            "actor/user/name" => "eve", "unmapped/x" => "a b",
        ],
    );
}
