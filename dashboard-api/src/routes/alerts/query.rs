//! The filter of the alert queue, as it stands in the query string.

use crate::params::{Text, TimeMs, in_order};
use crate::problem::{Answer, Code, Problem};
use crate::views::alert;
use model::Agency;
use store::{AlertFilter, Overdue};

/// States, comma-separated: `new,acknowledged`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct States(Vec<store::State>);

impl TryFrom<String> for States {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let state = |name: &str| {
            let known = store::State::ALL.into_iter().find(|state| state.as_str() == name);
            known.ok_or("states are new, acknowledged, in_progress and closed, comma-separated")
        };
        text.split(',').map(state).collect::<Result<_, _>>().map(Self)
    }
}

/// How the queue is sorted.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// The newest arrival first.
    #[default]
    Arrival,
    /// The highest risk first.
    Risk,
}

impl From<Order> for store::Order {
    fn from(order: Order) -> Self {
        match order {
            Order::Arrival => Self::Arrival,
            Order::Risk => Self::Risk,
        }
    }
}

/// Which alerts.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountParams {
    /// In one of these states, comma-separated.
    #[param(value_type = Option<Vec<alert::State>>, style = Form, explode = false)]
    state: Option<States>,
    /// At least this severity, 1 (informational) to 6.
    #[param(minimum = 1, maximum = 6)]
    severity_min: Option<u8>,
    /// Of this agency.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
    /// Of this host.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    host: Option<Text>,
    /// Of the rule with this id.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    rule: Option<Text>,
    /// Of the group with this id.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    group: Option<Text>,
    /// Assigned to this user, to `me`, or to `none`.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    assignee: Option<Text>,
    /// Holding all these words.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    q: Option<Text>,
    /// Raised from this time on, in ms.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: Option<TimeMs>,
    /// Raised before this time, in ms.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: Option<TimeMs>,
    /// Only what is late for its next step by its agency's policy (`/sla-policies`).
    over_sla: Option<bool>,
}

/// Which alerts, and which page of them. serde cannot both flatten and refuse unknown fields, so
/// the fields stand here again.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// In one of these states, comma-separated.
    #[param(value_type = Option<Vec<alert::State>>, style = Form, explode = false)]
    state: Option<States>,
    /// At least this severity, 1 (informational) to 6.
    #[param(minimum = 1, maximum = 6)]
    severity_min: Option<u8>,
    /// Of this agency.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
    /// Of this host.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    host: Option<Text>,
    /// Of the rule with this id.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    rule: Option<Text>,
    /// Of the group with this id.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    group: Option<Text>,
    /// Assigned to this user, to `me`, or to `none`.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    assignee: Option<Text>,
    /// Holding all these words.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    q: Option<Text>,
    /// Raised from this time on, in ms.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: Option<TimeMs>,
    /// Raised before this time, in ms.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: Option<TimeMs>,
    /// Only what is late for its next step by its agency's policy (`/sla-policies`).
    over_sla: Option<bool>,
    /// In which order.
    #[param(inline)]
    pub(super) order: Option<Order>,
    /// One row for all alerts of a group: the first in that order, with `group_alerts`.
    pub(super) grouped: Option<bool>,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 500)]
    pub(super) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(value_type = Option<String>, pattern = r"^([0-9]{1,3}:)?-?[0-9]{1,15}\.[0-9A-Za-z_.:-]{1,128}$")]
    pub(super) cursor: Option<Text>,
}

/// The queue's filter as it stands in a body.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterBody {
    /// In one of these states; in any unless given.
    #[serde(default)]
    state: Vec<alert::State>,
    /// At least this severity, 1 (informational) to 6.
    #[schema(minimum = 1, maximum = 6)]
    severity_min: Option<u8>,
    /// Of this agency.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
    /// Of this host.
    #[schema(value_type = Option<String>)]
    host: Option<Text>,
    /// Of the rule with this id.
    #[schema(value_type = Option<String>)]
    rule: Option<Text>,
    /// Of the group with this id.
    #[schema(value_type = Option<String>)]
    group: Option<Text>,
    /// Assigned to this user, to `me`, or to `none`.
    #[schema(value_type = Option<String>)]
    assignee: Option<Text>,
    /// Holding all these words.
    #[schema(value_type = Option<String>)]
    q: Option<Text>,
    /// Raised from this time on, in ms.
    #[schema(value_type = Option<i64>)]
    from: Option<TimeMs>,
    /// Raised before this time, in ms.
    #[schema(value_type = Option<i64>)]
    to: Option<TimeMs>,
    /// Only what is late for its next step by its agency's policy (`/sla-policies`).
    over_sla: Option<bool>,
}

/// The filter of another form of it, with the states given.
macro_rules! alike {
    ($form:ident, $state:expr) => {
        CountParams {
            state: $state,
            severity_min: $form.severity_min,
            agency: $form.agency,
            host: $form.host,
            rule: $form.rule,
            group: $form.group,
            assignee: $form.assignee,
            q: $form.q,
            from: $form.from,
            to: $form.to,
            over_sla: $form.over_sla,
        }
    };
}

impl FilterBody {
    /// See [`CountParams::filter`].
    pub(super) fn filter(self, me: &str, late: impl FnOnce() -> Overdue) -> Answer<AlertFilter> {
        let states = self.state.into_iter().map(Into::into).collect();
        alike!(self, Some(States(states))).filter(me, late)
    }
}

impl CountParams {
    /// The store's filter; `me` is who asks, `late` works out what is late by now.
    pub(super) fn filter(self, me: &str, late: impl FnOnce() -> Overdue) -> Answer<AlertFilter> {
        in_order(self.from, self.to)?;
        if self.severity_min.is_some_and(|severity| !(1..=6).contains(&severity)) {
            let detail = "severity_min is 1 to 6";
            return Err(Problem::parameter(Code::InvalidParameter, "severity_min", detail));
        }
        let text = |text: Option<Text>| text.map(|text| text.0);
        let assignee = text(self.assignee).map(|assignee| match assignee.as_str() {
            "me" => me.to_owned(),
            "none" => String::new(),
            _ => assignee,
        });
        Ok(AlertFilter {
            state: self.state.map(|states| states.0).unwrap_or_default(),
            severity_min: self.severity_min,
            agency: self.agency,
            host: text(self.host),
            rule: text(self.rule),
            group: text(self.group),
            entity: None,
            assignee,
            text: text(self.q),
            from_ms: self.from.map(|from| from.0),
            to_ms: self.to.map(|to| to.0),
            overdue: self.over_sla.unwrap_or_default().then(late),
        })
    }
}

impl ListParams {
    /// See [`CountParams::filter`].
    pub(super) fn filter(self, me: &str, late: impl FnOnce() -> Overdue) -> Answer<AlertFilter> {
        alike!(self, self.state).filter(me, late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_known_ones() {
        for (text, count) in [
            ("new", Some(1)),
            ("new,closed", Some(2)),
            ("", None),
            ("new,", None),
            ("open", None),
            ("New", None),
        ] {
            let states = States::try_from(text.to_owned());
            assert_eq!(states.ok().map(|states| states.0.len()), count, "{text:?}");
        }
    }
}
