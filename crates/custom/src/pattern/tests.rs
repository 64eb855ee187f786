//! What patterns take, and which are refused.

use super::*;
use proptest::prelude::*;
use run::Work;

fn taken(pattern: &str, text: &str) -> Option<String> {
    let pattern = Pattern::new(pattern).unwrap_or_else(|fault| panic!("{pattern}: {fault:?}"));
    let mut slots = vec![None; pattern.captures.len()];
    let fits = pattern.fits(text, &mut slots, &mut Work::new(1 << 20));
    let pairs = pattern.captures.iter().zip(&slots);
    let shown: Vec<String> =
        pairs.filter_map(|(named, value)| value.map(|v| format!("{}={v}", named.name))).collect();
    fits.then(|| shown.join("|"))
}

#[test]
fn what_captures_take() {
    let check = |pattern: &str, text: &str, expected: Option<&str>| {
        assert_eq!(taken(pattern, text).as_deref(), expected, "{pattern:?} on {text:?}");
    };
    check("user {name} in", "user a b in", Some("name=a b"));
    check("user {name} in", "user a b in x", None);
    check("user {name} in{_}", "user a in x in", Some("name=a"));
    check("user {name*} in{_}", "user a in x in", Some("name=a in x"));
    check("a  b {x}", "a \t b  c d", Some("x=c d"));
    check("{a:word} {b}", "x y z", Some("a=x|b=y z"));
    check("{a:word}={b}", "x y=z", None);
    check("{n:int} ms", "-12 ms", Some("n=-12"));
    check("{n:int}5", "12345", Some("n=1234"));
    check("{n:int} ms", "1x ms", None);
    check("{f:float}s", "1.25s", Some("f=1.25"));
    check("{h:hex}-{i:hex}", "0x1f-AB", Some("h=0x1f|i=AB"));
    check("{ip:ip}:{port:int}", "10.0.0.1:80", Some("ip=10.0.0.1|port=80"));
    check("{ip:ip}:{port:int}", "::ffff:10.0.0.1:80", Some("ip=::ffff:10.0.0.1|port=80"));
    check("[{ip:ip}]:{port:int}", "[2001:db8::1]:80", Some("ip=2001:db8::1|port=80"));
    check("{ip:ip}: x", "2001:db8::1: x", Some("ip=2001:db8::1"));
    check("{ip:ip} x", "300.0.0.1 x", None);
    check("{m:mac}.", "aa:bb:cc:dd:ee:ff.", Some("m=aa:bb:cc:dd:ee:ff"));
    check("{q:quoted} {r}", r#""a \" b" c"#, Some(r#"q=a \" b|r=c"#));
    check("{q:quoted}", r#""open"#, None);
    check("at {t:time}: {m}", "at 2026-03-01 10:00:00.5: x", Some("t=2026-03-01 10:00:00.5|m=x"));
    check("{t:time:%d.%m.%Y %H:%M} {m}", "01.03.2026 10:00 x", Some("t=01.03.2026 10:00|m=x"));
    check("a{? from {ip:ip}}{? port {p:int}}", "a", Some(""));
    check("a{? from {ip:ip}}{? port {p:int}}", "a port 7", Some("p=7"));
    check("a{? from {ip:ip}{? port {p:int}}} x", "a from 1.2.3.4 x", Some("ip=1.2.3.4"));
    check("a{? from {ip:ip}:{p:int}}{_}", "a from 1.2.3.4", Some(""));
    check("{{{x}}}", "{a}", Some("x=a"));
    check("{? [{id}]} {x}", "  y", Some("x=y"));
    check("<{x}> অ {y}", "<আ> অ ই", Some("x=আ|y=ই"));
    check("{x}ab", "aab", Some("x=a"));
    check("{x*}aa", "aaaa", Some("x=aa"));
    check("{x*}aa{_}", "baaac", Some("x=ba"));
    check("{x} {y}", "a   b", Some("x=a|y=b"));
    check("{x*} y", "a   y  y", Some("x=a   y"));
    check("{x}", "", Some("x="));
}

#[test]
fn refused_with_place_and_mend() {
    let check = |pattern: &str, code: &str, at: usize| {
        let fault = Pattern::new(pattern).expect_err(pattern);
        assert_eq!((fault.code, fault.at), (code, at), "{pattern}: {fault:?}");
        assert!(!fault.mend.is_empty());
    };
    check("", "pattern", 0);
    check("a {x", "pattern", 2);
    check("a } b", "pattern", 2);
    check("a {x}{y}", "pattern", 2);
    check("{x}{? y}", "pattern", 0);
    check("{? {x}}", "pattern", 3);
    check("{a b}", "pattern", 0);
    check("{x} {x}", "pattern", 4);
    check("{x:number}", "pattern", 0);
    check("{x*:int} y", "pattern", 0);
    check("{x*}", "pattern", 0);
    check("{x:time:%d}", "pattern", 0);
    check("{? a", "pattern", 4);
    check("x{?}", "never", 1);
    check(" a{x}", "never", 0);
    check("{x} ", "never", 3);
    check("{x:int}{y:int}", "never", 0);
    check(&"{_:int} ".repeat(40), "slow", 256);
    check("{? a{? b{? c{? d{? e}}}}}", "slow", 16);
    check(&"a".repeat(5000), "slow", 0);
}

#[test]
fn a_text_costs_no_more_than_steps_times_length() {
    const BYTES: usize = 1 << 20;
    let patterns = [
        "a{x} b{y} c{z}",
        "{a} {b} {c} {d} {e} {f}",
        "{a*} {b*} x",
        "{a*}aa{_}",
        "{a}ab{_}",
        "{? a{x} }{? {i:ip} }{_} end",
        "{a:word}={b:quoted}{_}",
        "{a:int}.{b:ip}:{c:hex}{_}",
    ];
    for pattern in patterns {
        let pattern = Pattern::new(pattern).unwrap();
        for trap in ["a", "a ", " ", "\t", "aa ", "\"", "\\\"", "1.", ":", "=", "অ", "ab", "x"] {
            let text = trap.repeat(BYTES / trap.len());
            let mut slots = vec![None; pattern.captures.len()];
            let mut work = Work::new(usize::MAX);
            pattern.fits(&text, &mut slots, &mut work);
            let spent = usize::MAX - work.bytes();
            assert!(spent < 8 * STEPS_MAX * BYTES, "{trap:?}: {spent}");
            // In truth far less: a pattern's own steps, not the most that there may be.
            assert!(spent <= 14 * (BYTES + 16), "{:?} on {trap:?}: {spent}", pattern.shape());
        }
    }
}

proptest! {
    #[test]
    fn any_pattern_on_any_text(
        pattern in r"[ab :=\[\]]{0,4}(\{[xyz_]\*?(:(int|word|ip|quoted|time))?\}[ab :]{0,3}){0,3}",
        text in "[ab1 :=\"\\[\\]\\.]{0,60}",
    ) {
        if let Ok(pattern) = Pattern::new(&pattern) {
            let mut slots = vec![None; pattern.captures.len()];
            pattern.fits(&text, &mut slots, &mut Work::new(1 << 20));
        }
    }
}
