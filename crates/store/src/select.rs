//! Conditions of a `SELECT`: the agency first, every value a parameter.
//!
//! The SQL text is made of constants of this program only; what a caller gives travels beside it
//! as typed parameters of ClickHouse's own. [`Select::of`] is the one way to begin, and takes
//! the scope.

use crate::error::During;
use crate::terms::{Term, terms};
use crate::{Cursor, Entity, Error, Scope, State, Store};
use clickhouse::query::Query;
use clickhouse::{RowOwned, RowRead};
use model::Agency;
use query::sql::{Condition, Param};
use std::time::Duration;

/// How long a read may take before its caller hears of it.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Which alerts. Times are of arrival (`created`), in ms: from `from` until before `to`.
#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    /// In one of these states; empty: in any.
    pub state: Vec<State>,
    /// With at least this `severity_id` (1 to 6).
    pub severity_min: Option<u8>,
    /// Of this agency of the scope.
    pub agency: Option<Agency>,
    /// Of this host.
    pub host: Option<String>,
    /// Of this rule.
    pub rule: Option<String>,
    /// Of this group.
    pub group: Option<String>,
    /// With this entity, itself or in its evidence.
    pub entity: Option<Entity>,
    /// Assigned to this user; empty: to nobody.
    pub assignee: Option<String>,
    /// Holding all of these terms, and none with `-` before it, in title (of either language),
    /// message, rule, host, user or address.
    pub text: Option<String>,
    /// From this time on.
    pub from_ms: Option<i64>,
    /// Until before this time.
    pub to_ms: Option<i64>,
    /// Late for their next step.
    pub overdue: Option<Overdue>,
}

/// Which alerts are late: by agency, severity and state, those that arrived no later than a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overdue {
    /// Agencies with moments of their own; `*` stands for all others.
    pub agencies: Vec<String>,
    /// Agency, severity, state and moment, in ms; what is not here is never late.
    pub before: Vec<(String, u8, State, i64)>,
}

impl Overdue {
    /// True for an alert that is late.
    const CONDITION: &str = "created <= fromUnixTimestamp64Milli(toInt64OrZero(arrayElement({}, \
         indexOf({}, concat(if(has({}, agency), agency, '*'), ' ', toString(severity_id), ' ', state)))))";

    /// The values of the condition: moments, what they are for, agencies.
    fn values(&self) -> [Value; 3] {
        let moments = self.before.iter().map(|(.., moment_ms)| moment_ms.to_string());
        let of = self.before.iter().map(|(agency, severity_id, state, _)| {
            format!("{agency} {severity_id} {}", state.as_str())
        });
        let agencies = self.agencies.clone();
        [Value::Texts(moments.collect()), Value::Texts(of.collect()), Value::Texts(agencies)]
    }
}

/// Which events. Times are the events' own, in ms: from `from` until before `to`.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// From this time on.
    pub from_ms: i64,
    /// Until before this time.
    pub to_ms: i64,
    /// That the search finds, as the tables' condition (`query::sql::condition`).
    pub search: Option<Condition>,
    /// Of this agency of the scope.
    pub agency: Option<Agency>,
    /// Of this host.
    pub host: Option<String>,
    /// With this entity, in whatever role.
    pub entity: Option<Entity>,
    /// Of this OCSF class.
    pub class_uid: Option<u32>,
    /// Of this source type.
    pub source: Option<String>,
}

/// What alerts are searched in; `folded` holds the Bangla words too.
const ALERT_TEXT: &str = r"lower(concat(title, '\n', message, '\n', rule_id, '\n', host, '\n', user, '\n', src_ip, '\n', folded))";

