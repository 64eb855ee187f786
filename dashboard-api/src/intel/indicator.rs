//! Single indicators: looked up, and withdrawn where a feed is wrong.

use super::Intel;
use crate::Error;
use crate::roles::{Agencies, EVERYWHERE};
use crate::work::case::Tlp;
use crate::work::names::names;
use cidr::Net;
use indicators::Value;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row, params, params_from_iter};
use std::net::IpAddr;

names! {
    /// What an indicator names.
    IndicatorKind {
        /// An address or a network.
        Address = "address",
        /// A domain, with its subdomains.
        Domain = "domain",
        /// A file's digest.
        Hash = "hash",
        /// A URL.
        Url = "url",
        /// An e-mail address.
        Email = "email",
    }
}

impl From<indicators::Kind> for IndicatorKind {
    fn from(kind: indicators::Kind) -> Self {
        match kind {
            indicators::Kind::Address => Self::Address,
            indicators::Kind::Domain => Self::Domain,
            indicators::Kind::Hash => Self::Hash,
            indicators::Kind::Url => Self::Url,
            indicators::Kind::Email => Self::Email,
        }
    }
}

impl From<IndicatorKind> for indicators::Kind {
    fn from(kind: IndicatorKind) -> Self {
        match kind {
            IndicatorKind::Address => Self::Address,
            IndicatorKind::Domain => Self::Domain,
            IndicatorKind::Hash => Self::Hash,
            IndicatorKind::Url => Self::Url,
            IndicatorKind::Email => Self::Email,
        }
    }
}

impl From<indicators::Tlp> for Tlp {
    fn from(tlp: indicators::Tlp) -> Self {
        match tlp {
            indicators::Tlp::Clear => Self::Clear,
            indicators::Tlp::Green => Self::Green,
            indicators::Tlp::Amber => Self::Amber,
            indicators::Tlp::AmberStrict => Self::AmberStrict,
            indicators::Tlp::Red => Self::Red,
        }
    }
}

impl From<Tlp> for indicators::Tlp {
    fn from(tlp: Tlp) -> Self {
        match tlp {
            Tlp::Clear => Self::Clear,
            Tlp::Green => Self::Green,
            Tlp::Amber => Self::Amber,
            Tlp::AmberStrict => Self::AmberStrict,
            Tlp::Red => Self::Red,
        }
    }
}

/// An indicator as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Indicator)]
pub(crate) struct Listed {
    pub(crate) id: String,
    /// The feed's id.
    pub(crate) feed: String,
    /// The feed's name.
    pub(crate) feed_name: String,
    /// In whose events it counts; `*` for everybody's.
    pub(crate) agency: String,
    pub(crate) kind: IndicatorKind,
    /// In the one form that all its spellings have; of a URL without its scheme.
    pub(crate) value: String,
    /// The feed's own id of it, or of the report that it stands in.
    pub(crate) reference: Option<String>,
    /// Whom the feed has it from.
    pub(crate) source: Option<String>,
    /// What it is about.
    pub(crate) label: Option<String>,
    /// From 0 to 100: its own, else the feed's.
    pub(crate) confidence: Option<u8>,
    pub(crate) tlp: Option<Tlp>,
    /// From when on it counts no longer: as it says itself, else the feed's days after it was last listed.
    pub(crate) expires: Option<i64>,
    pub(crate) added: i64,
    pub(crate) added_by: String,
    /// When it was withdrawn; none: it counts.
    pub(crate) withdrawn: Option<i64>,
    pub(crate) withdrawn_by: Option<String>,
    /// Why.
    pub(crate) reason: Option<String>,
}

/// Which indicators.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Of feeds that count in everybody's events, and of those of these agencies.
    pub(crate) agencies: Agencies,
    pub(crate) feed: Option<i64>,
    pub(crate) kind: Option<IndicatorKind>,
    /// Such as would be seen in an event with this value.
    pub(crate) value: Option<String>,
    pub(crate) withdrawn: Option<bool>,
    /// Before the one with this id.
    pub(crate) before: Option<i64>,
    pub(crate) limit: u32,
}

