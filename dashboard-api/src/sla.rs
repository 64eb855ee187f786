//! How soon alerts are to be acknowledged and closed: policies of agencies, and the clock that counts.
//!
//! Time counts from an alert's arrival. A policy may count around the clock or only while the office is
//! open: Sunday to Thursday, 9 to 17 o'clock in Dhaka, but for the days that it names.

use crate::roles::EVERYWHERE;
use crate::work::names::names;
use jiff::civil::Date;
use model::day::{self, DAY_MS};
use std::collections::{BTreeMap, BTreeSet};
use store::{AlertSummary, Overdue, State};

/// The longest time that a policy may give: a quarter.
pub(crate) const MINUTES_MAX: u32 = 92 * 24 * 60;
/// The most days that a policy may name as closed.
pub(crate) const HOLIDAYS_MAX: usize = 200;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const OPENS_MS: i64 = 9 * HOUR_MS;
const CLOSES_MS: i64 = 17 * HOUR_MS;
/// More days than the longest target takes, whatever its holidays: 92 full days of work of eight hours.
const DAYS_MAX: i64 = 1_000;

names! {
    /// When a policy's clock runs.
    Calendar {
        /// Always.
        Always = "always",
        /// While the office is open: Sunday to Thursday, 9 to 17 o'clock in Dhaka.
        Office = "office",
    }
}

/// How soon, in minutes of the policy's clock since the alert arrived; none: whenever.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// Until somebody has acknowledged it.
    #[schema(minimum = 1, maximum = 132_480)]
    pub(crate) acknowledge: Option<u32>,
    /// Until it is closed.
    #[schema(minimum = 1, maximum = 132_480)]
    pub(crate) close: Option<u32>,
}

/// The targets of each severity.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Targets {
    pub(crate) informational: Target,
    pub(crate) low: Target,
    pub(crate) medium: Target,
    pub(crate) high: Target,
    /// Fatal ones too.
    pub(crate) critical: Target,
}

impl Targets {
    /// What holds until somebody says otherwise.
    fn usual() -> Self {
        let target =
            |acknowledge, close| Target { acknowledge: Some(acknowledge), close: Some(close) };
        Self {
            informational: Target::default(),
            low: target(24 * 60, 7 * 24 * 60),
            medium: target(8 * 60, 3 * 24 * 60),
            high: target(60, 24 * 60),
            critical: target(15, 4 * 60),
        }
    }

    /// With the OCSF severity of each.
    pub(crate) fn all(&self) -> [(u8, Target); 6] {
        [
            (1, self.informational),
            (2, self.low),
            (3, self.medium),
            (4, self.high),
            (5, self.critical),
            (6, self.critical),
        ]
    }
}

/// A policy's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clock {
    pub(crate) calendar: Calendar,
    /// Days on which the office is closed, besides Fridays and Saturdays.
    pub(crate) holidays: BTreeSet<Date>,
}

impl Clock {
    /// From when until when the clock runs on a day, counted in days since the epoch in Dhaka.
    fn runs(&self, day: i64) -> Option<(i64, i64)> {
        let midnight_ms = day::begin_ms(day);
        match self.calendar {
            Calendar::Always => Some((midnight_ms, midnight_ms + DAY_MS)),
            Calendar::Office => {
                // Day 0 was a Thursday.
                let is_weekend = matches!(day.rem_euclid(7), 1 | 2);
                let closed = is_weekend || self.is_holiday(day);
                (!closed).then_some((midnight_ms + OPENS_MS, midnight_ms + CLOSES_MS))
            }
        }
    }

    fn is_holiday(&self, day: i64) -> bool {
        let epoch = jiff::civil::date(1970, 1, 1);
        let date = epoch.checked_add(jiff::Span::new().days(day));
        !self.holidays.is_empty() && date.is_ok_and(|date| self.holidays.contains(&date))
    }

    /// When `ms` of the clock have passed since `from_ms`.
    fn due(&self, from_ms: i64, ms: i64) -> i64 {
        let (mut left, first) = (ms, day::number(from_ms));
        for day in first..first + DAYS_MAX {
            let Some((begins, ends)) = self.runs(day) else { continue };
            let begins = begins.max(from_ms);
            let room = (ends - begins).max(0);
            if room >= left {
                return begins + left;
            }
            left -= room;
        }
        i64::MAX
    }

    /// The last moment since which `ms` of the clock have passed at `now_ms`.
    fn cutoff(&self, now_ms: i64, ms: i64) -> i64 {
        let (mut left, last) = (ms, day::number(now_ms));
        for day in (last - DAYS_MAX..=last).rev() {
            let Some((begins, ends)) = self.runs(day) else { continue };
            let ends = ends.min(now_ms);
            let room = (ends - begins).max(0);
            if room >= left {
                return ends - left;
            }
            left -= room;
        }
        i64::MIN
    }
}

/// A policy as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) clock: Clock,
    pub(crate) targets: Targets,
}

/// The policies of all agencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    by_agency: BTreeMap<String, Rule>,
}

