//! What an event observes and has no column for.

use super::event::Fields;
use crate::entities::VALUE_BYTES_MAX;
use serde::Deserialize;
use std::borrow::Cow;

/// The most values of one event: more are in its document only.
const VALUES_MAX: usize = 64;

/// One entry of `observables`, of which a name and a type in words are not needed.
#[derive(Deserialize)]
struct Observable<'a> {
    #[serde(default)]
    type_id: u8,
    #[serde(borrow, default)]
    value: Cow<'a, str>,
}

/// The observables that are no column's value, as `<type>:<value>`, each once; the default of the column
/// in migration 8 says the same of older rows.
pub(super) fn observed(observables: &str, fields: &Fields<'_>) -> Vec<String> {
    let Ok(list) = serde_json::from_str::<Vec<Observable<'_>>>(observables) else {
        return Vec::new();
    };
    let mut found: Vec<String> = Vec::new();
    for Observable { type_id, value } in list {
        if value.is_empty() || value.len() > VALUE_BYTES_MAX || has_column(type_id, &value, fields)
        {
            continue;
        }
        let token = match type_id {
            1 | 8 => format!("{type_id}:{}", value.to_lowercase()),
            2 | 4 => format!("{type_id}:{value}"),
            _ => continue,
        };
        if found.len() < VALUES_MAX && !found.contains(&token) {
            found.push(token);
        }
    }
    found
}

/// Whether the value stands in a column of its own.
fn has_column(type_id: u8, value: &str, fields: &Fields<'_>) -> bool {
    match type_id {
        1 => value == fields.host,
        2 => {
            let ip = value.parse().ok();
            ip.is_some() && [fields.src_ip, fields.dst_ip].contains(&ip)
        }
        4 => value == fields.user,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_column_is_not_repeated() {
        let fields = Fields {
            host: "Web-01".into(),
            user: "root".into(),
            src_ip: "203.0.113.9".parse().ok(),
            ..Fields::default()
        };
        for (observables, expected) in [
            ("", &[][..]),
            ("null", &[]),
            (r#"[{"type_id":"x","value":"a"}]"#, &[]),
            (r#"[{"name":"device.hostname","type_id":1,"value":"Web-01"}]"#, &[]),
            (
                r#"[{"type_id":1,"value":"Evil.Example"},{"type_id":1,"value":"evil.example"}]"#,
                &["1:evil.example"],
            ),
            (
                r#"[{"type_id":2,"value":"203.0.113.9"},{"type_id":2,"value":"10.0.0.1"}]"#,
                &["2:10.0.0.1"],
            ),
            (r#"[{"type_id":4,"value":"root"},{"type_id":4,"value":"Anis"}]"#, &["4:Anis"]),
            (r#"[{"type_id":8,"value":"ABCD"},{"type_id":6,"value":"http://x/"}]"#, &["8:abcd"]),
            (r#"[{"type_id":4,"value":"a\u00e9\n"}]"#, &["4:aé\n"]),
        ] {
            assert_eq!(observed(observables, &fields), expected, "{observables}");
        }
    }

    #[test]
    fn their_number_is_bounded() {
        let many: Vec<String> =
            (0..100).map(|n| format!(r#"{{"type_id":4,"value":"u{n}"}}"#)).collect();
        let list = format!("[{}]", many.join(","));
        assert_eq!(observed(&list, &Fields::default()).len(), VALUES_MAX);
    }
}
