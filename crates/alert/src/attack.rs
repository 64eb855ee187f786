//! ATT&CK tactics and techniques from a rule's tags.

use serde_json::{Value, json};

/// Tactics as tags name them, by ATT&CK's id and name. The ids of the two that replaced defense
/// evasion are not in the release that is pinned, so they are left out.
const TACTICS: [(&str, Option<&str>, &str); 17] = [
    ("reconnaissance", Some("TA0043"), "Reconnaissance"),
    ("resource-development", Some("TA0042"), "Resource Development"),
    ("initial-access", Some("TA0001"), "Initial Access"),
    ("execution", Some("TA0002"), "Execution"),
    ("persistence", Some("TA0003"), "Persistence"),
    ("privilege-escalation", Some("TA0004"), "Privilege Escalation"),
    ("defense-evasion", Some("TA0005"), "Defense Evasion"),
    ("stealth", None, "Stealth"),
    ("defense-impairment", None, "Defense Impairment"),
    ("credential-access", Some("TA0006"), "Credential Access"),
    ("discovery", Some("TA0007"), "Discovery"),
    ("lateral-movement", Some("TA0008"), "Lateral Movement"),
    ("collection", Some("TA0009"), "Collection"),
    ("command-and-control", Some("TA0011"), "Command and Control"),
    ("exfiltration", Some("TA0010"), "Exfiltration"),
    ("impact", Some("TA0040"), "Impact"),
    ("inhibit-response-function", Some("TA0107"), "Inhibit Response Function"),
];

/// OCSF attack objects. Tags do not say which technique serves which tactic: with one tactic it is
/// that; with several, tactics and techniques stand apart.
pub(crate) fn attacks(tags: &[String]) -> Vec<Value> {
    let tags: Vec<String> = tags.iter().map(|tag| tag.to_lowercase().replace('_', "-")).collect();
    let names: Vec<&str> = tags.iter().filter_map(|tag| tag.strip_prefix("attack.")).collect();
    let tactics: Vec<Value> = names.iter().filter_map(|name| tactic(name)).collect();
    let mut attacks: Vec<Value> = names.iter().filter_map(|name| technique(name)).collect();
    match (tactics.as_slice(), attacks.is_empty()) {
        ([tactic], false) => {
            for attack in &mut attacks {
                attack["tactic"] = tactic.clone();
            }
        }
        _ => attacks.extend(tactics.into_iter().map(|tactic| json!({"tactic": tactic}))),
    }
    attacks
}

fn tactic(name: &str) -> Option<Value> {
    let (_, uid, caption) = TACTICS.iter().find(|(tag, ..)| *tag == name)?;
    Some(match uid {
        Some(uid) => json!({"uid": uid, "name": caption}),
        None => json!({"name": caption}),
    })
}

/// `t1059` or `t1059.001`.
fn technique(name: &str) -> Option<Value> {
    let (whole, sub) = name.split_once('.').map_or((name, None), |(whole, sub)| (whole, Some(sub)));
    let digits = whole.strip_prefix('t')?;
    let number = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !number(digits, 4) || sub.is_some_and(|sub| !number(sub, 3)) {
        return None;
    }
    let uid = format!("T{digits}");
    Some(match sub {
        None => json!({"technique": {"uid": uid}}),
        Some(sub) => {
            json!({"technique": {"uid": uid}, "sub_technique": {"uid": format!("{uid}.{sub}")}})
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_attacks() {
        for (tags, expected) in [
            (
                "attack.execution attack.t1059.001",
                r#"[{"sub_technique":{"uid":"T1059.001"},"tactic":{"name":"Execution","uid":"TA0002"},"technique":{"uid":"T1059"}}]"#,
            ),
            (
                "attack.persistence attack.impact attack.T1053",
                r#"[{"technique":{"uid":"T1053"}},{"tactic":{"name":"Persistence","uid":"TA0003"}},{"tactic":{"name":"Impact","uid":"TA0040"}}]"#,
            ),
            ("attack.initial_access", r#"[{"tactic":{"name":"Initial Access","uid":"TA0001"}}]"#),
            (
                "attack.stealth attack.s0002 attack.t12 cve.2024-1 attack.t1059.x",
                r#"[{"tactic":{"name":"Stealth"}}]"#,
            ),
            ("", "[]"),
        ] {
            let tags: Vec<String> = tags.split_whitespace().map(str::to_owned).collect();
            assert_eq!(Value::from(attacks(&tags)).to_string(), expected);
        }
    }
}
