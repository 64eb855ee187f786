//! Reading events: pages, one whole event, histograms, and what happened around a moment.

use crate::cursor::cut_page;
use crate::rows::{Parts, join};
use crate::select::Select;
use crate::views::{Activity, EventDetail, EventPage, EventSummary, Histogram};
use crate::{Cursor, Error, EventFilter, Page, Scope, Store};
use clickhouse::Row;
use serde::Deserialize;
use std::borrow::Cow;
use std::net::Ipv6Addr;

/// The most buckets of a histogram: more than a screen is wide serves nobody.
pub const BUCKETS_MAX: u32 = 2_000;

/// The columns of [`SummaryRow`].
pub(crate) const SUMMARY: &str = "lower(hex(uid)) AS uid_hex, toUnixTimestamp64Milli(time) AS time_ms, agency, \
    host, source, class_uid, severity_id, message, user, src_ip, dst_ip, \
    substringUTF8(raw, 1, 500) AS raw_start, \
    if(message != '', [], [JSONExtractString(rest, 'type_name'), arrayFirst(t -> t != '', [ \
        JSONExtractString(rest, 'process', 'cmd_line'), JSONExtractString(rest, 'file', 'path'), \
        JSONExtractString(rest, 'reg_value', 'path'), JSONExtractString(rest, 'reg_key', 'path'), \
        JSONExtractString(rest, 'query', 'hostname'), \
        JSONExtractString(rest, 'http_request', 'url', 'url_string'), \
        JSONExtractString(rest, 'job', 'name'), JSONExtractString(rest, 'group', 'name'), \
        JSONExtractString(rest, 'api', 'operation'), \
        JSONExtractString(rest, 'finding_info', 'title'), process])]) AS gist";

/// The columns of [`DocumentRow`].
pub(crate) const DOCUMENT: &str = "lower(hex(uid)) AS uid_hex, toUnixTimestamp64Milli(time) AS time_ms, \
    toUnixTimestamp64Milli(logged_time) AS logged_ms, \
    toUnixTimestamp64Milli(processed_time) AS processed_ms, message, raw, rest";

#[derive(Row, Deserialize)]
pub(crate) struct SummaryRow {
    uid_hex: String,
    time_ms: i64,
    agency: String,
    host: String,
    source: String,
    class_uid: u32,
    severity_id: u8,
    message: String,
    user: String,
    src_ip: Ipv6Addr,
    dst_ip: Ipv6Addr,
    raw_start: String,
    gist: Vec<String>,
}

#[derive(Row, Deserialize)]
pub(crate) struct DocumentRow {
    uid_hex: String,
    time_ms: i64,
    logged_ms: i64,
    processed_ms: i64,
    message: String,
    raw: String,
    rest: String,
}

#[derive(Row, Deserialize)]
struct BucketRow {
    bucket: i64,
    events: u64,
}

#[derive(Row, Deserialize)]
struct ActivityRow {
    time_ms: i64,
    agency: String,
    source: String,
    total: u64,
}

impl Store {
    /// Events, newest first.
    pub async fn events(
        &self,
        scope: &Scope,
        filter: &EventFilter,
        page: &Page,
    ) -> Result<EventPage, Error> {
        let sql = format!(
            "SELECT {SUMMARY} FROM events WHERE {{where}} ORDER BY time DESC, uid DESC LIMIT {}",
            page.limit() + 1,
        );
        let rows: Vec<SummaryRow> = Select::events(scope, filter)
            .and_some(
                "time <= fromUnixTimestamp64Milli({})",
                page.after.as_ref().map(|cursor| cursor.time_ms),
            )
            .after("(time, uid) < (fromUnixTimestamp64Milli({}), unhex({}))", page.after.as_ref())
            .fetch(self, "search events", &sql)
            .await?;
        let items: Vec<EventSummary> = rows.into_iter().map(EventSummary::from).collect();
        let cursor = |item: &EventSummary| Cursor::at(item.time, &item.uid);
        let (items, next) = cut_page(items, page.limit(), cursor);
        Ok(EventPage { items, next })
    }

    /// The event with this `metadata.uid`. Should a collector have used an id twice, the one that
    /// arrived last.
    pub async fn event(&self, scope: &Scope, uid: &str) -> Result<Option<EventDetail>, Error> {
        let sql = format!(
            "SELECT {DOCUMENT} FROM events WHERE {{where}} ORDER BY kafka_time DESC LIMIT 1"
        );
        if uid.len() != 32 || !uid.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let rows: Vec<DocumentRow> = Select::of(scope, None)
            .and("uid = toFixedString(unhex({}), 16)", uid)
            .fetch(self, "read an event", &sql)
            .await?;
        Ok(rows.into_iter().next().map(EventDetail::from))
    }

