//! The words of messages, in both languages.

use crate::message::{Alert, Condition, Found, Language, Trouble};
use jiff::{Timestamp, tz::TimeZone};

impl Language {
    /// One or the other.
    pub(crate) fn of<'a>(self, english: &'a str, bangla: &'a str) -> &'a str {
        match self {
            Self::En => english,
            // What has no Bangla is told as it is.
            Self::Bn if bangla.is_empty() => english,
            Self::Bn => bangla,
        }
    }
}

pub(crate) fn severity(language: Language, id: u8) -> &'static str {
    let (english, bangla) = match id {
        6 => ("Fatal", "মারাত্মক"),
        5 => ("Critical", "গুরুতর"),
        4 => ("High", "উচ্চ"),
        3 => ("Medium", "মাঝারি"),
        2 => ("Low", "নিম্ন"),
        _ => ("Info", "তথ্য"),
    };
    language.of(english, bangla)
}

/// `2026-11-27 05:41:16 +06:00`, as Dhaka's clocks show it.
pub(crate) fn moment(ms: i64) -> String {
    let zone = TimeZone::get("Asia/Dhaka").unwrap_or(TimeZone::UTC);
    Timestamp::from_millisecond(ms)
        .map(|at| at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S %:z").to_string())
        .unwrap_or_default()
}

/// `Critical: Security log cleared · MOF-DC-01 (mof)`
pub(crate) fn headline(language: Language, alert: &Alert) -> String {
    let (severity, title) = (severity(language, alert.severity_id), alert.title_in(language));
    match alert.host.as_str() {
        "" => format!("{severity}: {title} ({})", alert.agency),
        host => format!("{severity}: {title} · {host} ({})", alert.agency),
    }
}

pub(crate) fn many(language: Language, count: u64, highest: &Alert) -> String {
    let headline = headline(language, highest);
    match language {
        Language::En => format!("{count} alerts, first of all {headline}"),
        Language::Bn => format!("{count}টি সতর্কতা, সবার আগে {headline}"),
    }
}

pub(crate) fn test(language: Language) -> &'static str {
    language.of(
        "A test of this channel: alerts will arrive like this",
        "এই চ্যানেলের পরীক্ষা: সতর্কতা এভাবে আসবে",
    )
}

/// What is known of an alert beside its title, in one line.
pub(crate) fn facts(language: Language, alert: &Alert) -> String {
    let mut facts = vec![moment(alert.time)];
    for (english, bangla, value) in [
        ("host", "হোস্ট", &alert.host),
        ("user", "ব্যবহারকারী", &alert.user),
        ("from", "ঠিকানা", &alert.src_ip),
    ] {
        if !value.is_empty() {
            facts.push(format!("{} {value}", language.of(english, bangla)));
        }
    }
    if alert.event_count > 1 {
        facts.push(match language {
            Language::En => format!("{} events", alert.event_count),
            Language::Bn => format!("{}টি ইভেন্ট", alert.event_count),
        });
    }
    facts.join(" · ")
}

pub(crate) fn more(language: Language, count: u64) -> String {
    match language {
        Language::En => format!("All {count}, by rule:"),
        Language::Bn => format!("সব মিলিয়ে {count}টি, নিয়ম অনুসারে:"),
    }
}

/// What a search that runs by itself found, in one line.
pub(crate) fn found(language: Language, found: &Found) -> String {
    let (name, since) = (&found.name, moment(found.from_ms));
    match (language, found.events) {
        (Language::En, 1) => format!("Search \"{name}\" found 1 event since {since}"),
        (Language::En, events) => format!("Search \"{name}\" found {events} events since {since}"),
        (Language::Bn, events) => format!("“{name}” অনুসন্ধানে {since} থেকে {events}টি ইভেন্ট মিলেছে"),
    }
}

pub(crate) fn trouble(language: Language, trouble: &Trouble) -> String {
    let since = moment(trouble.since_ms);
    let (english, bangla) = match (&trouble.condition, trouble.over) {
        (Condition::Store, false) => (
            format!(
                "Prohori's store does not answer since {since}: events wait in Kafka, nothing can be searched"
            ),
            format!("প্রহরীর ভান্ডার {since} থেকে সাড়া দিচ্ছে না: ইভেন্ট কাফকায় জমছে, কিছু খোঁজা যাচ্ছে না"),
        ),
        (Condition::Store, true) => (
            format!("Prohori's store answers again; it did not since {since}"),
            format!("প্রহরীর ভান্ডার আবার সাড়া দিচ্ছে; {since} থেকে দেয়নি"),
        ),
        (Condition::Quiet, false) => (
            format!("Prohori is quiet: no event of any agency was stored since {since}"),
            format!("প্রহরী নীরব: {since} থেকে কোনো সংস্থার কোনো ইভেন্ট জমা হয়নি"),
        ),
        (Condition::Quiet, true) => (
            format!("Events are stored again; none were since {since}"),
            format!("আবার ইভেন্ট জমা হচ্ছে; {since} থেকে হয়নি"),
        ),
        (Condition::Collector { agency, host, .. }, false) => (
            format!("The collector on {host} ({agency}) is silent since {since}"),
            format!("{host} ({agency}) যন্ত্রের সংগ্রাহক {since} থেকে নীরব"),
        ),
        (Condition::Collector { agency, host, .. }, true) => (
            format!(
                "The collector on {host} ({agency}) is heard again; it was silent since {since}"
            ),
            format!("{host} ({agency}) যন্ত্রের সংগ্রাহক আবার শোনা যাচ্ছে; {since} থেকে নীরব ছিল"),
        ),
        (Condition::Flood { count }, _) => (
            format!("More than {count} alerts were stored at once at {since}; look at the queue"),
            format!("{since} সময়ে একসঙ্গে {count}টির বেশি সতর্কতা এসেছে; সারি দেখুন"),
        ),
    };
    match language {
        Language::En => english,
        Language::Bn => bangla,
    }
}
