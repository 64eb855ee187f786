//! Risk: how bad it is by the rule's level, how much depends on what it is about, and how sure the
//! rule is; one number from 0 to 100 to sort a queue by.

use serde_json::{Value, json};

/// How much an asset or an account counts, by OCSF's `risk_level_id`, in percent.
const FACTORS: [(u64, &str, u32); 5] =
    [(0, "info", 80), (1, "low", 80), (2, "medium", 100), (3, "high", 115), (4, "critical", 130)];
/// What counts where nobody has said how much depends on it.
const MEDIUM: u64 = 2;
/// OCSF's levels, by the score that each begins with.
const LEVELS: [(u8, u8, &str); 5] =
    [(80, 4, "Critical"), (60, 3, "High"), (40, 2, "Medium"), (20, 1, "Low"), (0, 0, "Info")];

/// How sure a rule is, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quality(u8);

impl Default for Quality {
    /// Of a rule that says nothing of itself.
    fn default() -> Self {
        Self(90)
    }
}

impl Quality {
    /// What was measured or decided (`quality` in `stages.yml`), else by the rule's Sigma `status`.
    pub fn new(status: Option<&str>, decided: Option<u8>) -> Self {
        let of_status = || match status {
            Some("stable") => Self(100),
            Some("test") => Self(95),
            Some("experimental") => Self(85),
            Some("deprecated" | "unsupported") => Self(70),
            _ => Self::default(),
        };
        decided.map_or_else(of_status, |percent| Self(percent.min(100)))
    }
}

/// The criticality of what an event is about: the highest `risk_level_id` that enrichment wrote
/// beside the reporting host, the user or the acting account; `None` where there is none. `parts`
/// are those objects, as JSON.
pub(crate) fn criticality<'j>(parts: impl IntoIterator<Item = &'j str>) -> Option<u64> {
    let of = |part: &'j str| {
        // Mostly there is none, and reading a tree would take long.
        if !part.contains("risk_level_id") {
            return None;
        }
        let part: Value = serde_json::from_str(part).ok()?;
        let own = part["risk_level_id"].as_u64();
        let user = part["user"]["risk_level_id"].as_u64();
        own.max(user).filter(|level| *level < FACTORS.len() as u64)
    };
    parts.into_iter().filter_map(of).max()
}

/// The members of a finding that tell its risk.
pub(crate) fn members(
    severity_id: u8,
    criticality: Option<u64>,
    quality: Quality,
) -> [(&'static str, Value); 4] {
    let base = match severity_id {
        0 => 50,
        known => u32::from(known.min(5)) * 20 - 10,
    };
    let level = criticality.unwrap_or(MEDIUM);
    let (_, name, factor) = FACTORS[usize::try_from(level).unwrap_or_default().min(4)];
    let score = (base * factor * u32::from(quality.0) + 5_000) / 10_000;
    let score = u8::try_from(score.min(100)).unwrap_or(100);
    let (_, id, risk) = LEVELS.into_iter().find(|(from, ..)| score >= *from).unwrap_or(LEVELS[4]);
    let known = if criticality.is_none() { ", as nothing else is known" } else { "" };
    let details = format!(
        "severity {base}, times {}.{:02} for a criticality of {name}{known}, times {}.{:02} for the rule's quality",
        factor / 100,
        factor % 100,
        quality.0 / 100,
        quality.0 % 100,
    );
    [
        ("risk_score", json!(score)),
        ("risk_level_id", json!(id)),
        ("risk_level", json!(risk)),
        ("risk_details", json!(details)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_times_criticality_times_quality() {
        let stable = Quality::new(Some("stable"), None);
        for (severity_id, criticality, quality, expected) in [
            (5, Some(4), stable, (100, 4)),
            (5, None, stable, (90, 4)),
            (4, Some(4), stable, (91, 4)),
            (4, Some(2), stable, (70, 3)),
            (4, Some(1), stable, (56, 2)),
            (4, None, Quality::new(Some("experimental"), None), (60, 3)),
            (4, None, Quality::new(Some("stable"), Some(30)), (21, 1)),
            (3, Some(3), Quality::new(None, None), (52, 2)),
            (1, Some(0), Quality::new(Some("unsupported"), None), (6, 0)),
            (0, None, stable, (50, 2)),
            (6, Some(9), Quality::new(None, Some(200)), (100, 4)),
        ] {
            let [(_, score), (_, id), ..] = members(severity_id, criticality, quality);
            let found = (score.as_u64().unwrap(), id.as_u64().unwrap());
            assert_eq!(found, expected, "{severity_id} {criticality:?} {quality:?}");
        }
        let [.., (_, details)] = members(4, None, stable);
        assert_eq!(
            details,
            "severity 70, times 1.00 for a criticality of medium, as nothing else is known, times 1.00 for the rule's quality"
        );
    }

    #[test]
    fn the_highest_criticality_counts() {
        for (parts, expected) in [
            (&[r#"{"hostname":"a"}"#, r#"{"name":"b"}"#][..], None),
            (&[r#"{"risk_level_id":1}"#, r#"{"name":"b","risk_level_id":3}"#], Some(3)),
            (&[r#"{"user":{"risk_level_id":4}}"#], Some(4)),
            (&[r#"{"risk_level_id":99}"#, r#"{"risk_level_id":"4"}"#, "risk_level_id"], None),
            (&[r#"{"risk_level_id":0}"#], Some(0)),
        ] {
            assert_eq!(criticality(parts.iter().copied()), expected, "{parts:?}");
        }
    }
}
