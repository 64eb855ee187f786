//! A search asked of one event in memory: plain and slow, the oracle for SQL.

use crate::field::{Column, Field, Kind};
use crate::fold::{fold, folded_column};
use crate::{Expr, Leaf};
use detect::naive::{Asked, route_key};
use detect::{Json, keys};
use mapping::{EventMap, Path, Tables};
use sigma::{Comparison, Matcher, Network, Pattern, Value};
use std::net::IpAddr;
use std::sync::Arc;

/// An event, ready to be asked.
#[derive(Debug)]
pub struct Evaluator<'a> {
    event: &'a Json,
    map: Arc<EventMap>,
    now_ms: i64,
}

impl<'a> Evaluator<'a> {
    /// An event as the tables see it; `now_ms` is what relative times count from.
    pub fn new(tables: &Tables, event: &'a Json, now_ms: i64) -> Self {
        let map = tables.event_map(&route_key(event)).unwrap_or_default();
        Self { event, map, now_ms }
    }

    /// Whether the event is found.
    pub fn holds(&self, expr: &Expr) -> bool {
        match expr {
            Expr::All(parts) => parts.iter().all(|part| self.holds(part)),
            Expr::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Expr::Not(inner) => !self.holds(inner),
            Expr::AtLeast(count, parts) => {
                parts.iter().filter(|part| self.holds(part)).take(*count).count() == *count
            }
            Expr::Leaf(leaf) => self.leaf(leaf),
        }
    }

    fn leaf(&self, leaf: &Leaf) -> bool {
        let asked = Asked::new(self.event, &self.map);
        match leaf {
            Leaf::Field(Field::Any, matcher) => asked.keyword_holds(matcher),
            Leaf::Field(Field::Sigma(name), matcher) => asked.field_holds(name, matcher),
            Leaf::Field(Field::Ocsf(path), matcher) => {
                let keys = keys(&Path::ocsf(path)).concat();
                asked.path_holds(&keys, matcher)
            }
            Leaf::Field(Field::Column(column), matcher) => self.column(*column, matcher, &asked),
            Leaf::Words(pattern) => self.words(pattern),
            Leaf::Source(source) => {
                let sigma::LogSource { product, category, service } = source.clone();
                asked.serves(&mapping::LogSource { product, category, service })
            }
            Leaf::Time(comparison, moment) => {
                let time = self.number("time").unwrap_or(0);
                compare(*comparison, time, moment.at(self.now_ms))
            }
            Leaf::Agency(agencies) => agencies.contains(&self.text("metadata.tenant_uid")),
        }
    }

    fn column(&self, column: Column, matcher: &Matcher, asked: &Asked<'_>) -> bool {
        let text = self.value(column);
        match matcher {
            Matcher::Null | Matcher::Exists(false) => text.is_empty(),
            Matcher::Exists(true) => !text.is_empty(),
            Matcher::Reference { field, anchor, cased } => {
                // Of texts, a field holds one that lies so in another exactly if that one has it.
                !text.is_empty()
                    && asked.any_text(field, &mut |other| anchor.holds(&text, other, *cased))
            }
            Matcher::Text { pattern, cased: false } if column.kind() == Kind::Address => {
                let network = pattern.as_literal().and_then(address);
                match network {
                    Some(network) => network.contains(&text),
                    None => !text.is_empty() && matcher.matches(Value::Text(&text)),
                }
            }
            _ if text.is_empty() => false,
            _ if column.kind() == Kind::Number => matcher.matches(Value::Number(&text)),
            _ => matcher.matches(Value::Text(&text)),
        }
    }

    /// What the column holds for the event, as text; empty where it holds nothing. The store's
    /// `rows/event.rs` fills the columns, and a test of the two together holds them to this.
    fn value(&self, column: Column) -> String {
        let number = |path: &str, max: i64| match self.number(path) {
            Some(number) if (1..=max).contains(&number) => number.to_string(),
            _ => String::new(),
        };
        match column {
            Column::User => match self.text("user.name") {
                name if name.is_empty() => self.text("actor.user.name"),
                name => name,
            },
            Column::Source => match self.text("metadata.log_source") {
                source if source.is_empty() => self.source_label(),
                source => source,
            },
            Column::SrcIp | Column::DstIp => {
                let address = self.text(column.path()).parse::<IpAddr>().ok();
                address.map_or_else(String::new, canonical)
            }
            Column::SrcPort | Column::DstPort => number(column.path(), i64::from(u16::MAX)),
            Column::Class => number(column.path(), i64::from(u32::MAX)),
            Column::Activity | Column::Severity | Column::Status => {
                number(column.path(), i64::from(u8::MAX))
            }
            _ => self.text(column.path()),
        }
    }

    fn source_label(&self) -> String {
        let Some(Json::List(labels)) = self.event.at("metadata.labels") else {
            return String::new();
        };
        let named = |label: &Json| label.text()?.strip_prefix("source:").map(str::to_owned);
        labels.iter().find_map(named).unwrap_or_default()
    }

    /// The text at a path, if a text is there.
    fn text(&self, path: &str) -> String {
        match self.event.at(path) {
            Some(Json::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    /// The whole number at a path, also one written as text.
    fn number(&self, path: &str) -> Option<i64> {
        match self.event.at(path) {
            Some(Json::Text(text) | Json::Number(text)) => text.parse().ok(),
            _ => None,
        }
    }

    /// Message and raw text, as [`crate::sql::TEXT`] folds them.
    fn words(&self, pattern: &Pattern) -> bool {
        let (message, raw) = (self.text("message"), self.text("raw_data"));
        let folded = folded_column(&[&message, &raw]);
        let text = [message, raw, folded].join("\n").to_ascii_lowercase();
        pattern.map_text(fold).any_before().any_after().fits(&text)
    }
}

/// An address alone, as the network of one.
pub(crate) fn address(text: &str) -> Option<Network> {
    text.parse::<IpAddr>().ok().and_then(|_| Network::parse(text))
}

/// As columns of addresses are shown: IPv4 as such; `::` stands for none.
fn canonical(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V6(v6) if v6.is_unspecified() => String::new(),
        address => address.to_string(),
    }
}

fn compare(comparison: Comparison, left: i64, right: i64) -> bool {
    match comparison {
        Comparison::Equal => left == right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
    }
}
