//! Files that name their columns themselves, and syslog headers of unusual devices.

use crate::{check, events_of, holds, row};
use parse::{Outcome, Scratch};
use serde_json::Value;
use std::sync::Arc;

/// The events of the lines of one file; headers make none.
fn file(lines: &[&str]) -> Vec<Value> {
    let mut scratch = Scratch::new(Arc::new(mapping::Tables::builtin().unwrap()));
    let mut found = Vec::new();
    for line in lines {
        let (mut events, outcome) = events_of(line, None, 9, &mut scratch);
        match outcome {
            Outcome::Events => assert_eq!(events.len(), 1, "{line}"),
            Outcome::Dead { code, .. } => assert_eq!(code.as_str(), "header", "{line}"),
        }
        found.append(&mut events);
    }
    found
}

#[test]
fn w3c_fields_that_change() {
    let found = file(&[
        "#Software: Microsoft Internet Information Services 10.0",
        "#Version: 1.0",
        "#Date: 2026-03-01 10:00:00",
        "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus time-taken",
        "2026-03-01 10:00:01 192.0.2.1 GET /a x=1 443 CORP\\eve 203.0.113.9 Mozilla/5.0+(X11) 401 2 15",
        "#Fields: time c-ip cs-method cs-uri-stem sc-status sc-bytes cs-host",
        "10:00:02 203.0.113.9 POST /b 200 77 www.example.org",
    ]);
    assert_eq!(found.len(), 2);
    holds(
        "first",
        &found[0],
        row![
            "class_uid" => 4002, "activity_id" => 3, "metadata/log_source" => "iis", "time" => 1_772_359_201_000_i64,
            "src_endpoint/ip" => "203.0.113.9", "dst_endpoint/ip" => "192.0.2.1", "dst_endpoint/port" => 443,
            "http_request/url/url_string" => "/a?x=1", "http_request/user_agent" => "Mozilla/5.0 (X11)",
            "http_response/code" => 401, "status" => "Failure", "actor/user/name" => "eve",
            "unmapped/sc-substatus" => "2", "unmapped/time-taken" => "15",
        ],
    );
    holds(
        "second",
        &found[1],
        row![
            "activity_id" => 6, "time" => 1_772_359_202_000_i64, "http_request/url/path" => "/b",
            "http_response/length" => 77, "http_request/url/hostname" => "www.example.org",
            "dst_endpoint" => null,
        ],
    );
}

#[test]
fn quoted_and_comma_separated_columns() {
    let found = file(&[
        "#Software: SGOS 6.7.5.1",
        "#Fields: date time time-taken c-ip cs-username s-action sc-status cs-method cs-uri-scheme cs-host cs-uri-path cs(User-Agent) sc-filter-result cs-categories",
        "2026-03-01 10:00:01 5 203.0.113.9 alice TCP_DENIED 403 GET http www.example.org /x \"Agent \"\"q\"\" 1\" DENIED \"News;Sport\"",
    ]);
    holds(
        "proxy",
        &found[0],
        row![
            "metadata/log_source" => "bluecoat", "http_request/url/url_string" => "http://www.example.org/x",
            "action" => "TCP_DENIED", "unmapped/sc-filter-result" => "DENIED", "actor/user/name" => "alice",
        ],
    );
    let found = file(&[
        "#Log-type: SMTP Receive Protocol Log",
        "#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context",
        "2026-03-01T10:00:01.5Z,MX\\Default,08D9,3,192.0.2.25:25,203.0.113.9:4000,<,\"RCPT TO:<a@example.org>, x\",",
    ]);
    holds(
        "exchange",
        &found[0],
        row![
            "metadata/log_source" => "exchange", "src_endpoint/ip" => "203.0.113.9", "src_endpoint/port" => 4000,
            "dst_endpoint/port" => 25, "unmapped/data" => "RCPT TO:<a@example.org>, x", "time" => 1_772_359_201_500_i64,
        ],
    );
    let found = file(&[
        "#Version: 1.5",
        "#Software: Microsoft Windows Firewall",
        "#Time Format: Local",
        "#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags",
        "2026-03-01 10:00:01 DROP TCP 203.0.113.9 192.0.2.1 4000 3389 48 S",
    ]);
    holds(
        "windows firewall",
        &found[0],
        row![
            "class_uid" => 4001, "activity_id" => 5, "metadata/log_source" => "windows-firewall", "action_id" => 2,
            "dst_endpoint/port" => 3389, "connection_info/protocol_name" => "TCP",
        ],
    );
}

