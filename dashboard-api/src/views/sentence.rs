//! One sentence of what happened, in both languages.

use store::AlertSummary;

/// The sentence, by language.
#[derive(Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Sentence {
    en: String,
    bn: String,
}

impl Sentence {
    /// The sentence in one language.
    pub(super) fn take(self, lang: &str) -> String {
        if lang == "bn" { self.bn } else { self.en }
    }

    /// The finding's own words where it has them, else words made of the summary.
    pub(super) fn of(alert: &AlertSummary) -> Self {
        let own = |text: &String, made: fn(&AlertSummary) -> String| {
            if text.is_empty() { made(alert) } else { text.clone() }
        };
        Self { en: own(&alert.message, english), bn: own(&alert.message_bn, bangla) }
    }
}

/// Values stand apart from letters, so that the dashboard finds and links them.
fn english(alert: &AlertSummary) -> String {
    let AlertSummary { title, host, user, src_ip, event_count, .. } = alert;
    let details = details(&[
        (!user.is_empty()).then(|| format!("user {user}")),
        (!src_ip.is_empty()).then(|| format!("from {src_ip}")),
        (*event_count > 1).then(|| format!("{event_count} events")),
    ]);
    match host.as_str() {
        "" => format!("{title}{details}."),
        host => format!("{title} on {host}{details}."),
    }
}

fn bangla(alert: &AlertSummary) -> String {
    let AlertSummary { title, title_bn, host, user, src_ip, event_count, .. } = alert;
    let title = if title_bn.is_empty() { title } else { title_bn };
    let details = details(&[
        (!user.is_empty()).then(|| format!("ব্যবহারকারী {user}")),
        (!src_ip.is_empty()).then(|| format!("উৎস {src_ip}")),
        (*event_count > 1).then(|| format!("{event_count} টি ঘটনা")),
    ]);
    match host.as_str() {
        "" => format!("ধরা পড়েছে: {title}{details}।"),
        host => format!("{host} হোস্টে ধরা পড়েছে: {title}{details}।"),
    }
}

fn details(parts: &[Option<String>]) -> String {
    let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::State;

    fn alert() -> AlertSummary {
        AlertSummary {
            id: "a".into(),
            version: 1,
            time: 0,
            last: 0,
            created: 0,
            risk_score: 0,
            group_id: String::new(),
            group_alerts: 1,
            severity_id: 4,
            title: "Password guessing".into(),
            title_bn: String::new(),
            rule_id: "r".into(),
            agency: "mof".into(),
            host: String::new(),
            user: String::new(),
            src_ip: String::new(),
            message: String::new(),
            message_bn: String::new(),
            event_count: 1,
            state: State::New,
            verdict: None,
            reason: String::new(),
            assignee: String::new(),
            changed_by: String::new(),
            changed_at: 0,
        }
    }

    #[test]
    fn sentences() {
        let check = |alert: &AlertSummary, en: &str, bn: &str| {
            assert_eq!(Sentence::of(alert), Sentence { en: en.into(), bn: bn.into() });
        };
        check(&alert(), "Password guessing.", "ধরা পড়েছে: Password guessing।");
        let mut full = AlertSummary {
            host: "web-07".into(),
            user: "root".into(),
            src_ip: "203.0.113.9".into(),
            event_count: 60,
            ..alert()
        };
        let en = "Password guessing on web-07 (user root, from 203.0.113.9, 60 events).";
        check(
            &full,
            en,
            "web-07 হোস্টে ধরা পড়েছে: Password guessing \
             (ব্যবহারকারী root, উৎস 203.0.113.9, 60 টি ঘটনা)।",
        );
        full.message_bn = "নিজের কথা।".into();
        check(&full, en, "নিজের কথা।");
        full.message = "Its own words.".into();
        check(&full, "Its own words.", "নিজের কথা।");
        let titled = AlertSummary {
            title_bn: "পাসওয়ার্ড অনুমান".into(), ..alert()
        };
        check(&titled, "Password guessing.", "ধরা পড়েছে: পাসওয়ার্ড অনুমান।");
    }
}
