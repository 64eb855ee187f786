//! Tests of the syslog headers, row by row.

use super::*;
use crate::Zone;
use bumpalo::Bump;

fn read_all(text: &str) -> [Option<String>; 5] {
    let arena = Bump::new();
    let cx = Cx {
        arena: &arena,
        arrival_ms: 1_767_312_000_000,
        zone: &Zone::UTC,
        hint: None,
        stream: 0,
        custom: None,
    };
    let header = read(text, &cx);
    let own = |text: Option<&str>| text.map(str::to_owned);
    [
        header.stamp.map(|(_, text)| text.to_owned()),
        own(header.host),
        own(header.program),
        own(header.pid),
        Some(header.body.to_owned()),
    ]
}

#[test]
fn headers() {
    let rows: &[(&str, [&str; 5])] = &[
        ("Mar  1 10:00:00 h sshd[7]: x y", ["Mar  1 10:00:00", "h", "sshd", "7", "x y"]),
        ("<13>Mar  1 10:00:00 h app: x", ["Mar  1 10:00:00", "h", "app", "", "x"]),
        (
            "<13> Mar  1 10:00:00 h /usr/sbin/cron[1]: x",
            ["Mar  1 10:00:00", "h", "/usr/sbin/cron", "1", "x"],
        ),
        ("<13>Mar  1 10:00:00 cron[1]: x", ["Mar  1 10:00:00", "", "cron", "1", "x"]),
        ("2026-03-01T10:00:00+06:00 h app: x", ["2026-03-01T10:00:00+06:00", "h", "app", "", "x"]),
        (
            "<34>1 2026-03-01T10:00:00Z h app 12 ID47 - hi",
            ["2026-03-01T10:00:00Z", "h", "app", "12", "hi"],
        ),
        ("<34>1 - - - - - -", ["", "", "", "", ""]),
        ("<34>1 - h a - - [x@1 a=\"]\\\"\"][y@1] \u{feff}m", ["", "h", "a", "", "m"]),
        ("Mar  1 10:00:00 fw : %ASA-6-1: x", ["Mar  1 10:00:00", "fw", "", "", "%ASA-6-1: x"]),
        ("Mar  1 10:00:00 fw: %ASA-6-1: x", ["Mar  1 10:00:00", "fw", "", "", "%ASA-6-1: x"]),
        ("Mar  1 2026 10:00:00: %ASA-6-1: x", ["Mar  1 2026 10:00:00", "", "", "", "%ASA-6-1: x"]),
        (
            "<189>123: *Mar  1 10:00:00.1: %SYS-5-X: y",
            ["Mar  1 10:00:00.1", "", "", "", "%SYS-5-X: y"],
        ),
        ("srv sshd[31602]: Failed password", ["", "srv", "sshd", "31602", "Failed password"]),
        ("sshd[1]: x", ["", "", "sshd", "1", "x"]),
        ("Mar  1 10:00:00 h sshd(pam_unix)[9]: x", ["Mar  1 10:00:00", "h", "sshd", "9", "x"]),
        (
            "Mar  1 10:00:00 relay <14>Mar  1 10:00:01 h app: x",
            ["Mar  1 10:00:01", "h", "app", "", "x"],
        ),
        ("just some text", ["", "", "", "", "just some text"]),
        ("<999>x", ["", "", "", "", "<999>x"]),
    ];
    for (text, expected) in rows {
        let found = read_all(text);
        let found: Vec<&str> = found.iter().map(|f| f.as_deref().unwrap_or("")).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn priorities() {
    for (text, expected) in [
        ("<0>x", Some((0, "x"))),
        ("<191>x", Some((191, "x"))),
        ("<192>x", None),
        ("<>x", None),
        ("<1x", None),
        ("<-1>x", None),
    ] {
        assert_eq!(priority(text), expected);
    }
}
