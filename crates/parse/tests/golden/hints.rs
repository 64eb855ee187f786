//! What a collector's configuration names, and what the text says against it.

use crate::{events, row};
use serde_json::Value;

/// Checks the event of `raw` under a hint.
fn hinted(raw: &str, hint: &str, expected: &[(&str, Value)]) {
    let found = events(raw, Some(hint));
    assert_eq!(found.len(), 1, "{raw}");
    crate::holds(raw, &found[0], expected);
}

fn labels(raw: &str, hint: &str) -> Vec<String> {
    let event = events(raw, Some(hint)).remove(0);
    let list = event["metadata"]["labels"].as_array().unwrap();
    list.iter().map(|label| label.as_str().unwrap().to_owned()).collect()
}

const ACCESS: &str = "203.0.113.9 - - [01/Mar/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5";

#[test]
fn a_name_decides_what_the_text_leaves_open() {
    for (hint, source) in [
        ("apache", "apache"),
        ("httpd", "apache"),
        ("Apache2", "apache"),
        ("nginx", "nginx"),
        ("nginx_access", "nginx"),
        ("haproxy", "haproxy"),
        ("lighttpd", "lighttpd"),
    ] {
        hinted(ACCESS, hint, row!["class_uid" => 4002, "metadata/log_source" => source]);
        assert!(!labels(ACCESS, hint).iter().any(|l| l.starts_with("source:")), "{hint}");
    }
}

#[test]
fn a_message_without_a_header_is_of_the_program_named() {
    let text = "Failed password for invalid user x y from 203.0.113.9 port 1022 ssh2";
    for hint in ["sshd", "ssh", "OpenSSH"] {
        hinted(
            text,
            hint,
            row![
                "class_uid" => 3002, "status" => "Failure", "user/name" => "x y",
                "src_endpoint/ip" => "203.0.113.9", "metadata/log_source" => "sshd",
            ],
        );
    }
    hinted(
        "alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
        "sudo",
        row!["class_uid" => 1007, "actor/user/name" => "alice", "process/cmd_line" => "/usr/bin/id"],
    );
}

#[test]
fn a_log_that_no_parser_knows_is_what_its_collector_says() {
    let text = "2026-03-01 10:00:00 worker 7 is idle";
    hinted(text, "postgres", row!["metadata/log_source" => "postgresql"]);
    hinted(text, "our own thing", row!["metadata/log_source" => "our own thing"]);
    assert!(labels(text, "keycloak").contains(&"source:hint_only".to_owned()));
    // What may hold anything says nothing.
    hinted(text, "syslog", row!["metadata/log_source" => "text"]);
    assert!(!labels(text, "syslog").contains(&"source:hint_only".to_owned()));
}

#[test]
fn a_name_that_is_wrong_falls_back_and_is_told() {
    let sshd = "Mar  1 10:00:00 h sshd[7]: Accepted password for root from 203.0.113.9 port 5 ssh2";
    for (raw, hint, source) in [
        (ACCESS, "sshd", "nginx"),
        (sshd, "nginx", "sshd"),
        (sshd, "fortigate", "sshd"),
        ("CEF:0|Acme|Wall|1|7|x|5|src=203.0.113.9", "okta", "cef"),
        (
            r#"{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","eventTime":"2026-03-01T10:00:00Z","userIdentity":{"type":"Root"}}"#,
            "okta",
            "cloudtrail",
        ),
    ] {
        hinted(raw, hint, row!["metadata/log_source" => source]);
        assert!(labels(raw, hint).contains(&"source:hint_mismatch".to_owned()), "{raw} as {hint}");
    }
    // Kin are no mismatch: whatever syslog carries is syslog, and PAM speaks through programs.
    for (raw, hint) in [
        (sshd, "syslog"),
        (sshd, "linux"),
        (sshd, "journald"),
        ("CEF:0|Fortinet|Fortigate|1|7|x|5|src=203.0.113.9", "fortigate"),
        ("Mar  1 10:00:00 h x: pam_unix(x:session): session opened for user a by b(uid=0)", "sshd"),
    ] {
        assert!(!labels(raw, hint).iter().any(|l| l.starts_with("source:")), "{raw} as {hint}");
    }
}
