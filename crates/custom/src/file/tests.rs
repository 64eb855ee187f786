//! What is told of files that are not as they should be.

use crate::{Severity, read};

/// A parser with `body` for what follows its name, version and `when`.
fn told(body: &str) -> Vec<String> {
    let text = format!("name: a\nversion: 1\nwhen: {{program: gated}}\n{body}");
    let read = read(&[("p.yml".to_owned(), text)]);
    let good = read.problems.iter().all(|p| p.severity == Severity::Warning);
    assert_eq!(read.set.parsers().len(), usize::from(good), "{:?}", read.problems);
    read.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn told_with_line_column_and_mend() {
    let check = |body: &str, expected: &str| {
        let told = told(body);
        assert!(told.iter().any(|line| line.contains(expected)), "{body}\n{told:#?}");
        assert!(told.iter().all(|line| line.contains(';')), "{told:#?}");
    };
    check("pattern: 'a {b'\n", "p.yml:4:13: error [pattern]: `{` is not closed; add `}`");
    check(
        "pattern: 'x'\nfoo: 1\n",
        "5:1: error [unknown-key]: unknown key \"foo\"; known are name",
    );
    check(
        "pattern: '{u}'\nfields: {u: user.nam}\n",
        "5:13: error [unknown-path]: \"user.nam\" is no attribute that we emit; near are user.",
    );
    check(
        "pattern: '{u:ip}'\nfields: {u: src_endpoint.port}\nset: {class: 4001}\n",
        "5:13: error [wrong-type]: src_endpoint.port is a whole number, and \"u\" makes ip",
    );
    check(
        "pattern: '{u}'\nset: {class: DNS Activity}\nfields: {u: file.path}\n",
        "6:13: error [class-attribute]: DNS Activity (4003) has no \"file.path\"",
    );
    check(
        "pattern: '{u}'\nset: {class: Authentification}\nfields: {u: unmapped}\n",
        "5:14: error [unknown-class]: unknown class \"Authentification\"; known are Base Event",
    );
    check(
        "pattern: 'x'\nset: {class: Authentication, activity: Logout}\n",
        "5:40: error [unknown-value]: \"Logout\" is no activity of Authentication; known are Unknown, Logon",
    );
    check(
        "pattern: 'x'\nset: {class: Authentication}\n",
        "5:6: warning [required]: Authentication requires \"user\", which nothing sets",
    );
    check(
        "pattern: 'x'\nset: {status_id: high}\n",
        "5:18: error [unknown-value]: \"high\" is no whole number; status_id is one",
    );
    check(
        "pattern: '{u} {v}'\nfields: {u: user.name}\n",
        "4:15: warning [unused-capture]: nothing uses the capture \"v\"; add `v: unmapped`",
    );
    check(
        "pattern: '{u}'\nfields: {u: user.name, w: message}\n",
        "5:24: error [unknown-capture]: nothing is captured as \"w\"; there are u",
    );
    check(
        "forms:\n  - pattern: '{u}'\n  - pattern: 'x {u}'\nfields: {u: user.name}\n",
        "6:5: error [never]: no line comes to this form",
    );
    check(
        "forms:\n  - pattern: 'x {u:int}'\n    if: {u: [a]}\n",
        "6:10: error [never]: \"u\" is a number, and none is asked for",
    );
    check("pattern: 'x'\npairs: {}\n", "5:1: error [shape]: a second way to read a line");
    check("title: x\n", "1:1: error [shape]: nothing says how to read a line");
    check(
        "pattern: '{t:time}'\nfields: {t: {to: time, zone: Dhaka}}\n",
        "5:30: error [zone]: unknown time zone \"Dhaka\"",
    );
    check(
        "pattern: '{s}'\nfields: {s: severity}\n",
        "5:13: error [wrong-type]: no value of \"s\" is mapped; add `map",
    );
    check("columns: {names: [], separator: ','}\n", "4:10: error [columns]");
    check("pairs: {separator: '||'}\n", "4:20: error [separator]");
    assert_eq!(told("pattern: 'x {u}'\nfields: {u: user.name}\n"), [""; 0]);
}

#[test]
fn lines_must_be_told_from_others() {
    let check = |when: &str, expected: &str| {
        let text = format!("name: a\nversion: 1\nwhen: {when}\npattern: 'abc {{_}}'\n");
        let read = read(&[("p.yml".to_owned(), text)]);
        let told: Vec<String> = read.problems.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|line| line.contains(expected)), "{when}: {told:#?}");
    };
    check("{}", "3:7: error [slow]: nothing tells its lines from others");
    check("{contains: 'a='}", "3:18: error [slow]: \"a=\" stands in too many lines");
    check(
        "{begins: 'xyzw'}",
        "3:7: error [never]: a pattern begins with \"abc\", and no line does",
    );
    check("{begin: 'xyzw'}", "3:8: error [unknown-key]: unknown key \"begin\"; known are hint");
    for (text, expected) in [
        ("", "1:1: error [yaml]: the file is empty"),
        ("a: 1\n---\nb: 2\n", "3:1: error [yaml]: a second document"),
        ("a: [", "error [yaml]: "),
        ("version: 1\n", "1:1: error [name]: the parser has no name"),
        ("name: A b\nversion: 1\n", "1:7: error [name]: \"A b\" is no name"),
        ("name: a\n", "1:1: error [version]: no version"),
    ] {
        let read = read(&[("p.yml".to_owned(), text.to_owned())]);
        assert!(read.problems[0].to_string().contains(expected), "{:?}", read.problems);
    }
}
