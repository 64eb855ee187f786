//! What rules raise on stored events: the detector's own alerts, counted by day and agency.

use super::set::File;
use crate::jobs::Progress;
use mapping::Tables;
use model::day;
use query::Range;
use query::sql::{Condition, candidates};
use serde::Serialize;
use serde_json::Value;
use sigma::{Document, Placeholders};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Arc;
use store::{History, HistoryOptions, Scope, Store};
use trial::Bench;

/// Alerts that are shown whole; the others are counted.
const SAMPLES_MAX: usize = 20;

/// What is needed to hunt; clones share it.
#[derive(Clone)]
pub(crate) struct Hunter {
    pub(crate) store: Store,
    pub(crate) bench: Arc<dyn Bench>,
    pub(crate) tables: Arc<Tables>,
    pub(crate) placeholders: Arc<Placeholders>,
}

/// What to hunt for, where and when.
#[derive(Debug, Clone)]
pub(crate) struct Hunt {
    /// The rules with what they need.
    pub(crate) files: Vec<File>,
    /// Alerts of these rules count; none: of all.
    pub(crate) own: Vec<String>,
    pub(crate) scope: Scope,
    pub(crate) range: Range,
    /// At most so many events are asked; none: all.
    pub(crate) events_max: Option<u64>,
}

/// What was raised.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct Raised {
    /// From this time, in ms.
    pub(crate) from: i64,
    /// Before this time, in ms.
    pub(crate) to: i64,
    /// Events in the range.
    pub(crate) events: u64,
    /// Events that the rule could match, which were asked.
    pub(crate) read: u64,
    /// Whether there were more than could be asked.
    pub(crate) truncated: bool,
    pub(crate) alerts: u64,
    /// By day (UTC) and agency.
    pub(crate) days: Vec<DayCount>,
    /// The first of them.
    pub(crate) samples: Vec<RaisedAlert>,
}

/// The alerts of a day in an agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct DayCount {
    /// When the day begins, in ms.
    pub(crate) day: i64,
    pub(crate) agency: String,
    pub(crate) alerts: u64,
}

/// An alert that would have been raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct RaisedAlert {
    /// When, by the event.
    pub(crate) time: i64,
    pub(crate) agency: String,
    /// Empty where it is not known.
    pub(crate) host: String,
    pub(crate) message: String,
}

impl Hunter {
    /// Hunts, and tells `progress` how far it is. Blocks.
    pub(crate) fn run(&self, hunt: Hunt, progress: &Progress) -> Result<Raised, String> {
        let Hunt { files, own, scope, range, events_max } = hunt;
        let condition = self.condition(&files);
        let options = HistoryOptions { scope, condition, range, events_max };
        let history = History::start(self.store.clone(), options).map_err(|e| e.to_string())?;
        let reading = history.progress();
        let mut events = Watched { history, progress, range };
        let mut tally =
            Tally { own, line: Vec::new(), raised: Raised::default(), days: BTreeMap::new() };
        let done = self.bench.hunt(files, &mut events, &mut tally);
        drop(events);
        if let Some(error) = reading.failure() {
            return Err(service::telemetry::chain(&error));
        }
        done.map_err(|failed| failed.to_string())?;
        let counts = reading.counts();
        let mut raised = tally.raised;
        (raised.from, raised.to) = (range.from_ms, range.to_ms);
        (raised.events, raised.read, raised.truncated) =
            (counts.total, counts.read, counts.truncated);
        let day = |((day, agency), alerts)| DayCount { day, agency, alerts };
        raised.days = tally.days.into_iter().map(day).collect();
        Ok(raised)
    }

    /// What every event that some rule could match fulfils.
    fn condition(&self, files: &[File]) -> Condition {
        let mut exprs = Vec::new();
        for (name, text) in files {
            for document in sigma::parse(name, text, &self.placeholders).documents {
                if let Document::Rule(rule) = document {
                    exprs.push(query::of_rule(&rule));
                }
            }
        }
        candidates(&exprs, &self.tables, 0)
    }
}

/// The events, for as long as anybody wants to know.
struct Watched<'p> {
    history: History,
    progress: &'p Progress,
    range: Range,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.progress.is_cancelled() {
            return Ok(0);
        }
        let at = self.history.progress().counts().at_ms;
        let Range { from_ms, to_ms } = self.range;
        self.progress.set((at - from_ms) as f64 / (to_ms - from_ms).max(1) as f64);
        self.history.read(buffer)
    }
}

/// Counts alerts as they are written, one a line.
struct Tally {
    own: Vec<String>,
    line: Vec<u8>,
    raised: Raised,
    days: BTreeMap<(i64, String), u64>,
}

impl Write for Tally {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.take(&serde_json::from_slice(&line).unwrap_or_default());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Tally {
    fn take(&mut self, alert: &Value) {
        let text = |pointer| alert.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let rule = text("/finding_info/analytic/uid");
        if !self.own.is_empty() && !self.own.iter().any(|own| own == rule) {
            return;
        }
        let time = alert["time"].as_i64().unwrap_or_default();
        let agency = text("/metadata/tenant_uid").to_owned();
        self.raised.alerts += 1;
        *self.days.entry((day::begin_ms(day::number(time)), agency.clone())).or_default() += 1;
        if self.raised.samples.len() < SAMPLES_MAX {
            let (host, message) = (text("/device/hostname").into(), text("/message").into());
            self.raised.samples.push(RaisedAlert { time, agency, host, message });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn alerts_are_counted_however_they_are_cut() {
        let alert = |rule: &str, time: i64, agency: &str| {
            json!({
                "time": time, "message": "m", "metadata": {"tenant_uid": agency},
                "device": {"hostname": "h"}, "finding_info": {"analytic": {"uid": rule}},
            })
        };
        let midnight_ms = day::begin_ms(1);
        let lines: String = [
            alert("own", 1, "mof"),
            alert("other", 2, "mof"),
            alert("own", midnight_ms - 1, "mof"),
            alert("own", midnight_ms, "mof"),
            alert("own", midnight_ms, "moe"),
        ]
        .iter()
        .map(|alert| format!("{alert}\n"))
        .collect();
        let own = vec!["own".to_owned()];
        let raised = Raised::default();
        let mut tally = Tally { own, line: Vec::new(), raised, days: BTreeMap::new() };
        for byte in lines.as_bytes().chunks(7) {
            tally.write_all(byte).unwrap();
        }
        assert_eq!((tally.raised.alerts, tally.raised.samples.len()), (4, 4));
        let days: Vec<(i64, &str, u64)> =
            tally.days.iter().map(|((day, agency), n)| (*day, agency.as_str(), *n)).collect();
        assert_eq!(
            days,
            [(day::begin_ms(0), "mof", 2), (midnight_ms, "moe", 1), (midnight_ms, "mof", 1)]
        );
    }
}
