//! Values that formats encode, name by number, or that clients fill with traps.

use crate::{check, row};

#[test]
fn escapes_of_access_logs() {
    check(
        r#"203.0.113.9 - - [01/Mar/2026:10:00:00 +0000] "GET /\xe0\xa6\xb2\xe0\xa6\x97?q=\x22a\x5Cb\x22 HTTP/1.1" 200 5 "-" "curl \x22x\x22""#,
        row![
            "http_request/url/path" => "/লগ", "http_request/url/query_string" => "q=\"a\\b\"",
            "http_request/user_agent" => "curl \"x\"",
        ],
    );
    // Apache's.
    check(
        r#"203.0.113.9 - - [01/Mar/2026:10:00:00 +0000] "GET /a\"b\\c HTTP/1.1" 200 5 "-" "x\ty""#,
        row!["http_request/url/path" => "/a\"b\\c", "http_request/user_agent" => "x\ty"],
    );
    // Another protocol's bytes are no text: they stay as they are written.
    check(
        r#"203.0.113.9 - - [01/Mar/2026:10:00:00 +0000] "\x16\x03\x01\x02\x00" 400 157 "-" "-""#,
        row!["http_request/url/url_string" => r"\x16\x03\x01\x02\x00", "class_uid" => 4002],
    );
    check(
        r#"2026/03/01 10:00:00 [error] 7#7: *3 open() failed, client: 203.0.113.9, server: a, request: "GET /\xe0\xa6\x95 HTTP/1.1", host: "a""#,
        row!["http_request/url/path" => "/ক"],
    );
}

#[test]
fn hex_of_audit_records() {
    check(
        "type=USER_LOGIN msg=audit(1772359200.5:7): pid=1 uid=0 auid=0 ses=1 msg='op=login acct=E0A6B0E0A6B9E0A6BFE0A6AE206B68616E exe=\"/usr/sbin/sshd\" hostname=? addr=203.0.113.9 terminal=ssh res=failed'",
        row!["user/name" => "রহিম khan", "src_endpoint/ip" => "203.0.113.9", "status" => "Failure"],
    );
    check(
        "type=PROCTITLE msg=audit(1772359200.5:7): proctitle=6C73002D6C61002F746D702F6120622F",
        row!["unmapped/proctitle" => "ls -la /tmp/a b/"],
    );
}

#[test]
fn security_identifiers_and_rights_have_names() {
    check(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Service Control Manager'/><EventID>7045</EventID><TimeCreated SystemTime='2026-03-01T10:00:00Z'/><Channel>System</Channel><Computer>pc1</Computer><Security UserID='S-1-5-18'/></System><EventData><Data Name='ServiceName'>x</Data></EventData></Event>",
        row!["actor/user/uid" => "S-1-5-18", "actor/user/name" => "SYSTEM", "actor/user/domain" => "NT AUTHORITY"],
    );
    check(
        "<Event><System><Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4732</EventID><TimeCreated SystemTime='2026-03-01T10:00:00Z'/><Channel>Security</Channel><Computer>pc1</Computer></System><EventData><Data Name='MemberName'>CN=Rahim Uddin,OU=HR,DC=mof</Data><Data Name='MemberSid'>S-1-5-21-1-2-3-1104</Data><Data Name='TargetSid'>S-1-5-32-544</Data></EventData></Event>",
        row![
            "class_uid" => 3006, "user/name" => "Rahim Uddin", "user/uid" => "S-1-5-21-1-2-3-1104",
            "group/name" => "Administrators", "group/domain" => "BUILTIN",
        ],
    );
    check(
        "<Event><System><Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4663</EventID><TimeCreated SystemTime='2026-03-01T10:00:00Z'/><Channel>Security</Channel><Computer>pc1</Computer></System><EventData><Data Name='ObjectServer'>Security</Data><Data Name='ObjectType'>File</Data><Data Name='AccessMask'>0x10002</Data></EventData></Event>",
        row!["unmapped/AccessRights" => ["FILE_WRITE_DATA", "DELETE"], "unmapped/AccessMask" => "0x10002"],
    );
    check(
        "<Event><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>10</EventID><TimeCreated SystemTime='2026-03-01T10:00:00Z'/><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>pc1</Computer></System><EventData><Data Name='GrantedAccess'>0x1410</Data></EventData></Event>",
        row!["unmapped/AccessRights" => ["PROCESS_VM_READ", "PROCESS_QUERY_INFORMATION", "PROCESS_QUERY_LIMITED_INFORMATION"]],
    );
}

