//! What is told of an alert again: its count and its last event, as a row beside it.

use super::alert::AlertRow;
use super::block::{Block, Row, Table};
use super::{Place, encode};

/// A row of table `alert_updates`.
struct AlertUpdateRow<'r, 'a>(&'r AlertRow<'a>);

impl Block {
    /// An empty block of updates.
    pub fn alert_updates() -> Self {
        Self::new::<AlertUpdateRow<'_, '_>>()
    }

    /// Adds what is told of an alert again ([`AlertRow::is_update`]).
    pub fn push_alert_update(&mut self, row: &AlertRow<'_>) {
        let offset = row.place.map_or(0, |place| place.offset);
        self.push(&AlertUpdateRow(row), offset, row.created_ms, &row.id);
    }
}

impl Row for AlertUpdateRow<'_, '_> {
    const TABLE: Table = Table::AlertUpdates;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("agency", "LowCardinality(String)"),
        ("id", "String"),
        ("kafka_time", "DateTime64(3, 'UTC')"),
        ("event_count", "UInt32"),
        ("last_time", "DateTime64(3, 'UTC')"),
        ("message", "String"),
        ("message_bn", "String"),
        ("finding", "String"),
        ("topic", "LowCardinality(String)"),
        ("partition", "UInt16"),
        ("offset", "UInt64"),
    ];

    fn encode(&self, out: &mut Vec<u8>) {
        let Self(alert) = self;
        let place = alert.place.unwrap_or(Place { partition: 0, offset: 0 });
        encode::bytes(out, alert.agency.as_bytes());
        encode::bytes(out, alert.id.as_bytes());
        out.extend_from_slice(&alert.created_ms.to_le_bytes());
        out.extend_from_slice(&alert.event_count.to_le_bytes());
        out.extend_from_slice(&alert.last_ms.to_le_bytes());
        for text in [&*alert.message, &alert.message_bn, alert.finding] {
            encode::bytes(out, text.as_bytes());
        }
        encode::bytes(out, model::topic::ALERTS.as_bytes());
        out.extend_from_slice(&place.partition.to_le_bytes());
        out.extend_from_slice(&place.offset.to_le_bytes());
    }
}
