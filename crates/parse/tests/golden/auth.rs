//! sshd, sudo, su, PAM, cron, accounts, logins.

use crate::{check, events, row};

#[test]
fn sshd_logons() {
    sshd(&[
        (
            "Failed password for root from 203.0.113.9 port 4022 ssh2",
            row![
                "class_uid" => 3002, "activity_id" => 1, "status" => "Failure", "time" => 1_772_359_200_000_i64,
                "user/name" => "root", "src_endpoint/ip" => "203.0.113.9", "src_endpoint/port" => 4022,
                "device/hostname" => "web-01", "actor/process/name" => "sshd", "actor/process/pid" => 812,
                "metadata/log_source" => "sshd", "service/name" => "sshd",
            ],
        ),
        (
            "Accepted publickey for deploy from 2001:db8::7 port 50000 ssh2: ED25519 SHA256:abc",
            row![
                "status" => "Success", "user/name" => "deploy", "src_endpoint/ip" => "2001:db8::7",
                "unmapped/ssh_key_type" => "ED25519", "unmapped/ssh_key_fingerprint" => "SHA256:abc",
            ],
        ),
        // The name holds what looks like an address; the server's own stands behind it.
        (
            "Failed password for invalid user a from 10.9.9.9 port 1 ssh2 from 203.0.113.9 port 22 ssh2",
            row![
                "user/name" => "a from 10.9.9.9 port 1 ssh2", "src_endpoint/ip" => "203.0.113.9",
                "src_endpoint/port" => 22, "status_detail" => "invalid user",
            ],
        ),
        (
            "Failed password for invalid user two words from fe80::1%eth0 port 9 ssh2",
            row![
                "user/name" => "two words", "src_endpoint/ip" => "fe80::1", "src_endpoint/interface_name" => "eth0",
            ],
        ),
        (
            "Invalid user  from 203.0.113.9 port 7",
            row![
                "class_uid" => 3002, "user/name" => "(empty)", "src_endpoint/ip" => "203.0.113.9",
            ],
        ),
        ("Invalid user অরণ্য from 203.0.113.9 port 7", row!["user/name" => "অরণ্য"]),
    ]);
}

#[test]
fn sshd_connections() {
    sshd(&[
        (
            "Connection closed by authenticating user bin 203.0.113.9 port 7 [preauth]",
            row![
                "class_uid" => 3002, "status" => "Failure", "user/name" => "bin", "src_endpoint/ip" => "203.0.113.9",
            ],
        ),
        (
            "Disconnected from user alice 203.0.113.9 port 7",
            row![
                "class_uid" => 3002, "activity_id" => 2, "user/name" => "alice",
            ],
        ),
        (
            "Connection closed by 203.0.113.9 port 7 [preauth]",
            row![
                "class_uid" => 4007, "activity_id" => 2, "src_endpoint/port" => 7,
            ],
        ),
        (
            "Received disconnect from 203.0.113.9 port 7:11: Bye Bye [preauth]",
            row![
                "class_uid" => 4007, "src_endpoint/ip" => "203.0.113.9", "src_endpoint/port" => 7,
            ],
        ),
        (
            "User bob from 203.0.113.9 not allowed because not listed in AllowUsers",
            row![
                "class_uid" => 3002, "user/name" => "bob", "status_detail" => "not listed in AllowUsers",
            ],
        ),
        (
            "error: maximum authentication attempts exceeded for invalid user x from 203.0.113.9 port 7 ssh2 [preauth]",
            row![
                "user/name" => "x", "src_endpoint/ip" => "203.0.113.9",
            ],
        ),
        (
            "Server listening on 0.0.0.0 port 22.",
            row![
                "class_uid" => 4007, "activity_id" => 7, "dst_endpoint/ip" => "0.0.0.0", "dst_endpoint/port" => 22,
            ],
        ),
    ]);
}

/// Bodies of sshd's messages and what must be found in them.
fn sshd(rows: &[(&str, &[(&str, serde_json::Value)])]) {
    for (body, expected) in rows {
        check(&format!("Mar  1 10:00:00 web-01 sshd[812]: {body}"), expected);
    }
}

