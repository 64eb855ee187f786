//! ATT&CK tactics and techniques from a rule's tags.

use serde_json::{Value, json};

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
    let tactic = attack::TACTICS.iter().find(|tactic| tactic.tag == name)?;
    Some(match tactic.uid {
        Some(uid) => json!({"uid": uid, "name": tactic.name}),
        None => json!({"name": tactic.name}),
    })
}

/// `t1059` or `t1059.001`; with its name, where ATT&CK still has it.
fn technique(name: &str) -> Option<Value> {
    let (whole, sub) = name.split_once('.').map_or((name, None), |(whole, sub)| (whole, Some(sub)));
    let digits = whole.strip_prefix('t')?;
    let number = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !number(digits, 4) || sub.is_some_and(|sub| !number(sub, 3)) {
        return None;
    }
    let named = |uid: String| match attack::technique(&uid) {
        Some(known) => json!({"uid": uid, "name": known.name}),
        None => json!({"uid": uid}),
    };
    let mut found = json!({"technique": named(format!("T{digits}"))});
    if let Some(sub) = sub {
        found["sub_technique"] = named(format!("T{digits}.{sub}"));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_attacks() {
        for (tags, expected) in [
            (
                "attack.execution attack.t1059.001",
                r#"[{"sub_technique":{"name":"PowerShell","uid":"T1059.001"},"tactic":{"name":"Execution","uid":"TA0002"},"technique":{"name":"Command and Scripting Interpreter","uid":"T1059"}}]"#,
            ),
            (
                "attack.persistence attack.impact attack.T1053",
                r#"[{"technique":{"name":"Scheduled Task/Job","uid":"T1053"}},{"tactic":{"name":"Persistence","uid":"TA0003"}},{"tactic":{"name":"Impact","uid":"TA0040"}}]"#,
            ),
            ("attack.initial_access", r#"[{"tactic":{"name":"Initial Access","uid":"TA0001"}}]"#),
            (
                "attack.stealth attack.s0002 attack.t12 cve.2024-1 attack.t1059.x",
                r#"[{"tactic":{"name":"Stealth"}}]"#,
            ),
            ("attack.t1086", r#"[{"technique":{"uid":"T1086"}}]"#),
            ("", "[]"),
        ] {
            let tags: Vec<String> = tags.split_whitespace().map(str::to_owned).collect();
            assert_eq!(Value::from(attacks(&tags)).to_string(), expected);
        }
    }
}
