//! Hosts, users, addresses, hashes and domains: who they are to the store, and what it knows of one.
//!
//! The figures come from projections inside the events' own parts (migration 8), each sorted by the
//! value that it counts, or, for what only `observed` holds, from the rows that its index leaves. So
//! nothing of them can be lost or doubled apart from the events, and retention takes both.

use crate::select::{Select, Value};
use crate::views::{EntityDay, EntityProfile, EntitySeen, Related};
use crate::{AlertFilter, Error, Scope, Store};
use clickhouse::Row;
use model::day;
use query::Range;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The longest name of an entity; longer ones are in their events only.
pub const VALUE_BYTES_MAX: usize = 512;
/// The most lines of each kind that are related to one entity.
pub const RELATED_MAX: u32 = 100;

/// What an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A host by `device.hostname`, as written.
    Host,
    /// A user by name, as written.
    User,
    /// An IP address.
    Ip,
    /// A hash of a file or a TLS handshake, in lower case.
    Hash,
    /// A name that is asked for or connected to, in lower case.
    Domain,
}

impl EntityKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Host, Self::User, Self::Ip, Self::Hash, Self::Domain];

    /// As written in addresses and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::User => "user",
            Self::Ip => "ip",
            Self::Hash => "hash",
            Self::Domain => "domain",
        }
    }

    /// The type of OCSF's observables.
    fn type_id(self) -> u8 {
        match self {
            Self::Host | Self::Domain => 1,
            Self::Ip => 2,
            Self::User => 4,
            Self::Hash => 8,
        }
    }
}

/// A kind and a value as the tables hold it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entity {
    kind: EntityKind,
    value: String,
}

impl Entity {
    /// The entity of this name; addresses, hashes and domains may be written in any of their ways.
    pub fn new(kind: EntityKind, value: &str) -> Result<Self, Error> {
        let value = value.trim();
        let refuse = |mend| Error::Entity { kind: kind.as_str(), value: head(value), mend };
        if value.is_empty() || value.len() > VALUE_BYTES_MAX {
            return Err(refuse("1 to 512 bytes"));
        }
        let value = match kind {
            EntityKind::Host | EntityKind::User => value.to_owned(),
            EntityKind::Domain => value.trim_end_matches('.').to_lowercase(),
            EntityKind::Hash if value.bytes().all(|b| b.is_ascii_hexdigit()) => {
                value.to_ascii_lowercase()
            }
            EntityKind::Hash => return Err(refuse("hex digits")),
            EntityKind::Ip => match value.parse::<IpAddr>() {
                Ok(ip) => ip.to_canonical().to_string(),
                Err(_) => return Err(refuse("an IPv4 or IPv6 address")),
            },
        };
        Ok(Self { kind, value })
    }

    /// What it is.
    pub fn kind(&self) -> EntityKind {
        self.kind
    }

    /// Its name as the tables hold it.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// As `observed` of an event holds it.
    fn token(&self) -> String {
        format!("{}:{}", self.kind.type_id(), self.value)
    }

    /// As `entities` of an alert holds it: there a host's name is in lower case.
    fn alert_token(&self) -> String {
        match self.kind {
            EntityKind::Host => self.token().to_lowercase(),
            _ => self.token(),
        }
    }

    /// The parts that it can have in an event, each with its condition.
    fn roles(&self) -> Vec<(&'static str, &'static str, Value)> {
        let value = || Value::Text(self.value.clone());
        let observed = |role| (role, "has(observed, {})", Value::Text(self.token()));
        match self.kind {
            EntityKind::Host => vec![("device", "host = {}", value())],
            EntityKind::User => vec![("user", "user = {}", value()), observed("other")],
            EntityKind::Ip => vec![
                ("source", "src_ip = toIPv6({})", value()),
                ("destination", "dst_ip = toIPv6({})", value()),
                observed("other"),
            ],
            EntityKind::Hash | EntityKind::Domain => vec![observed("observed")],
        }
    }
}

/// The begin of a text, for a message.
fn head(text: &str) -> String {
    text.chars().take(80).collect()
}

#[derive(Row, Deserialize)]
struct SeenRow {
    agency: String,
    first_ms: i64,
    last_ms: i64,
    total: u64,
}

#[derive(Row, Deserialize)]
struct DayRow {
    number: i64,
    agency: String,
    total: u64,
}

#[derive(Row, Deserialize)]
struct RelatedRow {
    value: String,
    total: u64,
    first_ms: i64,
    last_ms: i64,
}

impl Select {
    /// Adds that the event has this entity, in whatever role.
    pub(crate) fn and_entity(self, entity: Option<&Entity>) -> Self {
        let Some(entity) = entity else { return self };
        let value = || Value::Text(entity.value.clone());
        let token = || Value::Text(entity.token());
        match entity.kind {
            EntityKind::Host => self.and("host = {}", value()),
            EntityKind::User => {
                self.and_all("(user = {} OR has(observed, {}))", [value(), token()])
            }
            EntityKind::Ip => self.and_all(
                "(src_ip = toIPv6({}) OR dst_ip = toIPv6({}) OR has(observed, {}))",
                [value(), value(), token()],
            ),
            EntityKind::Hash | EntityKind::Domain => self.and("has(observed, {})", token()),
        }
    }

    /// Adds that the alert has this entity, itself or in its evidence.
    pub(crate) fn and_alert_entity(self, entity: Option<&Entity>) -> Self {
        self.and_some("has(entities, {})", entity.map(|e| Value::Text(e.alert_token())))
    }
}

