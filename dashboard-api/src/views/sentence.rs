//! One sentence of what happened, in both languages.

use store::AlertSummary;

/// The sentence, by language.
#[derive(Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Sentence {
    en: String,
    bn: String,
}

impl Sentence {
    /// Values stand apart from letters, so that the dashboard finds and links them.
    pub(super) fn of(alert: &AlertSummary) -> Self {
        let AlertSummary { title, host, user, src_ip, event_count, .. } = alert;
        let (count, many) = (event_count, *event_count > 1);
        let en = details(&[
            (!user.is_empty()).then(|| format!("user {user}")),
            (!src_ip.is_empty()).then(|| format!("from {src_ip}")),
            many.then(|| format!("{count} events")),
        ]);
        let bn = details(&[
            (!user.is_empty()).then(|| format!("ব্যবহারকারী {user}")),
            (!src_ip.is_empty()).then(|| format!("উৎস {src_ip}")),
            many.then(|| format!("{count} টি ঘটনা")),
        ]);
        if host.is_empty() {
            return Self {
                en: format!("{title}{en}."), bn: format!("ধরা পড়েছে: {title}{bn}।")
            };
        }
        Self {
            en: format!("{title} on {host}{en}."),
            bn: format!("{host} হোস্টে ধরা পড়েছে: {title}{bn}।"),
        }
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

    #[test]
    fn sentences() {
        let check = |host: &str, user: &str, src_ip: &str, event_count, en: &str, bn: &str| {
            let alert = AlertSummary {
                id: "a".into(),
                version: 1,
                time: 0,
                created: 0,
                severity_id: 4,
                title: "Password guessing".into(),
                rule_id: "r".into(),
                agency: "mof".into(),
                host: host.into(),
                user: user.into(),
                src_ip: src_ip.into(),
                message: String::new(),
                event_count,
                state: State::New,
                verdict: None,
                reason: String::new(),
                assignee: String::new(),
                changed_by: String::new(),
                changed_at: 0,
            };
            assert_eq!(Sentence::of(&alert), Sentence { en: en.into(), bn: bn.into() });
        };
        check(
            "web-07",
            "root",
            "203.0.113.9",
            60,
            "Password guessing on web-07 (user root, from 203.0.113.9, 60 events).",
            "web-07 হোস্টে ধরা পড়েছে: Password guessing (ব্যবহারকারী root, উৎস 203.0.113.9, 60 টি ঘটনা)।",
        );
        check("", "", "", 1, "Password guessing.", "ধরা পড়েছে: Password guessing।");
    }
}
