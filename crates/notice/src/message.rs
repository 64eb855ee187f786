//! What is said, and how it is written for each way out.

use crate::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Alerts of a message that are told in full, the highest ones.
const TOLD_MAX: usize = 20;
/// Rules of a message that are counted, those with most alerts.
const RULES_MAX: usize = 10;
/// Parts of a long SMS: three, with a header each.
const SMS_GSM_MAX: usize = 3 * 153;
const SMS_UCS2_MAX: usize = 3 * 67;
/// The same where one part is enough.
const SMS_GSM_ONE: usize = 160;
const SMS_UCS2_ONE: usize = 70;

/// The language in which a channel is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Bangla.
    Bn,
    /// English.
    En,
}

/// An alert, as much of it as leaves the house: no log, no evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub agency: String,
    /// The rule.
    pub rule_id: String,
    /// The rule's title.
    pub title: String,
    /// The same in Bangla; empty where it has none.
    pub title_bn: String,
    /// OCSF severity, 1 to 6.
    pub severity_id: u8,
    /// Where; empty where that is not known.
    pub host: String,
    /// Who; empty where that is not known.
    pub user: String,
    /// From where; empty where that is not known.
    pub src_ip: String,
    /// When, in ms.
    pub time: i64,
    /// Events that it stands for.
    pub event_count: u32,
}

impl Alert {
    pub(crate) fn title_in(&self, language: Language) -> &str {
        language.of(&self.title, &self.title_bn)
    }
}

/// What may be wrong with the platform itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "condition", rename_all = "snake_case")]
pub enum Condition {
    /// ClickHouse does not answer.
    Store,
    /// No event of any agency is stored.
    Quiet,
    /// A collector is not heard.
    Collector {
        /// Whose it is.
        agency: String,
        /// Its identity.
        id: String,
        /// What its host calls itself, or the identity.
        host: String,
    },
    /// Too many alerts at once to tell each.
    Flood {
        /// More than so many.
        count: u64,
    },
}

/// Something that is wrong since a moment, or over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What.
    #[serde(flatten)]
    pub condition: Condition,
    /// Whether it is over.
    pub over: bool,
    /// Since when it is, or was.
    pub since_ms: i64,
}

/// What a search that runs by itself found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What its owner calls the search.
    pub name: String,
    /// How many events.
    pub events: u64,
    /// Stored from then on, in ms.
    pub from_ms: i64,
    /// Stored before, in ms.
    pub to_ms: i64,
    /// Where the dashboard shows them, below its own address.
    pub path: String,
}

/// One thing to be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An alert.
    Alert(Alert),
    /// Of the platform itself.
    Trouble(Trouble),
    /// Of a search.
    Search(Found),
    /// Nothing: somebody tries the channel.
    Test,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct RuleCount {
    rule_id: String,
    title: String,
    title_bn: String,
    alerts: u64,
}

/// A message to one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Tells a message that comes twice: a crash may send one again.
    pub id: String,
    language: Language,
    made_ms: i64,
    /// The highest alerts.
    alerts: Vec<Alert>,
    /// How many there are in all.
    count: u64,
    rules: Vec<RuleCount>,
    troubles: Vec<Trouble>,
    #[serde(default)]
    searches: Vec<Found>,
}

impl Message {
    /// Folds what is to be said into one message.
    pub fn of(id: String, language: Language, made_ms: i64, subjects: Vec<Subject>) -> Self {
        let (mut alerts, mut troubles, mut searches) = (Vec::new(), Vec::new(), Vec::new());
        for subject in subjects {
            match subject {
                Subject::Alert(alert) => alerts.push(alert),
                Subject::Trouble(trouble) => troubles.push(trouble),
                Subject::Search(found) => searches.push(found),
                Subject::Test => {}
            }
        }
        let mut rules: HashMap<&str, RuleCount> = HashMap::new();
        for alert in &alerts {
            let count = rules.entry(&alert.rule_id).or_insert_with(|| RuleCount {
                rule_id: alert.rule_id.clone(),
                title: alert.title.clone(),
                title_bn: alert.title_bn.clone(),
                alerts: 0,
            });
            count.alerts += 1;
        }
        let mut rules: Vec<RuleCount> = rules.into_values().collect();
        rules.sort_by(|a, b| b.alerts.cmp(&a.alerts).then_with(|| a.rule_id.cmp(&b.rule_id)));
        rules.truncate(RULES_MAX);
        let count = alerts.len() as u64;
        alerts.sort_by(|a, b| b.severity_id.cmp(&a.severity_id).then(a.time.cmp(&b.time)));
        alerts.truncate(TOLD_MAX);
        troubles.truncate(TOLD_MAX);
        searches.truncate(TOLD_MAX);
        Self { id, language, made_ms, alerts, count, rules, troubles, searches }
    }