#[test]
fn zeek_as_text_and_as_json() {
    let found = file(&[
        "#separator \\x09",
        "#set_separator\t,",
        "#empty_field\t(empty)",
        "#unset_field\t-",
        "#path\tdns",
        "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tqtype_name\trcode_name\tanswers\trejected",
        "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tstring\tstring\tvector[string]\tbool",
        "1772359200.865716\tCabc\t203.0.113.9\t5353\t192.0.2.53\t53\tudp\ta\\x2cb.example.org\tA\tNOERROR\t192.0.2.7,192.0.2.8\tF",
        "1772359201.000000\tCdef\tfe80::1\t5353\t192.0.2.53\t53\tudp\t-\t-\t-\t(empty)\tT",
        "#close\t2026-03-01-10-00-02",
    ]);
    assert_eq!(found.len(), 2);
    let twin = r#"{"_path":"dns","ts":1772359200.865716,"uid":"Cabc","id.orig_h":"203.0.113.9","id.orig_p":5353,"id.resp_h":"192.0.2.53","id.resp_p":53,"proto":"udp","query":"a,b.example.org","qtype_name":"A","rcode_name":"NOERROR","answers":["192.0.2.7","192.0.2.8"],"rejected":false}"#;
    let json = file(&[twin]);
    let mut text = found[0].clone();
    text["raw_data"] = json[0]["raw_data"].clone();
    assert_eq!(text, json[0]);
    holds(
        "zeek",
        &found[0],
        row![
            "class_uid" => 4003, "time" => 1_772_359_200_865_i64, "query/hostname" => "a,b.example.org",
            "unmapped/answers/1" => "192.0.2.8", "metadata/log_source" => "zeek",
        ],
    );
    holds("empty", &found[1], row!["query" => null, "unmapped/rejected" => true]);
    // The same row in another stream, whose header nobody has seen.
    check(
        "1772359200.865716\tCabc\t203.0.113.9\t5353\t192.0.2.53\t53\tudp\ta\tA",
        row!["class_uid" => 4001, "src_endpoint/port" => 5353, "connection_info/uid" => "Cabc"],
    );
}

#[test]
fn odd_syslog_headers() {
    check(
        "<134> 2026-03-01T10:00:00.5Z fw1 apmd 77 01490248:5: [F5@12276 hostname=\"x \\\"y\\] z\" session_id=\"7a\" errdefs_msgno=\"01490248:5:\"] Received client info",
        row![
            "device/hostname" => "fw1", "metadata/log_provider" => "apmd", "time" => 1_772_359_200_500_i64,
            "unmapped/hostname" => "x \"y] z", "message" => "Received client info", "metadata/log_source" => "f5",
        ],
    );
    check(
        "<134>1 1772359200.123456789 mx84 security_event ids_alerted src=203.0.113.9:80 dst=192.0.2.2:5 protocol=tcp/ip",
        row!["device/hostname" => "mx84", "time" => 1_772_359_200_123_i64, "src_endpoint/port" => 80],
    );
    check(
        "<134>Mar  1 10:00:00 slot1/lb1 notice mcpd[6760]: 01070417:5: AUDIT - client Unknown, user admin - modify x",
        row![
            "device/hostname" => "lb1", "metadata/log_level" => "notice", "actor/user/name" => "admin",
            "metadata/event_code" => "01070417", "metadata/log_source" => "f5",
        ],
    );
    check(
        "<134>Mar  1 10:00:00 user.info cms1 authp:  Using authentication server",
        row!["device/hostname" => "cms1", "metadata/log_provider" => "authp"],
    );
    check(
        "<134>Mar  1 10:00:00 ap1,18e8294876c3,v4.0.66.10832 switch: TRAPMGR: Cold Start",
        row!["device/hostname" => "ap1", "metadata/log_provider" => "switch"],
    );
    check(
        "<134>Mar  1 10:00:00 na1: na1: 00000030.00c8 [kern_audit:info:3167] ssh :: 203.0.113.9:5 :: admin :: login",
        row!["device/hostname" => "na1"],
    );
    check(
        "2026-03-01T10:00:00+01:00: authentication failure; rhost=[::ffff:203.0.113.9]:47414 user=root@pbs msg=expired",
        row!["device/hostname" => null, "status" => "Failure", "src_endpoint/ip" => "203.0.113.9"],
    );
}
