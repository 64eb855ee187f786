//! Texts, trees and texts again; errors with place and mend; words.

use super::*;
use crate::{Language, Problem, Query, Range, explain};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_tree_is_printed_as_a_text_that_is_read_as_the_tree(expr in expr()) {
        let shown = expr.to_string();
        let read = parse(&shown, tables()).map(|query| query.expr);
        // A name that looks like a slip is refused with its mend, printed or typed.
        if let Err(crate::Error { problem: Problem::Field { .. }, .. }) = read {
            return Ok(());
        }
        prop_assert_eq!(read, Ok(expr), "{}", shown);
    }

    #[test]
    fn any_text_is_a_search_or_an_error_within_it(text in r#"[a-z0-9 :=~<>()\[\]|,\\"*?/!-]{0,30}|\PC{0,30}"#) {
        match parse(&text, tables()) {
            Ok(query) => {
                let shown = query.to_string();
                prop_assert_eq!(parse(&shown, tables()), Ok(query), "{}", shown);
            }
            Err(error) => {
                prop_assert!(error.span.end <= text.chars().count() + 1, "{:?}", error);
                prop_assert!(error.span.start <= error.span.end, "{:?}", error);
            }
        }
    }
}

#[test]
fn texts_and_how_they_are_understood() {
    for (text, shown) in [
        ("", "*"),
        ("failed password", r#""failed" AND "password""#),
        (r#""session opened" -cron"#, r#""session opened" AND NOT "cron""#),
        ("a - b --x", r#""a" AND "-" AND "b" AND "--x""#),
        ("a or b and not c", r#""a" OR ("b" AND NOT "c")"#),
        ("(a Or b) AND c", r#"("a" OR "b") AND "c""#),
        ("user:root", "user:root"),
        ("user:Root host=Web-01", "user:root AND host=Web-01"),
        ("user!=root", "NOT user=root"),
        ("command~mimi", "process.cmd_line:*mimi*"),
        (r"Image:*\powershell.exe", r"Image:*\powershell.exe"),
        (r"Image:C:\Windows\*", r#"Image:"c:\\windows*""#),
        (r"Image:C:\Windows\\*", r"Image:c:\windows\\*"),
        (r#"Image:"C:\Windows\x y.exe""#, r#"Image:"c:\\windows\\x y.exe""#),
        ("url:http://x.test/a?b", "http_request.url.url_string:http://x.test/a?b"),
        ("http://x.test/a", r#""http://x.test/a""#),
        (r"C:\Windows", r#""C:\\Windows""#),
        ("fe80::1 2001:db8::1/64", r#""fe80::1" AND "2001:db8::1/64""#),
        ("aa:bb:cc:dd:ee:ff", r#""aa:bb:cc:dd:ee:ff""#),
        ("localhost:8080 web-01.gov.bd:443", r#""localhost:8080" AND "web-01.gov.bd:443""#),
        ("src_ip:2001:db8::1", r#"src_ip:"2001:db8::1""#),
        ("src_ip:cidr(10.0.0.0/8)", "src_ip:cidr(10.0.0.0/8)"),
        ("file:/etc/passwd", r#"file.path:"/etc/passwd""#),
        ("user:/^ad[mn]in/i", "user:/(?i)^ad[mn]in/"),
        ("user in (root, \"a b\")", r#"user:root OR user:"a b""#),
        ("user:(root OR admin)", "user:root OR user:admin"),
        ("dst_port:[20 to 22]", "dst_port>=20 AND dst_port<=22"),
        ("dst_port>1024", "dst_port>1024"),
        ("exists(user) missing(TargetUserName)", "exists(user) AND missing(TargetUserName)"),
        ("hour(UtcTime)>=22", "hour(UtcTime)>=22"),
        ("2 of (a, b, user:c)", r#"2 of ("a", "b", user:c)"#),
        ("time>=-24h time<now", "time>=-1d AND time<now"),
        ("time:[-24h to now]", "time>=-1d AND time<=now"),
        ("logsource(product=windows)", r#"logsource(product="windows")"#),
        ("any:*evil*", "any:*evil*"),
        ("fail* লগইন", r#"fail* AND "লগইন""#),
        (
            "a | count by host, user | sort -count | head 5",
            r#""a" | count by host, user | sort -count | head 5"#,
        ),
        ("| timechart span=5m count by source", "* | timechart span=300s by source"),
        ("a | table user, CommandLine", r#""a" | table user, CommandLine"#),
        ("a | distinct user by host", r#""a" | distinct user by host"#),
    ] {
        let query = parse(text, tables()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(query.to_string(), shown, "{text}");
        assert_eq!(parse(shown, tables()), Ok(query), "{shown}");
    }
}

#[test]
fn errors_say_where_and_how_to_mend() {
    for (text, span, message) in [
        (
            "a AND",
            5..5,
            "expected a word or a field, found \"\"; write one, or remove what comes before",
        ),
        ("(a or b", 0..1, "'(' is not closed; add ')'"),
        ("a)", 1..2, "')' closes nothing; remove it, or put it in quotation marks"),
        ("x \"abc", 2..6, "a quotation is not closed; add \""),
        (
            "hots:web",
            0..4,
            "there is no field \"hots\"; did you mean \"host\"? A source's own field is sigma.hots",
        ),
        (
            "a commandline:x",
            2..13,
            "there is no field \"commandline\"; did you mean \"CommandLine\"? A source's own field is sigma.commandline",
        ),
        (
            "src_ip:cidr(10.0.0/8)",
            7..21,
            "\"10.0.0/8\" is not a network; write it as 10.0.0.0/8 or 2001:db8::/32",
        ),
        (
            "user:/(/",
            5..8,
            "regular expression: unclosed group; write it without look-around, back-references and large counts",
        ),
        ("user:", 5..5, "expected a value, found \"\"; write one; the empty text is \"\""),
        ("dst_port>many", 9..13, "\"many\" is not a number; write it as 1024"),
        (
            "time>=yesterday",
            6..15,
            "\"yesterday\" is not a time; write it as -24h, now, 2026-11-25 or 2026-11-25T10:00+06:00",
        ),
        (
            "f(x)",
            0..1,
            "there is no function \"f\"; there are exists, missing, null, like, logsource, minute, hour, day, week, month, year",
        ),
        (
            "a | coutn by host",
            4..9,
            "there is no command \"coutn\"; there are count, distinct, timechart, table, sort, head",
        ),
        ("a | head 5 | count", 13..18, "count cannot come here; make it the first command"),
        (
            "a | count by host | sort user",
            20..29,
            "sort cannot come here; sort by count or by a field behind `by`",
        ),
        (
            "a | head many",
            9..13,
            "\"many\" is not a number of rows, 10000 at most; write it as head 10",
        ),
    ] {
        let error = parse(text, tables()).unwrap_err();
        assert_eq!(
            (error.span.clone(), error.problem.to_string().as_str()),
            (span, message),
            "{text}"
        );
    }
}

#[test]
fn limits_are_named() {
    let deep = "(".repeat(51) + "a" + &")".repeat(51);
    let many = "a ".repeat(501);
    let long = "a".repeat(32_769);
    let nots = "NOT ".repeat(60) + "a";
    for (text, what) in [
        (deep, "the nesting exceeds the limit of 50"),
        (many, "the number of tests exceeds the limit of 500"),
        (long, "the length of the search exceeds the limit of 32768"),
        (nots, "the number of NOT exceeds the limit of 50"),
    ] {
        let error = parse(&text, tables()).unwrap_err();
        assert!(error.problem.to_string().starts_with(what), "{error}");
    }
}

#[test]
fn a_search_has_a_range_or_is_told_so() {
    let range = |text: &str| parse(text, tables()).unwrap().range(1_000_000_000);
    let is = |from_ms, to_ms| Ok(Range { from_ms, to_ms });
    assert_eq!(range("a time>=-100s"), is(999_900_000, 1_000_000_000));
    assert_eq!(range("a time:[-100s to -50s]"), is(999_900_000, 999_950_001));
    assert_eq!(range("time>-100s time>=-50s time<now"), is(999_950_000, 1_000_000_000));
    for text in ["a", "a OR time>=-1h", "NOT time>=-1h", "time<now"] {
        assert_eq!(range(text).unwrap_err().problem, Problem::NoRange, "{text}");
    }
}

#[test]
fn the_agency_is_added_to_the_tree_and_no_text_takes_it_away() {
    let query = parse("a OR agency:moh", tables()).unwrap().scoped(vec!["mof".into()]);
    assert_eq!(query.to_string(), r#"agency in ("mof") AND ("a" OR agency:moh)"#);
    let Query { expr: Expr::All(parts), .. } = query else { panic!("a conjunction") };
    assert_eq!(parts[0], Expr::Leaf(Leaf::Agency(vec!["mof".into()])));
}

#[test]
fn searches_are_told_in_words() {
    for (text, english, bangla) in [
        (
            "user:root -cron src_ip:cidr(10.0.0.0/8) | count by host | sort -count",
            "Events where user is \"root\" and not (message or raw text has \"cron\") and source address is in the network 10.0.0.0/8; counted by host; sorted by count (greatest first)",
            "যেসব ইভেন্টে ব্যবহারকারী হলো \"root\" এবং (বার্তা বা মূল লগে \"cron\" আছে) নয় এবং উৎস ঠিকানা এই নেটওয়ার্কের ভেতরে: 10.0.0.0/8; গণনা (হোস্ট অনুযায়ী); সাজানো: count (বড় থেকে ছোট)",
        ),
        (
            "time>=-24h (dst_port>1024 OR exists(user))",
            "Events where the time is 1d before now or later and (destination port is more than 1024 or user is there)",
            "যেসব ইভেন্টে সময় এখন থেকে 1d আগে থেকে এবং (গন্তব্য পোর্ট এর চেয়ে বেশি: 1024 অথবা ব্যবহারকারী আছে)",
        ),
        ("", "All events", "সব ইভেন্ট"),
    ] {
        let query = parse(text, tables()).unwrap();
        assert_eq!(explain(&query, Language::English), english);
        assert_eq!(explain(&query, Language::Bangla), bangla);
    }
}