impl Store {
    /// What is known of an entity within the scope: by agency and role, and its alerts. An entity that
    /// no event of the scope has is known by empty lists.
    pub async fn entity(&self, scope: &Scope, entity: &Entity) -> Result<EntityProfile, Error> {
        let filter = AlertFilter { entity: Some(entity.clone()), ..AlertFilter::default() };
        let mut seen = Vec::new();
        for (role, condition, value) in entity.roles() {
            let sql = "SELECT agency, toUnixTimestamp64Milli(min(time)) AS first_ms, \
                 toUnixTimestamp64Milli(max(time)) AS last_ms, count() AS total \
                 FROM events WHERE {where} GROUP BY agency ORDER BY agency";
            let select = Select::of(scope, None).and(condition, value);
            let rows: Vec<SeenRow> = select.fetch(self, "read an entity", sql).await?;
            seen.extend(rows.into_iter().map(|row| EntitySeen {
                agency: row.agency,
                role,
                first: row.first_ms,
                last: row.last_ms,
                events: row.total,
            }));
        }
        let alerts = self.alert_counts(scope, &filter).await?;
        Ok(EntityProfile { kind: entity.kind, value: entity.value.clone(), seen, alerts })
    }

    /// How many events of each day (Dhaka's, of their own time) have an entity, by agency and role, from
    /// the day of `range`'s begin to that of its end; days without any are left out.
    pub async fn entity_days(
        &self,
        scope: &Scope,
        entity: &Entity,
        range: Range,
    ) -> Result<Vec<EntityDay>, Error> {
        let mut days = Vec::new();
        for (role, condition, value) in entity.roles() {
            let sql = "SELECT toInt64(toDate(addHours(time, 6))) AS number, agency, \
                 count() AS total FROM events WHERE {where} \
                 GROUP BY toDate(addHours(time, 6)), agency ORDER BY number, agency";
            let rows: Vec<DayRow> = Select::of(scope, None)
                .and(condition, value)
                .and("toDate(addHours(time, 6)) >= toDate({})", day::number(range.from_ms))
                .and("toDate(addHours(time, 6)) <= toDate({})", day::number(range.to_ms))
                .fetch(self, "read an entity's days", sql)
                .await?;
            days.extend(rows.into_iter().map(|row| EntityDay {
                day: day::begin_ms(row.number),
                agency: row.agency,
                role,
                events: row.total,
            }));
        }
        days.sort_by(|a, b| (a.day, &a.agency, a.role).cmp(&(b.day, &b.agency, b.role)));
        Ok(days)
    }

    /// What else stands in the events of an entity in `range`: hosts, users and addresses, the most
    /// frequent of each kind first, at most `limit` of a kind.
    pub async fn entity_related(
        &self,
        scope: &Scope,
        entity: &Entity,
        range: Range,
        limit: u32,
    ) -> Result<Vec<Related>, Error> {
        let limit = limit.clamp(1, RELATED_MAX);
        let mut related = Vec::new();
        for (kind, role, column, unknown) in RELATED {
            let sql = format!(
                "SELECT {column} AS value, count() AS total, \
                 toUnixTimestamp64Milli(min(time)) AS first_ms, \
                 toUnixTimestamp64Milli(max(time)) AS last_ms FROM events \
                 WHERE {{where}} AND {unknown} GROUP BY value ORDER BY total DESC, value LIMIT {limit}"
            );
            let rows: Vec<RelatedRow> = Select::of(scope, None)
                .and("time >= fromUnixTimestamp64Milli({})", range.from_ms)
                .and("time < fromUnixTimestamp64Milli({})", range.to_ms)
                .and_entity(Some(entity))
                .fetch(self, "read what is related to an entity", &sql)
                .await?;
            let others = rows
                .into_iter()
                .filter(|row| (kind, &row.value) != (entity.kind, &entity.value))
                .map(|row| Related {
                    kind,
                    role,
                    value: row.value,
                    events: row.total,
                    first: row.first_ms,
                    last: row.last_ms,
                });
            related.extend(others);
        }
        Ok(related)
    }
}

/// Kind, role, column as text, and what the column must not be.
const RELATED: [(EntityKind, &str, &str, &str); 4] = [
    (EntityKind::Host, "device", "toString(host)", "host != ''"),
    (EntityKind::User, "user", "user", "user != ''"),
    (EntityKind::Ip, "source", ADDRESS_SOURCE, "src_ip != toIPv6('::')"),
    (EntityKind::Ip, "destination", ADDRESS_DESTINATION, "dst_ip != toIPv6('::')"),
];
const ADDRESS_SOURCE: &str = "replaceOne(toString(src_ip), '::ffff:', '')";
const ADDRESS_DESTINATION: &str = "replaceOne(toString(dst_ip), '::ffff:', '')";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_taken_as_the_tables_hold_it() {
        use EntityKind::{Domain, Hash, Host, Ip, User};
        for (kind, value, expected) in [
            (Host, " Web-01 ", Some("Web-01")),
            (User, "আনিস", Some("আনিস")),
            (User, "", None),
            (Ip, "::ffff:203.0.113.9", Some("203.0.113.9")),
            (Ip, "2001:DB8:0::1", Some("2001:db8::1")),
            (Ip, "203.0.113.300", None),
            (Hash, "ABCDEF01", Some("abcdef01")),
            (Hash, "xyz", None),
            (Domain, "Evil.Example.", Some("evil.example")),
        ] {
            let entity = Entity::new(kind, value).ok();
            assert_eq!(entity.as_ref().map(Entity::value), expected, "{kind:?} {value}");
        }
        assert!(Entity::new(Host, &"x".repeat(VALUE_BYTES_MAX + 1)).is_err());
    }
}