    /// Counts by time, in at most `buckets` equal steps from `from_ms` on.
    pub async fn event_histogram(
        &self,
        scope: &Scope,
        filter: &EventFilter,
        buckets: u32,
    ) -> Result<Histogram, Error> {
        let buckets = i64::from(buckets.clamp(1, BUCKETS_MAX));
        let span = filter.to_ms.saturating_sub(filter.from_ms).max(1);
        let bucket_ms = span.div_euclid(buckets) + i64::from(span % buckets != 0);
        let mut select = Select::events(scope, filter);
        let (from, step) = (select.value(filter.from_ms), select.value(bucket_ms));
        let sql = format!(
            "SELECT intDiv(toUnixTimestamp64Milli(time) - {from}, {step}) AS bucket, \
             count() AS events FROM events WHERE {{where}} GROUP BY bucket"
        );
        let rows: Vec<BucketRow> = select.fetch(self, "count events by time", &sql).await?;
        let steps = span.div_euclid(bucket_ms) + i64::from(span % bucket_ms != 0);
        let time = |step: i64| filter.from_ms.saturating_add(step.saturating_mul(bucket_ms));
        let mut items: Vec<(i64, u64)> = (0..steps).map(|step| (time(step), 0)).collect();
        for row in rows {
            let index = usize::try_from(row.bucket).ok();
            if let Some(item) = index.and_then(|index| items.get_mut(index)) {
                item.1 = row.events;
            }
        }
        Ok(Histogram { bucket_ms, items })
    }

    /// What a host did within `span_ms` either way of `around_ms`: the events nearest to it where
    /// there are more than `limit`, newest first.
    pub async fn entity_events(
        &self,
        scope: &Scope,
        host: &str,
        around_ms: i64,
        span_ms: i64,
        limit: u32,
    ) -> Result<Vec<EventSummary>, Error> {
        let filter = EventFilter {
            from_ms: around_ms.saturating_sub(span_ms),
            to_ms: around_ms.saturating_add(span_ms).saturating_add(1),
            host: Some(host.to_owned()),
            ..EventFilter::default()
        };
        let mut select = Select::events(scope, &filter);
        let around = select.value(around_ms);
        let sql = format!(
            "SELECT {SUMMARY} FROM events WHERE {{where}} \
             ORDER BY abs(time_ms - {around}), uid LIMIT {}",
            limit.clamp(1, Page::LIMIT_MAX),
        );
        let rows: Vec<SummaryRow> = select.fetch(self, "read a timeline", &sql).await?;
        let mut items: Vec<EventSummary> = rows.into_iter().map(EventSummary::from).collect();
        items.sort_by(|a, b| (b.time, &b.uid).cmp(&(a.time, &a.uid)));
        Ok(items)
    }

    /// Events by agency, source and five minutes of their own time; every statement on time is of
    /// the shape of the projection `events_5m`, which answers it without reading events.
    pub async fn activity(
        &self,
        scope: &Scope,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Activity>, Error> {
        let sql = "SELECT toInt64(toUnixTimestamp(toStartOfFiveMinutes(time))) * 1000 AS time_ms, \
             agency, source, count() AS total FROM events WHERE {where} \
             GROUP BY toStartOfFiveMinutes(time), agency, source \
             ORDER BY time_ms, agency, source";
        let rows: Vec<ActivityRow> = Select::of(scope, None)
            .and("toStartOfFiveMinutes(time) >= fromUnixTimestamp64Milli({})", from_ms)
            .and("toStartOfFiveMinutes(time) < fromUnixTimestamp64Milli({})", to_ms)
            .fetch(self, "read the five-minute counts", sql)
            .await?;
        let view = |row: ActivityRow| Activity {
            time: row.time_ms,
            agency: row.agency,
            source: row.source,
            events: row.total,
        };
        Ok(rows.into_iter().map(view).collect())
    }
}

impl From<SummaryRow> for EventSummary {
    fn from(row: SummaryRow) -> Self {
        let (src_ip, dst_ip) = (address(row.src_ip), address(row.dst_ip));
        let between = match (&*src_ip, &*dst_ip) {
            ("", "") => String::new(),
            (one, "") | ("", one) => one.to_owned(),
            (from, to) => format!("{from} → {to}"),
        };
        // An event with a message has no parts, and needs none.
        let last = if row.gist.is_empty() { Vec::new() } else { vec![row.user.clone(), between] };
        let parts = row.gist.into_iter().chain(last).filter(|part| !part.is_empty());
        Self {
            gist: parts.collect::<Vec<_>>().join(" · "),
            uid: row.uid_hex,
            time: row.time_ms,
            agency: row.agency,
            host: row.host,
            source: row.source,
            class_uid: row.class_uid,
            severity_id: row.severity_id,
            message: row.message,
            user: row.user,
            src_ip,
            dst_ip,
            raw: row.raw_start,
        }
    }
}

impl From<DocumentRow> for EventDetail {
    fn from(row: DocumentRow) -> Self {
        let uid = u128::from_str_radix(&row.uid_hex, 16).unwrap_or_default().to_be_bytes();
        let parts = Parts {
            uid,
            logged_ms: row.logged_ms,
            processed_ms: row.processed_ms,
            time_ms: row.time_ms,
            message: Cow::Owned(row.message),
            raw: Cow::Borrowed(&row.raw),
            rest: row.rest,
        };
        Self { event: join(&parts), raw: row.raw.clone() }
    }
}

/// An address as people write it; `::` stands for none.
fn address(ip: Ipv6Addr) -> String {
    match ip.to_ipv4_mapped() {
        Some(v4) => v4.to_string(),
        None if ip.is_unspecified() => String::new(),
        None => ip.to_string(),
    }
}