#[test]
fn repeated_messages_are_as_many_events() {
    let raw = "Mar  1 10:00:00 h sshd[1]: message repeated 3 times: [ Failed password for root from 203.0.113.9 port 1 ssh2]";
    let found = events(raw, None);
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|e| e["src_endpoint"]["ip"] == "203.0.113.9"));
    // More than anyone could mean are one event with a count.
    let raw = "Mar  1 10:00:00 h sshd[1]: message repeated 999999999 times: [ x ]";
    let found = events(raw, None);
    assert_eq!((found.len(), &found[0]["count"]), (1, &serde_json::json!(999_999_999)));
}

#[test]
fn pam_sudo_su_cron() {
    check(
        "Mar  1 10:00:00 h sshd[1]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root",
        row![
            "class_uid" => 3002, "status" => "Failure", "user/name" => "root", "src_endpoint/ip" => "203.0.113.9",
            "actor/session/terminal" => "ssh",
        ],
    );
    // Whoever chooses the user's name cannot choose the host.
    check(
        "Mar  1 10:00:00 h x: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=a rhost=10.0.0.1",
        row![
            "src_endpoint/ip" => "203.0.113.9", "user/name" => "a rhost=10.0.0.1",
        ],
    );
    check(
        "Mar  1 10:00:00 h sudo: pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)",
        row![
            "class_uid" => 3002, "activity_id" => 1, "user/name" => "root", "user/uid" => "0",
            "actor/user/name" => "alice", "actor/user/uid" => "1000", "metadata/log_source" => "sudo",
        ],
    );
    check(
        "Mar  1 10:00:00 h sudo:    alice : TTY=pts/0 ; PWD=/tmp ; USER=root ; COMMAND=/usr/bin/cat /etc/shadow ; x=1",
        row![
            "class_uid" => 1007, "activity_id" => 1, "actor/user/name" => "alice", "process/user/name" => "root",
            "process/cmd_line" => "/usr/bin/cat /etc/shadow ; x=1", "process/file/path" => "/usr/bin/cat",
            "process/working_directory" => "/tmp", "status" => "Success",
        ],
    );
    check(
        "Mar  1 10:00:00 h sudo: bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/su",
        row![
            "class_uid" => 3002, "status" => "Failure", "user/name" => "bob",
            "status_detail" => "3 incorrect password attempts",
        ],
    );
    check(
        "Mar  1 10:00:00 h su[3]: FAILED SU (to root) bob on pts/1",
        row![
            "class_uid" => 3002, "activity_id" => 7, "status" => "Failure", "user/name" => "root", "actor/user/name" => "bob",
        ],
    );
    check(
        "Mar  1 10:00:00 h CRON[9]: (www-data) CMD (/usr/local/bin/job --all)",
        row![
            "class_uid" => 1007, "process/cmd_line" => "/usr/local/bin/job --all", "process/user/name" => "www-data",
            "metadata/log_source" => "cron",
        ],
    );
}

#[test]
fn accounts_and_sessions() {
    check(
        "Mar  1 10:00:00 h useradd[5]: new user: name=mallory, UID=1005, GID=1005, home=/home/m, shell=/bin/sh, from=/dev/pts/1",
        row![
            "class_uid" => 3001, "activity_id" => 1, "user/name" => "mallory", "user/uid" => "1005",
            "unmapped/home" => "/home/m",
        ],
    );
    check(
        "Mar  1 10:00:00 h userdel[5]: delete user 'mallory'",
        row!["class_uid" => 3001, "activity_id" => 6, "user/name" => "mallory"],
    );
    check(
        "Mar  1 10:00:00 h usermod[5]: add 'mallory' to group 'sudo'",
        row![
            "class_uid" => 3006, "activity_id" => 3, "user/name" => "mallory", "group/name" => "sudo",
        ],
    );
    check(
        "Mar  1 10:00:00 h groupadd[5]: new group: name=ops, GID=1010",
        row![
            "class_uid" => 3006, "activity_id" => 6, "group/name" => "ops", "group/uid" => "1010",
        ],
    );
    check(
        "Mar  1 10:00:00 h systemd-logind[5]: New session 42 of user alice.",
        row![
            "class_uid" => 3002, "session/uid" => "42", "user/name" => "alice",
        ],
    );
}
