//! Postfix, Dovecot, Exim, Sendmail.

use crate::{check, row};

#[test]
fn postfix() {
    check(
        "Mar  1 10:00:00 mx1 postfix/smtp[7]: 4F1A2B3C4D: to=<bob@example.org>, orig_to=<all@example.org>, relay=mx.example.org[203.0.113.9]:25, delay=1, dsn=2.0.0, status=sent (250 2.0.0 Ok, queued as 1)",
        row![
            "class_uid" => 4009, "activity_id" => 1, "status" => "Success", "email/to/0" => "bob@example.org",
            "dst_endpoint/ip" => "203.0.113.9", "dst_endpoint/hostname" => "mx.example.org", "email/uid" => "4F1A2B3C4D",
            "status_detail" => "250 2.0.0 Ok, queued as 1", "metadata/log_source" => "postfix",
        ],
    );
    check(
        "Mar  1 10:00:00 mx1 postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 5.1.1 <no@example.org>: Recipient address rejected: User unknown; from=<eve@evil.example> to=<no@example.org> proto=ESMTP helo=<[192.0.2.1]>",
        row![
            "class_uid" => 4009, "status" => "Failure", "src_endpoint/ip" => "203.0.113.9", "email/from" => "eve@evil.example",
            "smtp_hello" => "[192.0.2.1]", "action" => "reject", "status_code" => "550",
        ],
    );
    check(
        "Mar  1 10:00:00 mx1 postfix/submission/smtpd[7]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: UGFz, sasl_username=eve@example.org",
        row![
            "class_uid" => 3002, "status" => "Failure", "user/name" => "eve@example.org", "src_endpoint/ip" => "203.0.113.9",
            "auth_protocol" => "LOGIN",
        ],
    );
    check(
        "Mar  1 10:00:00 mx1 postfix/smtpd[7]: lost connection after AUTH from unknown[203.0.113.9]",
        row!["class_uid" => 4001, "activity_id" => 3, "src_endpoint/ip" => "203.0.113.9"],
    );
}

#[test]
fn dovecot() {
    check(
        "Mar  1 10:00:00 mx1 dovecot: imap-login: Login: user=<eve>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, mpid=7, TLS, session=<abc>",
        row![
            "class_uid" => 3002, "status" => "Success", "user/name" => "eve", "src_endpoint/ip" => "203.0.113.9",
            "dst_endpoint/ip" => "192.0.2.1", "metadata/log_source" => "dovecot",
        ],
    );
    // A name that looks like the rest of the line.
    check(
        "Mar  1 10:00:00 mx1 dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<x, rip=192.0.2.66, y>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1",
        row!["status" => "Failure", "user/name" => "x, rip=192.0.2.66, y", "src_endpoint/ip" => "203.0.113.9"],
    );
    check(
        "Mar  1 10:00:00 mx1 dovecot: auth-worker(9): sql(eve,203.0.113.9,<abc>): Password mismatch",
        row!["class_uid" => 3002, "status" => "Failure", "user/name" => "eve", "src_endpoint/ip" => "203.0.113.9"],
    );
}

#[test]
fn exim_and_sendmail() {
    check(
        "2026-03-01 10:00:00 1wEqLk-000001-AB <= eve@evil.example H=host.example (helo) [203.0.113.9]:4000 P=esmtpsa A=plain:eve S=1234 id=m1@evil.example T=\"hi \\\"x\\\"\" for bob@example.org amy@example.org",
        row![
            "class_uid" => 4009, "activity_id" => 2, "email/from" => "eve@evil.example", "email/to/1" => "amy@example.org",
            "src_endpoint/ip" => "203.0.113.9", "src_endpoint/port" => 4000, "smtp_hello" => "helo",
            "email/message_uid" => "m1@evil.example", "email/size" => 1234, "actor/user/name" => "eve",
        ],
    );
    check(
        "2026-03-01 10:00:00 login authenticator failed for ([192.0.2.66]) [203.0.113.9]:4000 I=[192.0.2.1]:25: 535 Incorrect authentication data (set_id=eve)",
        row!["class_uid" => 3002, "status" => "Failure", "user/name" => "eve", "src_endpoint/ip" => "203.0.113.9"],
    );
    check(
        "Mar  1 10:00:00 mx1 sendmail[7]: u21A0x000007: from=<eve@evil.example>, size=99, class=0, nrcpts=1, msgid=<m1@x>, proto=ESMTP, daemon=MTA, relay=host.example [203.0.113.9]",
        row![
            "class_uid" => 4009, "email/from" => "eve@evil.example", "src_endpoint/ip" => "203.0.113.9", "email/size" => 99,
            "email/message_uid" => "m1@x",
        ],
    );
    check(
        "Mar  1 10:00:00 mx1 sm-mta[7]: u21A0x000007: host.example [203.0.113.9] (may be forged): possible SMTP attack: command=AUTH, count=5",
        row!["src_endpoint/ip" => "203.0.113.9"],
    );
}