/// A value and, with it, the parameter's type.
pub(crate) enum Value {
    Text(String),
    Texts(Vec<String>),
    Int(i64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// Conditions with their parameters.
pub(crate) struct Select {
    /// What stands before `SELECT`.
    with: String,
    /// Of the search: what remains when the other conditions have been looked at first.
    exact: String,
    conditions: String,
    values: Vec<Value>,
    /// Of the search: `q0` and so on.
    params: Vec<Param>,
    /// The scope leaves nothing to ask for.
    is_empty: bool,
}

impl Select {
    /// The rows of the scope, or of the one agency of it that is asked for.
    pub(crate) fn of(scope: &Scope, agency: Option<&Agency>) -> Self {
        let agencies = scope.narrowed(agency);
        let is_empty = agencies.as_ref().is_some_and(Vec::is_empty);
        let mut select = Self {
            with: String::new(),
            exact: String::new(),
            conditions: String::new(),
            values: Vec::new(),
            params: Vec::new(),
            is_empty,
        };
        match agencies {
            Some(agencies) => select.push("agency IN {}", [Value::Texts(agencies)]),
            None => select.push("1", []),
        }
        select
    }

    /// Adds a condition; `{}` in it stands for the value.
    pub(crate) fn and(mut self, condition: &'static str, value: impl Into<Value>) -> Self {
        self.push(condition, [value.into()]);
        self
    }

    /// Adds a condition with several values, one for each `{}`.
    pub(crate) fn and_all<const N: usize>(
        mut self,
        condition: &'static str,
        values: [Value; N],
    ) -> Self {
        self.push(condition, values);
        self
    }

    /// Adds a condition where there is a value.
    pub(crate) fn and_some(self, condition: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.and(condition, value),
            None => self,
        }
    }

    fn and_overdue(self, overdue: Option<&Overdue>) -> Self {
        match overdue {
            Some(overdue) => self.and_all(Overdue::CONDITION, overdue.values()),
            None => self,
        }
    }

    /// Adds what lies behind the cursor; `condition` compares with its time and its key.
    pub(crate) fn after(mut self, condition: &'static str, cursor: Option<&Cursor>) -> Self {
        if let Some(Cursor { time_ms, key, .. }) = cursor {
            self.push(condition, [Value::Int(*time_ms), Value::Text(key.clone())]);
        }
        self
    }

    /// Adds a condition for each term of a search, on `text`.
    fn and_terms(mut self, text: &'static str, search: Option<&str>) -> Result<Self, Error> {
        for Term { pattern, absent } in terms(search.unwrap_or_default())? {
            let operator = if absent { " NOT LIKE {}" } else { " LIKE {}" };
            self.push_text(text, operator, [Value::Text(pattern)]);
        }
        Ok(self)
    }

    /// Adds what a search finds; one search a statement.
    pub(crate) fn and_search(mut self, search: Option<&Condition>) -> Self {
        if let Some(search) = search {
            self.with = search.with_clause();
            let mut condition = &search.text;
            if !search.first.is_empty() {
                self.exact = search.text.clone();
                condition = &search.first;
            }
            self.conditions.push_str(" AND (");
            self.conditions.push_str(condition);
            self.conditions.push(')');
            self.params = search.params.clone();
        }
        self
    }

    fn push(&mut self, condition: &'static str, values: impl IntoIterator<Item = Value>) {
        self.push_text("", condition, values);
    }

    /// Adds `left` and then `condition`, in which each `{}` stands for a value.
    fn push_text(
        &mut self,
        left: &'static str,
        condition: &'static str,
        values: impl IntoIterator<Item = Value>,
    ) {
        if !self.conditions.is_empty() {
            self.conditions.push_str(" AND ");
        }
        self.conditions.push_str(left);
        let mut texts = condition.split("{}");
        self.conditions.push_str(texts.next().unwrap_or_default());
        for (value, text) in values.into_iter().zip(texts) {
            let placeholder = self.value(value);
            self.conditions.push_str(&placeholder);
            self.conditions.push_str(text);
        }
    }

    /// Adds a parameter and returns what stands for it in the SQL.
    pub(crate) fn value(&mut self, value: impl Into<Value>) -> String {
        let value = value.into();
        let kind = match value {
            Value::Text(_) => "String",
            Value::Texts(_) => "Array(String)",
            Value::Int(_) => "Int64",
        };
        self.values.push(value);
        format!("{{p{}:{kind}}}", self.values.len() - 1)
    }

    /// Alerts of the filter.
    pub(crate) fn alerts(scope: &Scope, filter: &AlertFilter) -> Result<Self, Error> {
        let states = filter.state.iter().map(|s| s.as_str().to_owned()).collect::<Vec<_>>();
        Self::of(scope, filter.agency.as_ref())
            .and_some("created >= fromUnixTimestamp64Milli({})", filter.from_ms)
            .and_some("created < fromUnixTimestamp64Milli({})", filter.to_ms)
            .and_some("state IN {}", (!states.is_empty()).then_some(Value::Texts(states)))
            .and_some("severity_id >= {}", filter.severity_min.map(i64::from))
            .and_some("host = {}", filter.host.as_deref())
            .and_some("rule_id = {}", filter.rule.as_deref())
            .and_some("group_id = {}", filter.group.as_deref())
            .and_some("assignee = {}", filter.assignee.as_deref())
            .and_overdue(filter.overdue.as_ref())
            .and_alert_entity(filter.entity.as_ref())
            .and_terms(ALERT_TEXT, filter.text.as_deref())
    }

    /// Events of the filter.
    pub(crate) fn events(scope: &Scope, filter: &EventFilter) -> Self {
        Self::of(scope, filter.agency.as_ref()).and_events(filter)
    }

    /// Adds what an event filter asks for, but for its agency.
    pub(crate) fn and_events(self, filter: &EventFilter) -> Self {
        self.and("time >= fromUnixTimestamp64Milli({})", filter.from_ms)
            .and("time < fromUnixTimestamp64Milli({})", filter.to_ms)
            .and_some("host = {}", filter.host.as_deref())
            .and_some("class_uid = {}", filter.class_uid.map(i64::from))
            .and_some("source = {}", filter.source.as_deref())
            .and_entity(filter.entity.as_ref())
            .and_search(filter.search.as_ref())
    }

    /// The query `sql`, in which `{where}` stands for the conditions; `None` where the scope
    /// leaves nothing to ask for.
    pub(crate) fn query(self, store: &Store, sql: &str) -> Option<Query> {
        if self.is_empty {
            return None;
        }
        let sql = match self.exact.is_empty() {
            true => sql.replace("{where}", &self.conditions),
            false => {
                let clauses = format!("PREWHERE {} WHERE {}", self.conditions, self.exact);
                sql.replace("WHERE {where}", &clauses)
            }
        };
        let mut query = store.client().query_raw(&format!("{}{sql}", self.with));
        for (name, value) in query::sql::SETTINGS.iter().filter(|_| !self.with.is_empty()) {
            query = query.with_setting(*name, *value);
        }
        for (index, value) in self.values.into_iter().enumerate() {
            let name = format!("p{index}");
            query = match value {
                Value::Text(text) => query.param(&name, text),
                Value::Texts(texts) => query.param(&name, texts),
                Value::Int(number) => query.param(&name, number),
            };
        }
        Some(with_params(query, self.params))
    }

    /// Runs `sql`, in which `{where}` stands for the conditions.
    pub(crate) async fn fetch<T>(
        self,
        store: &Store,
        action: &'static str,
        sql: &str,
    ) -> Result<Vec<T>, Error>
    where
        T: RowOwned + RowRead,
    {
        match self.query(store, sql) {
            Some(query) => fetch(query, action).await,
            None => Ok(Vec::new()),
        }
    }
}

/// Adds the parameters of a search.
pub(crate) fn with_params(mut query: Query, params: Vec<Param>) -> Query {
    for (index, param) in params.into_iter().enumerate() {
        let name = format!("q{index}");
        query = match param {
            Param::Text(text) => query.param(&name, text),
            Param::Texts(texts) => query.param(&name, texts),
            Param::Int(number) => query.param(&name, number),
        };
    }
    query
}

/// All rows of a query, within the time that a reader waits.
pub(crate) async fn fetch<T>(query: Query, action: &'static str) -> Result<Vec<T>, Error>
where
    T: RowOwned + RowRead,
{
    let seconds = READ_TIMEOUT.as_secs();
    tokio::time::timeout(READ_TIMEOUT, query.fetch_all::<T>())
        .await
        .map_err(|_| Error::TimedOut { action, seconds })?
        .during(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope::of([Agency::new("mof").unwrap()])
    }

    #[test]
    fn the_agency_is_always_the_first_condition() {
        let tables = mapping::Tables::builtin().unwrap();
        let search = query::parse("a \"OR 1=1 -- x'; DROP\"", &tables).unwrap();
        let search = Some(query::sql::condition(&search.expr, &tables, 0));
        let filter = EventFilter { from_ms: 1, to_ms: 2, search, ..EventFilter::default() };
        let select = Select::events(&scope(), &filter);
        assert!(select.conditions.starts_with("agency IN {p0:Array(String)} AND time >= "));
        assert!(!select.conditions.contains("DROP"), "{}", select.conditions);
        assert_eq!(select.conditions.matches("LIKE").count(), 2);
    }

    #[test]
    fn an_agency_outside_the_scope_leaves_nothing_to_ask() {
        let filter = AlertFilter { agency: Agency::new("moh").ok(), ..AlertFilter::default() };
        assert!(Select::alerts(&scope(), &filter).unwrap().is_empty);
        assert!(Select::of(&Scope::of([]), None).is_empty);
        assert!(!Select::of(&scope(), None).is_empty);
        assert!(!Select::of(&Scope::all(), None).is_empty);
    }
}