/// Names that pretend to be what the program writes itself: the safe end decides.
#[test]
fn names_with_traps() {
    for (text, name, address) in [
        (
            "Failed password for invalid user from 198.51.100.1 port 22 from 203.0.113.9 port 1022 ssh2",
            "from 198.51.100.1 port 22",
            "203.0.113.9",
        ),
        (
            "Invalid user a from 198.51.100.1 port 1 from 203.0.113.9 port 1022",
            "a from 198.51.100.1 port 1",
            "203.0.113.9",
        ),
        ("Invalid user রহিম উদ্দিন from fe80::1%eth0 port 1022", "রহিম উদ্দিন", "fe80::1"),
        ("Accepted publickey for root from ::ffff:203.0.113.9 port 5 ssh2", "root", "203.0.113.9"),
        (
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=x rhost=198.51.100.1",
            "x rhost=198.51.100.1",
            "203.0.113.9",
        ),
        (
            "PAM 3 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root",
            "root",
            "203.0.113.9",
        ),
    ] {
        check(
            &format!("Mar  1 10:00:00 h sshd[7]: {text}"),
            row!["class_uid" => 3002, "user/name" => name, "src_endpoint/ip" => address],
        );
    }
    check(
        "Mar  1 10:00:00 h sudo:    alice : TTY=pts/0 ; PWD=/tmp/a ; USER=root ; b ; USER=bob ; COMMAND=/bin/echo COMMAND=/bin/sh",
        row!["actor/user/name" => "alice", "process/cmd_line" => "/bin/echo COMMAND=/bin/sh"],
    );
    check(
        "2026-03-01 10:00:00 SMTP protocol error in \"AUTH x\" H=(a) [198.51.100.1]\" H=(b) [203.0.113.9] AUTH command used when not advertised",
        row!["src_endpoint/ip" => "203.0.113.9", "metadata/log_source" => "exim"],
    );
    check(
        "2026-03-01 10:00:00 [7] no MAIL in SMTP connection from h.example (SERVER) [203.0.113.9]:1418 I=[192.0.2.6]:25 D=3s",
        row!["src_endpoint/ip" => "203.0.113.9", "src_endpoint/port" => 1418, "metadata/log_source" => "exim"],
    );
}

#[test]
fn exchange_and_vmware_as_text() {
    check(
        "2026-03-01T10:00:00.123Z,203.0.113.9,mx.example.org,192.0.2.6,EX1,08DE;2026-03-01T10:00:00Z;0,EX1\\Default,SMTP,RECEIVE,4711,<a@example.org>,1b2c,rahim@mof.gov.bd,,2048,1,,,\"Bill, please\",x@example.org,x@example.org,0cI:,Incoming,,203.0.113.9,192.0.2.6,S:a=b,Email,77,15.02.1118",
        row![
            "class_uid" => 4009, "email/from" => "x@example.org", "email/to" => ["rahim@mof.gov.bd"],
            "email/subject" => "Bill, please", "src_endpoint/ip" => "203.0.113.9", "dst_endpoint/ip" => "192.0.2.6",
            "metadata/event_code" => "RECEIVE", "metadata/log_source" => "exchange",
            "time" => 1_772_359_200_123_i64,
        ],
    );
    check(
        "2026-03-01T10:00:00.123Z info hostd[2099] [Originator@6876 sub=Vimsvc.ha-eventmgr opID=1] Event 7 : User root@203.0.113.9 logged in as pyvmomi",
        row![
            "class_uid" => 3002, "user/name" => "root", "src_endpoint/ip" => "203.0.113.9",
            "status" => "Success", "metadata/log_source" => "vmware",
        ],
    );
    check(
        "2026-03-01T10:00:00.123Z esx1 vobd[7]: [UserLevelCorrelator] 9us: [esx.audit.account.locked] Remote access for ESXi local user account 'root' has been locked for 900 seconds after 5 failed login attempts.",
        row!["class_uid" => 3001, "activity_id" => 9, "user/name" => "root", "device/hostname" => "esx1"],
    );
    check(
        "2026-03-01T10:00:00Z esx1 shell[7]: [root]: esxcli system account add -i x",
        row![
            "class_uid" => 1007, "actor/user/name" => "root", "metadata/log_source" => "vmware",
            "process/cmd_line" => "esxcli system account add -i x",
        ],
    );
}

#[test]
fn devices_that_name_themselves_in_their_own_way() {
    check(
        "<134>Mar  1 10:00:00 SYSMGR[7]: %Viptela-vedge-7-sysmgrd-6-INFO-1400002: Notification: 3/1/2026 10:00:00 system-login-change severity-level:minor host-name:\"vedge-7\" system-ip:192.0.2.3 user-name:\"rahim\" user-id:22",
        row![
            "device/hostname" => "vedge-7", "device/ip" => "192.0.2.3", "user/name" => "rahim",
            "metadata/event_code" => "system-login-change", "severity_id" => 1,
        ],
    );
    check(
        "<134>fw1: NetScreen device_id=fw1 [Root]system-notification-00257(traffic): action=Deny src=203.0.113.9 dst=192.0.2.3",
        row!["device/hostname" => "fw1", "src_endpoint/ip" => "203.0.113.9", "activity_id" => 5],
    );
    check(
        "2026:03:01-10:00:00 utm1 reverseproxy: [security2:error] [pid 7:tid 9] [client 203.0.113.9] x",
        row![
            "device/hostname" => "utm1", "metadata/log_source" => "sophos", "actor/process/pid" => 7,
            "metadata/event_code" => "reverseproxy",
        ],
    );
}
