//! Firewalls and gateways beyond the best known.

use crate::{check, row};

#[test]
fn juniper() {
    check(
        "<14>1 2026-03-01T10:00:00Z srx1 RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.40 source-address=\"203.0.113.9\" source-port=\"4000\" destination-address=\"192.0.2.1\" destination-port=\"22\" protocol-id=\"6\" policy-name=\"deny-all\" source-zone-name=\"untrust\"] session denied",
        row![
            "class_uid" => 4001, "activity_id" => 5, "src_endpoint/ip" => "203.0.113.9", "dst_endpoint/port" => 22,
            "connection_info/protocol_name" => "tcp", "policy/name" => "deny-all", "src_endpoint/zone" => "untrust",
            "metadata/event_code" => "RT_FLOW_SESSION_DENY", "metadata/log_source" => "juniper",
        ],
    );
    check(
        "Mar  1 10:00:00 ssg NetScreen device_id=ssg  [Root]system-notification-00257(traffic): start_time=\"2026-03-01 09:59:00\" duration=3 policy_id=7 service=ssh proto=6 src zone=Untrust dst zone=Trust action=Deny sent=0 rcvd=0 src=203.0.113.9 dst=192.0.2.1 src_port=4000 dst_port=22",
        row![
            "activity_id" => 5, "src_endpoint/zone" => "Untrust", "dst_endpoint/port" => 22, "time" => 1_772_359_200_000_i64,
            "metadata/event_code" => "notification-00257", "policy/uid" => "7",
        ],
    );
}

#[test]
fn smaller_gateways() {
    check(
        "<140>Mar  1 10:00:00 fb1 firewall: msg_id=\"3000-0148\" Deny 1-Trusted 0-External 76 udp 20 64 203.0.113.9 192.0.2.1 5060 5061 msg=\"x\" (Unhandled External Packet-00)",
        row![
            "class_uid" => 4001, "activity_id" => 5, "src_endpoint/ip" => "203.0.113.9", "dst_endpoint/port" => 5061,
            "connection_info/protocol_name" => "udp", "metadata/event_code" => "3000-0148", "metadata/log_source" => "watchguard",
            "firewall_rule/name" => "Unhandled External Packet",
        ],
    );
    check(
        "Mar  1 10:00:00 gw firewall,info forward: in:ether1 out:bridge, src-mac 26:5a:4c:57:6e:cc, proto TCP (SYN), 203.0.113.9:4000->192.0.2.1:22, len 64",
        row![
            "class_uid" => 4001, "src_endpoint/port" => 4000, "dst_endpoint/port" => 22, "src_endpoint/mac" => "26:5a:4c:57:6e:cc",
            "connection_info/protocol_name" => "TCP", "metadata/log_source" => "mikrotik",
        ],
    );
    check(
        "Mar  1 10:00:00 gw system,error,critical login failure for user a from 192.0.2.66 via b from 203.0.113.9 via ssh",
        row![
            "class_uid" => 3002, "status" => "Failure", "user/name" => "a from 192.0.2.66 via b",
            "src_endpoint/ip" => "203.0.113.9", "service/name" => "ssh",
        ],
    );
    check(
        "time=1772359200|hostname=gw1|product=VPN-1 & FireWall-1|action=Drop|ifdir=inbound|loguid={0x1}|origin=192.0.2.254|src=203.0.113.9|dst=192.0.2.1|proto=6|s_port=4000|service=22|rule_name=Clean up",
        row![
            "class_uid" => 4001, "activity_id" => 5, "device/hostname" => "gw1", "src_endpoint/ip" => "203.0.113.9",
            "metadata/log_source" => "checkpoint", "firewall_rule/name" => "Clean up", "metadata/product/name" => "VPN-1 & FireWall-1",
        ],
    );
    check(
        "device=\"SFW\" date=2026-03-01 time=16:00:00 timezone=\"+06\" device_name=\"XG\" log_id=0101 log_type=\"Firewall\" log_component=\"Firewall Rule\" log_subtype=\"Denied\" fw_rule_id=7 src_ip=203.0.113.9 dst_ip=192.0.2.1 protocol=\"TCP\" src_port=4000 dst_port=22",
        row![
            "time" => 1_772_359_200_000_i64, "class_uid" => 4001, "action" => "Denied", "firewall_rule/uid" => "7",
            "metadata/log_source" => "sophos", "metadata/event_code" => "0101",
        ],
    );
    check(
        "date=2026-03-01 time=10:00:00 devname=\"fg\" devid=\"FG1\" logid=\"1\" tz=\"-0500\" type=\"event\" subtype=\"user\" user=\"eve\" srcip=203.0.113.9 action=\"FSSO-logon\" status=\"success\"",
        row![
            "class_uid" => 3002, "status" => "Success", "user/name" => "eve", "time" => 1_772_377_200_000_i64,
            "metadata/log_source" => "fortigate",
        ],
    );
}

#[test]
fn squid() {
    check(
        "1772359200.123     45 203.0.113.9 TCP_DENIED/403 1234 GET http://www.example.org/x?y alice HIER_NONE/- text/html",
        row![
            "class_uid" => 4002, "activity_id" => 3, "http_response/code" => 403, "http_request/url/hostname" => "www.example.org",
            "actor/user/name" => "alice", "action" => "denied", "duration" => 45, "metadata/log_source" => "squid",
            "time" => 1_772_359_200_123_i64,
        ],
    );
}
