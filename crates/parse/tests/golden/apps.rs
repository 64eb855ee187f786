//! Applications that write what clients chose into their lines.

use crate::{check, row};

#[test]
fn the_safe_end_counts() {
    check(
        "[2026-03-01 10:00:00] SECURITY[7] res_security_log.c: SecurityEvent=\"InvalidPassword\",EventTV=\"x\",Severity=\"Error\",Service=\"PJSIP\",AccountID=\"eve\",SessionID=\"\",RemoteAddress=\"IPV4/UDP/192.0.2.66/1\"\",LocalAddress=\"IPV4/UDP/192.0.2.1/5060\",RemoteAddress=\"IPV4/UDP/203.0.113.9/4000\"",
        row![
            "class_uid" => 3002, "status" => "Failure", "user/name" => "eve", "src_endpoint/ip" => "203.0.113.9",
            "src_endpoint/port" => 4000, "time" => 1_772_359_200_000_i64, "metadata/log_source" => "asterisk",
        ],
    );
    check(
        "Mar  1 10:00:00 web roundcube: IMAP Error: Login failed for eve from 192.0.2.66 from 203.0.113.9. AUTHENTICATE PLAIN: A0002 NO Login failed. user=eve from 192.0.2.66 in /x.php on line 205",
        row!["user/name" => "eve from 192.0.2.66", "src_endpoint/ip" => "203.0.113.9", "class_uid" => 3002],
    );
    check(
        "Mar  1 10:00:00 ts xrdp-sesman[7]: [INFO ] AUTHFAIL: user=a ip=192.0.2.66 time=1 ip=203.0.113.9 time=1772359200",
        row!["user/name" => "a ip=192.0.2.66 time=1", "src_endpoint/ip" => "203.0.113.9"],
    );
    check(
        "2026-03-01 10:00:00   smtp: a name [203.0.113.9] authentication failure using internet password",
        row!["user/name" => "a name", "src_endpoint/ip" => "203.0.113.9", "status" => "Failure"],
    );
    check(
        "1772359200.77.0 [01/Mar/2026 16:00:00] admin - 203.0.113.9 global miniserv.pl \"failed\" \"-\" \"wrongpass\"",
        row!["time" => 1_772_359_200_000_i64, "user/name" => "admin", "status" => "Failure", "metadata/log_source" => "webmin"],
    );
}

#[test]
fn servers_own_formats() {
    check(
        "[2026-03-01T10:00:00,123][WARN ][o.o.s.a.BackendRegistry  ] [node-1] Authentication finally failed for eve from 203.0.113.9:4000",
        row![
            "class_uid" => 3002, "status" => "Failure", "device/hostname" => "node-1", "user/name" => "eve",
            "src_endpoint/ip" => "203.0.113.9", "metadata/log_level" => "WARN",
        ],
    );
    check(
        "10:00:00 203.0.113.9 [2]created /up/a.txt 226",
        row!["class_uid" => 4008, "activity_id" => 1, "command" => "created", "codes/0" => 226, "file/name" => "a.txt"],
    );
    check(
        "2026-03-01T10:00:00.5Z,MX\\Default,08D9,9,192.0.2.1:25,203.0.113.9:4000,>,535 5.7.3 Authentication unsuccessful,",
        row!["class_uid" => 3002, "status" => "Failure", "src_endpoint/ip" => "203.0.113.9", "dst_endpoint/port" => 25],
    );
}