impl Rules {
    /// The policies as kept; where there is none for everybody, the usual one.
    pub(crate) fn new(mut by_agency: BTreeMap<String, Rule>) -> Self {
        by_agency.entry(EVERYWHERE.into()).or_insert_with(usual);
        Self { by_agency }
    }

    /// When an alert's next step is due; none where it is closed or may wait.
    pub(crate) fn due(&self, alert: &AlertSummary) -> Option<i64> {
        let rule = self.by_agency.get(&alert.agency).or_else(|| self.by_agency.get(EVERYWHERE))?;
        let targets = rule.targets.all();
        let (_, target) = targets.iter().find(|(id, _)| *id == alert.severity_id)?;
        let minutes = minutes(*target, alert.state)?;
        Some(rule.clock.due(alert.created, i64::from(minutes) * MINUTE_MS))
    }

    /// Which alerts are late at `now_ms`.
    pub(crate) fn overdue(&self, now_ms: i64) -> Overdue {
        let mut overdue = Overdue::default();
        for (agency, Rule { clock, targets }) in &self.by_agency {
            overdue.agencies.push(agency.clone());
            for (severity_id, target) in targets.all() {
                for state in State::ALL {
                    let Some(minutes) = minutes(target, state) else { continue };
                    let cutoff_ms = clock.cutoff(now_ms, i64::from(minutes) * MINUTE_MS);
                    overdue.before.push((agency.clone(), severity_id, state, cutoff_ms));
                }
            }
        }
        overdue
    }
}

/// The policy that holds until somebody says otherwise.
pub(crate) fn usual() -> Rule {
    let clock = Clock { calendar: Calendar::Always, holidays: BTreeSet::new() };
    Rule { clock, targets: Targets::usual() }
}

/// The minutes until the step that follows a state.
fn minutes(target: Target, state: State) -> Option<u32> {
    match state {
        State::New => target.acknowledge,
        State::Acknowledged | State::InProgress => target.close,
        State::Closed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn office(holidays: &[&str]) -> Clock {
        let holidays = holidays.iter().map(|date| date.parse().unwrap()).collect();
        Clock { calendar: Calendar::Office, holidays }
    }

    fn ms(dhaka: &str) -> i64 {
        let time: jiff::civil::DateTime = dhaka.parse().unwrap();
        time.in_tz("Asia/Dhaka").unwrap().timestamp().as_millisecond()
    }

    #[test]
    fn the_office_s_clock_stands_at_night_on_weekends_and_on_holidays() {
        for (from, minutes, due) in [
            // A Wednesday.
            ("2026-11-25T10:00", 60, "2026-11-25T11:00"),
            ("2026-11-25T16:30", 60, "2026-11-26T09:30"),
            ("2026-11-25T20:00", 60, "2026-11-26T10:00"),
            ("2026-11-25T07:00", 60, "2026-11-25T10:00"),
            // From Thursday over Friday and Saturday to Sunday.
            ("2026-11-26T16:30", 60, "2026-11-29T09:30"),
            ("2026-11-27T12:00", 480, "2026-11-29T17:00"),
            // The 16th of December is Victory Day.
            ("2026-12-15T16:30", 60, "2026-12-17T09:30"),
        ] {
            let clock = office(&["2026-12-16"]);
            assert_eq!(clock.due(ms(from), minutes * MINUTE_MS), ms(due), "{from} + {minutes}");
        }
        let always = usual().clock;
        assert_eq!(always.due(ms("2026-11-27T23:30"), HOUR_MS), ms("2026-11-28T00:30"));
    }

    #[test]
    fn an_agency_s_own_policy_goes_before_everybody_s() {
        let mut own = usual();
        own.targets.high.acknowledge = None;
        let rules = Rules::new(BTreeMap::from([("mof".to_owned(), own)]));
        let alert = |agency: &str, state, severity_id| AlertSummary {
            agency: agency.into(),
            state,
            severity_id,
            created: 0,
            ..store::AlertSummary::default()
        };
        assert_eq!(rules.due(&alert("moe", State::New, 4)), Some(HOUR_MS));
        assert_eq!(rules.due(&alert("mof", State::New, 4)), None);
        assert_eq!(rules.due(&alert("mof", State::Acknowledged, 4)), Some(24 * HOUR_MS));
        assert_eq!(rules.due(&alert("moe", State::New, 6)), Some(15 * MINUTE_MS));
        assert_eq!(rules.due(&alert("moe", State::New, 1)), None);
        assert_eq!(rules.due(&alert("moe", State::Closed, 5)), None);
    }

    proptest! {
        /// The queue's filter and the alert's own time say the same.
        #[test]
        fn late_is_what_was_due_before(
            from in 0_i64..4_000_000_000_000, later in 0_i64..40 * DAY_MS,
            minutes in 1_i64..20_000, is_office: bool,
        ) {
            let clock = if is_office { office(&["2026-12-16"]) } else { usual().clock };
            let (now, ms) = (from + later, minutes * MINUTE_MS);
            prop_assert_eq!(clock.due(from, ms) <= now, from <= clock.cutoff(now, ms));
        }
    }
}
