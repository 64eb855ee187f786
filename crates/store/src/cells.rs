//! Chosen fields of events that are shown already: the columns of a list.

use crate::search::in_range;
use crate::select::Value;
use crate::views::EventSummary;
use crate::{Error, Scope, Store};
use clickhouse::Row;
use mapping::Tables;
use query::{Field, Range, sql};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Row, Deserialize)]
struct CellsRow {
    uid_hex: String,
    cells: Vec<String>,
}

impl Store {
    /// The first value of each of `fields` as text, for each of `events` in their order; empty where
    /// an event has no such field.
    pub async fn event_cells(
        &self,
        scope: &Scope,
        events: &[EventSummary],
        fields: &[Field],
        tables: &Tables,
        now_ms: i64,
    ) -> Result<Vec<Vec<String>>, Error> {
        let times = || events.iter().map(|event| event.time);
        let (Some(from_ms), Some(to_ms), false) = (times().min(), times().max(), fields.is_empty())
        else {
            return Ok(vec![Vec::new(); events.len()]);
        };
        let (condition, texts) = sql::texts(fields, tables, now_ms);
        let uids = events.iter().map(|event| event.uid.clone()).collect();
        let sql = format!(
            "SELECT lower(hex(uid)) AS uid_hex, [{}] AS cells FROM events WHERE {{where}}",
            texts.join(", ")
        );
        let rows: Vec<CellsRow> = in_range(scope, Range { from_ms, to_ms: to_ms + 1 })
            .and("uid IN arrayMap(u -> toFixedString(unhex(u), 16), {})", Value::Texts(uids))
            .and_search(Some(&condition))
            .fetch(self, "read fields of events", &sql)
            .await?;
        let mut found: HashMap<String, Vec<String>> =
            rows.into_iter().map(|row| (row.uid_hex, row.cells)).collect();
        let none = || vec![String::new(); fields.len()];
        Ok(events.iter().map(|event| found.remove(&event.uid).unwrap_or_else(none)).collect())
    }
}
