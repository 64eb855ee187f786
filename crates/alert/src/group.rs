//! Which alerts belong together: those of one rule about one thing within a day, so that a queue can
//! show them as one.

/// How long a group lasts, in milliseconds of event time.
const DAY_MS: i64 = 86_400_000;

/// The id of the group, for `metadata.correlation_uid`: of this rule, agency and thing (a host, an
/// address, an account, or what a correlation groups by), on the day that `time` lies in. A day of a
/// group begins at a moment of its own, so that not all groups are cut at once. It depends on
/// nothing else: a replay makes the same.
pub(crate) fn group_uid(rule: &str, tenant: &str, thing: &[&str], time: i64) -> String {
    let mut bytes = Vec::new();
    for part in [rule, tenant].iter().chain(thing) {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    let begins = (xxhash_rust::xxh3::xxh3_64(&bytes) % DAY_MS.unsigned_abs()) as i64;
    let day = time.saturating_add(begins).div_euclid(DAY_MS);
    bytes.extend_from_slice(&day.to_le_bytes());
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_group_is_a_rule_an_agency_a_thing_and_a_day() {
        let uid = |rule, tenant, thing: &[&str], time| group_uid(rule, tenant, thing, time);
        let first = uid("r", "mof", &["web-01"], 0);
        assert_eq!(first.len(), 32);
        for other in [
            uid("s", "mof", &["web-01"], 0),
            uid("r", "moh", &["web-01"], 0),
            uid("r", "mof", &["web-02"], 0),
            uid("r", "mof", &["web-0", "1"], 0),
            uid("r", "mof", &["web-01"], DAY_MS),
        ] {
            assert_ne!(other, first);
        }
        // Within a week of minutes there are eight days at most, all of the same length.
        let minutes = (0..7 * 1_440).map(|minute| uid("r", "mof", &["web-01"], minute * 60_000));
        let days: HashSet<String> = minutes.collect();
        assert!((7..=8).contains(&days.len()), "{}", days.len());
        let cuts: HashSet<i64> = (0..20)
            .map(|host| {
                let name = format!("h{host}");
                let of = |minute: i64| uid("r", "mof", &[&name], minute * 60_000);
                (1..1_440).find(|minute| of(*minute) != of(minute - 1)).unwrap_or_default()
            })
            .collect();
        assert!(cuts.len() > 10, "days of different groups begin at different moments");
    }
}