/// Of `indicators i` and `feeds f`.
pub(super) const COLUMNS: &str = "i.id, i.feed, json_extract(f.spec, '$.name'), f.agency, i.kind, i.value, \
    i.reference, i.source, i.label, ifnull(i.confidence, json_extract(f.spec, '$.confidence')), \
    ifnull(i.tlp, json_extract(f.spec, '$.tlp')), \
    ifnull(i.expires, i.listed_ms / 1000 + 86400 * json_extract(f.spec, '$.days')) AS ends, \
    i.added_ms, i.added_by, i.withdrawn_ms, i.withdrawn_by, i.reason";

impl Intel {
    /// The newest first, at most as many as wanted.
    pub(crate) async fn indicators(&self, wanted: Wanted) -> Result<Vec<Listed>, Error> {
        self.database.call("read indicators", move |connection| list(connection, &wanted)).await
    }

    /// One of them, if its feed counts in everybody's events or in those of `agencies`.
    pub(crate) async fn indicator(
        &self,
        id: i64,
        agencies: Agencies,
    ) -> Result<Option<Listed>, Error> {
        let wanted = Wanted {
            agencies,
            feed: None,
            kind: None,
            value: None,
            withdrawn: None,
            before: Some(id.saturating_add(1)),
            limit: 1,
        };
        let found = self.indicators(wanted).await?.pop();
        Ok(found.filter(|listed| listed.id == id.to_string()))
    }

    /// Withdraws an indicator for that reason, or without one puts it in force again; it stays so when
    /// its feed lists it anew. Whether anything changed.
    pub(crate) async fn withdraw(
        &self,
        id: i64,
        reason: Option<String>,
        by: &str,
    ) -> Result<bool, Error> {
        let (by, now_ms) = (by.to_owned(), self.clock.now_ms());
        let change = move |connection: &mut Connection| match reason {
            Some(reason) => connection.execute(
                "UPDATE indicators SET withdrawn_ms = ?2, withdrawn_by = ?3, reason = ?4 \
                 WHERE id = ?1 AND withdrawn_ms IS NULL",
                params![id, now_ms, by, reason],
            ),
            None => connection.execute(
                "UPDATE indicators SET withdrawn_ms = NULL, withdrawn_by = NULL, reason = NULL \
                 WHERE id = ?1 AND withdrawn_ms IS NOT NULL",
                [id],
            ),
        };
        let changed = self.database.call("withdraw an indicator", change).await? > 0;
        if changed {
            self.changed.notify_one();
        }
        Ok(changed)
    }
}

fn list(connection: &Connection, wanted: &Wanted) -> Result<Vec<Listed>, rusqlite::Error> {
    let mut sql = format!(
        "SELECT {COLUMNS} FROM indicators i JOIN feeds f ON f.id = i.feed WHERE f.deleted = 0"
    );
    let mut values: Vec<Sql> = Vec::new();
    let mut among = |sql: &mut String, column: &str, members: Vec<Sql>| {
        let marks = vec!["?"; members.len()].join(", ");
        sql.push_str(&format!(" AND {column} IN ({marks})"));
        values.extend(members);
    };
    if let Agencies::Of(agencies) = &wanted.agencies {
        let own = agencies.iter().map(|agency| agency.as_str().to_owned());
        let all = own.chain([EVERYWHERE.to_owned()]).map(Sql::Text).collect();
        among(&mut sql, "f.agency", all);
    }
    if let Some(feed) = wanted.feed {
        among(&mut sql, "i.feed", vec![Sql::Integer(feed)]);
    }
    if let Some(kind) = wanted.kind {
        among(&mut sql, "i.kind", vec![Sql::Text(kind.as_str().into())]);
    }
    if let Some(value) = &wanted.value {
        among(&mut sql, "i.value", covering(value).into_iter().map(Sql::Text).collect());
    }
    match wanted.withdrawn {
        Some(true) => sql.push_str(" AND i.withdrawn_ms IS NOT NULL"),
        Some(false) => sql.push_str(" AND i.withdrawn_ms IS NULL"),
        None => {}
    }
    if let Some(before) = wanted.before {
        sql.push_str(" AND i.id < ?");
        values.push(Sql::Integer(before));
    }
    sql.push_str(" ORDER BY i.id DESC LIMIT ?");
    values.push(Sql::Integer(wanted.limit.into()));
    connection.prepare_cached(&sql)?.query_map(params_from_iter(values), read)?.collect()
}