    /// What it is about, in one line.
    pub fn headline(&self) -> String {
        match (self.troubles.first(), self.alerts.first()) {
            // That the platform fails matters more than what it still sees.
            (Some(trouble), _) => words::trouble(self.language, trouble),
            (None, Some(alert)) if self.count == 1 => words::headline(self.language, alert),
            (None, Some(alert)) => words::many(self.language, self.count, alert),
            (None, None) => match self.searches.first() {
                Some(found) => words::found(self.language, found),
                None => words::test(self.language).to_owned(),
            },
        }
    }

    /// All of it, as text; `base` is where the dashboard is reached.
    pub fn text(&self, base: &str) -> String {
        let mut text = self.headline() + "\n";
        for trouble in &self.troubles {
            let _ = write!(text, "\n{}\n", words::trouble(self.language, trouble));
        }
        for found in &self.searches {
            let _ =
                write!(text, "\n{}\n{base}{}\n", words::found(self.language, found), found.path);
        }
        for alert in &self.alerts {
            let severity = words::severity(self.language, alert.severity_id);
            let (title, facts) =
                (alert.title_in(self.language), words::facts(self.language, alert));
            let _ = write!(text, "\n{severity}: {title}\n{facts}\n{}\n", link(base, alert));
        }
        if self.count > self.alerts.len() as u64 {
            let _ = write!(text, "\n{}\n", words::more(self.language, self.count));
            for rule in &self.rules {
                let title = self.language.of(&rule.title, &rule.title_bn);
                let _ = writeln!(text, "{} × {title}", rule.alerts);
            }
            let _ = writeln!(text, "{base}/alerts");
        }
        text
    }

    /// As much as fits into three parts of an SMS.
    pub fn short(&self) -> String {
        // One sign that GSM's alphabet lacks halves what fits.
        let text = self.headline().replace(" · ", ", ");
        if text.is_ascii() {
            return cut(&text, |text| text.len(), SMS_GSM_ONE, SMS_GSM_MAX);
        }
        cut(&text, |text| text.encode_utf16().count(), SMS_UCS2_ONE, SMS_UCS2_MAX)
    }

    /// As programs read it.
    pub fn json(&self, base: &str) -> Value {
        let alerts = self.alerts.iter().map(|alert| {
            let mut value = json!(alert);
            value["url"] = link(base, alert).into();
            value
        });
        let kind = match (self.troubles.is_empty(), self.alerts.is_empty()) {
            (false, _) => "platform",
            (true, false) => "alerts",
            (true, true) if !self.searches.is_empty() => "searches",
            (true, true) => "test",
        };
        json!({
            "id": self.id,
            "kind": kind,
            "made": self.made_ms,
            "text": self.headline(),
            "count": self.count,
            "alerts": alerts.collect::<Vec<_>>(),
            "rules": self.rules,
            "platform": self.troubles,
            "searches": self.searches,
        })
    }
}

fn link(base: &str, alert: &Alert) -> String {
    format!("{base}/alerts/{}", alert.id)
}

