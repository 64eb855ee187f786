//! Logs of no known kind.

use crate::{check, row};

#[test]
fn words_tell() {
    check(
        "2026-03-01 10:00:00,5 WARN [auth] Login failed for user 'eve' from 203.0.113.9:5",
        row![
            "class_uid" => 3002, "status" => "Failure", "user/name" => "eve", "src_endpoint/ip" => "203.0.113.9",
            "src_endpoint/port" => 5, "time" => 1_772_359_200_500_i64, "metadata/log_level" => "WARN", "severity_id" => 3,
        ],
    );
    check(
        "time=\"2026-03-01T10:00:00Z\" level=error msg=\"no such user\" user=eve remote_addr=203.0.113.9",
        row![
            "user/name" => null, "actor/user/name" => "eve", "src_endpoint/ip" => "203.0.113.9", "message" => "no such user",
        ],
    );
    check(
        "connection 10.0.0.1:5 -> 203.0.113.9:443 closed",
        row![
            "class_uid" => 4001, "src_endpoint/ip" => "10.0.0.1", "dst_endpoint/ip" => "203.0.113.9", "dst_endpoint/port" => 443,
        ],
    );
}

#[test]
fn the_rest_is_kept() {
    check(
        "Mar  1 10:00:00 h app: সব ঠিক আছে",
        row![
            "class_uid" => 0, "message" => "সব ঠিক আছে", "device/hostname" => "h", "metadata/log_provider" => "app",
            "metadata/log_source" => "syslog", "time" => 1_772_359_200_000_i64,
        ],
    );
    check(
        "nothing to see",
        row!["class_uid" => 0, "message" => "nothing to see", "src_endpoint" => null],
    );
    check("version 1.2.3.4.5 of 2001:zz::1", row!["src_endpoint" => null]);
}