/// The values under which something would be listed that an event with this value hits: itself, the
/// domains that it lies in, the networks that hold it, a URL's host.
fn covering(text: &str) -> Vec<String> {
    let Some(value) = Value::guess(text) else { return vec![text.trim().to_owned()] };
    let mut found = vec![value.text().into_owned()];
    let parents = |name: &str, found: &mut Vec<String>| {
        let mut name = name;
        while let Some((_, parent)) = name.split_once('.').filter(|(_, rest)| rest.contains('.')) {
            found.push(parent.to_owned());
            name = parent;
        }
    };
    match &value {
        Value::Net(net) => found.extend(net.address().map(networks).unwrap_or_default()),
        Value::Domain(name) => parents(name, &mut found),
        Value::Email(address) => {
            if let Some((_, domain)) = address.rsplit_once('@') {
                found.push(domain.to_owned());
                parents(domain, &mut found);
            }
        }
        Value::Url(url) => {
            let bare = url.split('?').next().unwrap_or(url);
            let host = bare.split('/').next().unwrap_or(bare);
            found.push(bare.to_owned());
            found.extend(covering(host));
        }
        Value::Hash(_) => {}
    }
    found
}

/// Every network that holds an address.
fn networks(address: IpAddr) -> Vec<String> {
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let of = |prefix| Net::parse(&format!("{address}/{prefix}")).map(|net| net.to_string());
    (0..bits).rev().filter_map(of).collect()
}

pub(super) fn count(row: &Row<'_>, index: usize) -> Result<u64, rusqlite::Error> {
    let count: i64 = row.get(index)?;
    Ok(count.unsigned_abs())
}

fn read(row: &Row<'_>) -> Result<Listed, rusqlite::Error> {
    let text = |index: usize| -> Result<Option<String>, rusqlite::Error> {
        let text: String = row.get(index)?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    };
    let seconds: Option<i64> = row.get(11)?;
    Ok(Listed {
        id: row.get::<_, i64>(0)?.to_string(),
        feed: row.get::<_, i64>(1)?.to_string(),
        feed_name: row.get(2)?,
        agency: row.get(3)?,
        kind: row.get(4)?,
        value: row.get(5)?,
        reference: text(6)?,
        source: text(7)?,
        label: row.get(8)?,
        confidence: row.get(9)?,
        tlp: row.get(10)?,
        expires: seconds.map(|seconds| seconds.saturating_mul(1_000)),
        added: row.get(12)?,
        added_by: row.get(13)?,
        withdrawn: row.get(14)?,
        withdrawn_by: row.get(15)?,
        reason: row.get(16)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_looked_up_under_all_that_would_hit_it() {
        for (text, expected) in [
            ("a.b.Evil[.]example", "a.b.evil.example b.evil.example evil.example"),
            ("https://evil.example/x?y", "evil.example/x?y evil.example/x evil.example"),
            ("bad@mail.evil.example", "bad@mail.evil.example mail.evil.example evil.example"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(covering(text).join(" "), expected, "{text}");
        }
        let covered = covering("203.0.113.9");
        assert_eq!(covered.len(), 33);
        assert_eq!(covered[0], "203.0.113.9");
        assert!(covered.contains(&"203.0.113.0/24".to_owned()), "{covered:?}");
        assert_eq!(covering("2001:db8::1").len(), 129);
    }
}