/// The text if it is at most `most` long, else its first words; where one part is enough it is kept
/// whole.
fn cut(text: &str, length: impl Fn(&str) -> usize, one: usize, most: usize) -> String {
    if length(text) <= one.max(most) {
        return text.to_owned();
    }
    let mut kept = String::new();
    for word in text.split_inclusive(' ') {
        if length(&kept) + length(word) + 3 > most {
            break;
        }
        kept.push_str(word);
    }
    kept.trim_end().to_owned() + "..."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(number: i64, severity_id: u8, rule: &str) -> Subject {
        Subject::Alert(Alert {
            id: format!("a{number}"),
            agency: "mof".into(),
            rule_id: rule.into(),
            title: format!("Rule {rule}"),
            title_bn: if rule == "r1" { "নিয়ম এক".into() } else { String::new() },
            severity_id,
            host: "MOF-DC-01".into(),
            user: "svc_backup".into(),
            src_ip: String::new(),
            time: 1_795_736_476_183 + number,
            event_count: 2,
        })
    }

    fn message(language: Language, subjects: Vec<Subject>) -> Message {
        Message::of("m-1".into(), language, 7, subjects)
    }

    #[test]
    fn one_alert_is_told_whole_in_both_languages() {
        let english = message(Language::En, vec![alert(0, 5, "r1")]);
        assert_eq!(english.headline(), "Critical: Rule r1 · MOF-DC-01 (mof)");
        let expected = "Critical: Rule r1 · MOF-DC-01 (mof)\n\nCritical: Rule r1\n2026-11-27 05:41:16 +06:00 · \
             host MOF-DC-01 · user svc_backup · 2 events\nhttps://soc/alerts/a0\n";
        assert_eq!(english.text("https://soc"), expected);
        let bangla = message(Language::Bn, vec![alert(0, 5, "r1")]);
        assert_eq!(bangla.headline(), "গুরুতর: নিয়ম এক · MOF-DC-01 (mof)");
        // A rule without a Bangla title keeps its own.
        let other = message(Language::Bn, vec![alert(0, 4, "r2")]);
        assert_eq!(other.headline(), "উচ্চ: Rule r2 · MOF-DC-01 (mof)");
    }

    #[test]
    fn many_are_counted_and_the_highest_stand_first() {
        let mut subjects: Vec<_> = (0..40).map(|n| alert(n, 2, "r2")).collect();
        subjects.extend((40..45).map(|n| alert(n, 5, "r1")));
        let folded = message(Language::En, subjects);
        assert_eq!(
            folded.headline(),
            "45 alerts, first of all Critical: Rule r1 · MOF-DC-01 (mof)"
        );
        let text = folded.text("https://soc");
        assert!(
            text.ends_with("All 45, by rule:\n40 × Rule r2\n5 × Rule r1\nhttps://soc/alerts\n")
        );
        let json = folded.json("https://soc");
        assert_eq!(
            (&json["count"], json["alerts"].as_array().unwrap().len()),
            (&json!(45), TOLD_MAX)
        );
        assert_eq!(json["alerts"][0]["url"], "https://soc/alerts/a40");
        assert_eq!(json["rules"][0]["alerts"], 40);
    }

    #[test]
    fn what_is_kept_is_what_was_made() {
        let trouble = Trouble { condition: Condition::Quiet, over: false, since_ms: 5 };
        let made = message(Language::Bn, vec![alert(0, 3, "r1"), Subject::Trouble(trouble)]);
        let kept: Message = serde_json::from_str(&serde_json::to_string(&made).unwrap()).unwrap();
        assert_eq!(kept, made);
        assert_eq!(
            (&made.json("")["kind"], &made.json("")["platform"][0]["condition"]),
            (&json!("platform"), &json!("quiet"))
        );
    }

    #[test]
    fn what_a_search_found_is_told_with_where_to_look() {
        let found = Found {
            name: "Root at night".into(),
            events: 7,
            from_ms: 1_795_736_476_183,
            to_ms: 1_795_737_376_183,
            path: "/search?q=user%3Aroot".into(),
        };
        let told = message(Language::En, vec![Subject::Search(found.clone())]);
        let headline = "Search \"Root at night\" found 7 events since 2026-11-27 05:41:16 +06:00";
        assert_eq!(told.headline(), headline);
        assert!(told.text("https://soc").ends_with("\nhttps://soc/search?q=user%3Aroot\n"));
        assert_eq!(told.json("")["kind"], "searches");
        let bangla = message(Language::Bn, vec![Subject::Search(found), alert(0, 5, "r1")]);
        assert!(bangla.headline().starts_with("গুরুতর"), "an alert matters more");
        assert!(bangla.text("").contains("অনুসন্ধানে"), "{}", bangla.text(""));
        // What an earlier version kept has none.
        let mut old: Value = serde_json::to_value(&told).unwrap();
        old.as_object_mut().unwrap().remove("searches");
        assert!(serde_json::from_value::<Message>(old).unwrap().searches.is_empty());
    }

    #[test]
    fn a_short_message_fits_three_parts() {
        let long = |title: &str, title_bn: &str| {
            let Subject::Alert(mut alert) = alert(0, 5, "r1") else { unreachable!() };
            (alert.title, alert.title_bn) = (title.repeat(100), title_bn.repeat(100));
            Subject::Alert(alert)
        };
        let english = message(Language::En, vec![long("word ", "")]).short();
        assert!(english.is_ascii() && english.ends_with("word..."), "{english}");
        assert!((SMS_GSM_MAX - 10..=SMS_GSM_MAX).contains(&english.len()), "{}", english.len());
        let bangla = message(Language::Bn, vec![long("w", "শব্দ ")]).short();
        assert!(bangla.encode_utf16().count() <= SMS_UCS2_MAX, "{bangla}");
        assert!(bangla.ends_with("শব্দ..."), "{bangla}");
        assert_eq!(message(Language::En, vec![Subject::Test]).short(), words::test(Language::En));
    }
}
