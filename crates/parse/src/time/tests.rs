//! Tests of times: forms, zones, years, leap seconds.

use super::*;
use proptest::prelude::*;

/// 2026-01-02 00:00 UTC.
const ARRIVAL: i64 = 1_767_312_000_000;

fn ms(text: &str) -> Option<(i64, usize)> {
    let (civil, length) = scan(text)?;
    Some((resolve(&civil, &Zone::UTC, ARRIVAL).ms, length))
}

fn utc(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

#[test]
fn forms() {
    for (text, instant) in [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
        ("2026-03-01T10:00:00.123456+06:00", "2026-03-01T04:00:00.123Z"),
        ("2026-03-01 10:00:00,5 +0600", "2026-03-01T04:00:00.5Z"),
        ("2026/03/01 10:00:00", "2026-03-01T10:00:00Z"),
        ("2026-3-1 9:05:00", "2026-03-01T09:05:00Z"),
        ("2014:07:02-00:17:45", "2014-07-02T00:17:45Z"),
        ("2026 Mar  1 10:00:00", "2026-03-01T10:00:00Z"),
        ("01/Mar/2026:10:00:00 +0600", "2026-03-01T04:00:00Z"),
        ("1-Mar-2026 10:00:00.250", "2026-03-01T10:00:00.25Z"),
        ("Sun Mar 01 10:00:00.5 2026", "2026-03-01T10:00:00.5Z"),
        ("Sun, 01 Mar 2026 10:00:00 GMT", "2026-03-01T10:00:00Z"),
        ("Mar 01 2026 10:00:00", "2026-03-01T10:00:00Z"),
        ("Mar-01-26 10:00:00", "2026-03-01T10:00:00Z"),
        ("apr 15, 2013 8:34:08 PM", "2013-04-15T20:34:08Z"),
        ("07/11/2022-10:29:01.860293", "2022-07-11T10:29:01.86Z"),
        ("13/06/2013 15:50:41", "2013-06-13T15:50:41Z"),
        ("11-06-2013 02:09:40 +0300", "2013-06-10T23:09:40Z"),
        ("260301 10:00:00", "2026-03-01T10:00:00Z"),
        ("20260301 10:00:00", "2026-03-01T10:00:00Z"),
        // Leap second: the last instant before it.
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"),
        // Without a year: the one nearest to the arrival.
        ("Jan  1 10:00:00", "2026-01-01T10:00:00Z"),
        ("Dec 31 23:59:59", "2025-12-31T23:59:59Z"),
        ("Feb 29 00:00:00", "2024-02-29T00:00:00Z"),
    ] {
        assert_eq!(ms(text), Some((utc(instant), text.len())), "{text}");
    }
}

#[test]
fn not_a_time() {
    for text in [
        "",
        "Feb 30 10:00:00",
        "2026-13-01 10:00:00",
        "Mar 1 24:00:00",
        "May I",
        "2026",
        "12 monkeys",
        "1.2.3.4",
        "10:00:00",
        "Mon",
        "2026-02-29 10:00:00",
        "১২/০৩/২০২৬",
    ] {
        assert_eq!(ms(text), None, "{text}");
    }
}

#[test]
fn only_the_stamp_is_taken() {
    for (text, rest) in [
        ("Mar  1 10:00:00 2001:db8::1 x", " 2001:db8::1 x"),
        ("Mar  1 10:00:00 host app", " host app"),
        ("2026-03-01 10:00:00 -5 x", " -5 x"),
        ("2026-03-01 10:00:00 ESTABLISHED", " ESTABLISHED"),
        ("Mar  1 10:00:00 PMTU", " PMTU"),
    ] {
        let (_, length) = scan(text).unwrap();
        assert_eq!(&text[length..], rest);
    }
}

#[test]
fn epochs() {
    for (text, expected) in [
        ("1364481363.405:24287", Some((1_364_481_363_405, 14))),
        ("1364481363", Some((1_364_481_363_000, 10))),
        ("1364481363405", Some((1_364_481_363_405, 13))),
        ("1364481363405123456", Some((1_364_481_363_405, 19))),
        ("1364481363.x", Some((1_364_481_363_000, 10))),
        ("12345", None),
    ] {
        assert_eq!(scan_epoch(text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        let _ = (scan(&text), scan_epoch(&text));
    }

    #[test]
    fn years_come_back(ms in -62_000_000_000_000i64..253_000_000_000_000) {
        let stamp = jiff::Timestamp::from_millisecond(ms).unwrap();
        prop_assert_eq!(year_of(ms), i32::from(stamp.to_zoned(jiff::tz::TimeZone::UTC).year()));
    }

    #[test]
    fn iso_agrees_with_jiff(instant in 0i64..253_000_000_000_000) {
        let text = jiff::Timestamp::from_millisecond(instant).unwrap().to_string();
        prop_assert_eq!(ms(&text), Some((instant, text.len())));
    }
}

/// Of a header without a year: the text, and what stands behind it.
#[test]
fn years_told_by_the_record() {
    for (text, rest, instant) in [
        ("Mar 14 15:09:26", " fw1 app: 2023-03-14T15:09:25Z x", "2023-03-14T15:09:26Z"),
        ("Mar 14 15:09:26", " fw1 t=1678806565.5 x", "2023-03-14T15:09:26Z"),
        // At the turn of the year the two may differ by one.
        ("Dec 31 23:59:59", " fw1 app: 2023-01-01 01:00:00 x", "2022-12-31T23:59:59Z"),
        // Another time is another time, and a recent one needs no help.
        ("Mar 14 15:09:26", " fw1 app: since 2023-05-01 00:00:00", "2026-03-14T15:09:26Z"),
        ("May 28 10:00:00", " fw1 app: 2023-05-28 10:00:00 x", "2026-05-28T10:00:00Z"),
        ("Mar 14 15:09:26", " fw1 app: 192.168.1.1 2", "2026-03-14T15:09:26Z"),
    ] {
        let (civil, _) = scan(text).unwrap();
        let stamp = resolve_before(&civil, rest, &Zone::UTC, utc("2026-05-29T00:00:00Z"));
        assert_eq!(stamp.ms, utc(instant), "{text}{rest}");
        assert!(stamp.year_inferred);
    }
}

#[test]
fn changes_of_the_clock_are_labels() {
    let berlin = Zone::named("Europe/Berlin").unwrap();
    for (text, change, instant) in [
        ("2026-10-25 02:30:00", Change::Fold, "2026-10-25T00:30:00Z"),
        ("2026-10-25 02:30:00 +0100", Change::None, "2026-10-25T01:30:00Z"),
        ("2026-03-29 02:30:00", Change::Gap, "2026-03-29T01:30:00Z"),
        ("2026-10-25 03:00:00", Change::None, "2026-10-25T02:00:00Z"),
        // The year nearest to the arrival put its clocks back on the 26th.
        ("Oct 25 02:30:00", Change::None, "2025-10-25T00:30:00Z"),
        ("Oct 26 02:30:00", Change::Fold, "2025-10-26T00:30:00Z"),
    ] {
        let (civil, _) = scan(text).unwrap();
        let stamp = resolve(&civil, &berlin, ARRIVAL);
        assert_eq!((stamp.change, stamp.ms), (change, utc(instant)), "{text}");
    }
}
