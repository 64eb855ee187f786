//! The alert queue, at the number of alerts of years.

use super::engine::{DATABASE, Engine};
use super::questions::Times;
use crate::history::{History, START_S, Telling, agency};
use std::fmt::Write as _;
use std::sync::Arc;
use store::{AlertFilter, AlertRow, Block, Order, Page, Place, Scope, State, Store};
use tokio::runtime::Runtime;

/// Alerts of an insert.
const BLOCK: u64 = 10_000;
/// How long apart they arrive: a million in 60 days, as a queue of two months.
const STEP_MS: u64 = 5_184;
/// How often each question is asked.
const TIMES: u64 = 15;

pub(super) fn measure(
    runtime: &Runtime,
    engine: &Engine,
    history: &History,
    alerts: u64,
    table: &mut String,
) -> anyhow::Result<()> {
    anyhow::ensure!(history.len() > 0, "the rules raise no alert on the events");
    let store = Store::connect(&store::Config::new(&engine.url(), DATABASE)?);
    for first in (0..alerts).step_by(BLOCK as usize) {
        let block = Arc::new(block(history, first..alerts.min(first + BLOCK))?);
        runtime.block_on(store.insert(&block, &format!("alerts/0/{first}")))?;
    }
    engine.settle()?;
    let bytes = engine.sql(
        "SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND table = 'alerts' AND active",
    )?;
    writeln!(
        table,
        "\n{alerts} alerts made of {} different ones, {:.0} bytes an alert with its evidence:\n\n\
         | the queue | ms: median | highest |\n| --- | --- | --- |",
        history.len(),
        bytes.parse::<f64>()? / alerts as f64,
    )?;
    for (words, filter, page) in questions(alerts)? {
        let ask = |turn: u64| -> anyhow::Result<()> {
            let scope = Scope::of([model::Agency::new(&agency(turn % 5))?]);
            let scope = if filter.agency.is_some() { scope } else { Scope::all() };
            let filter = AlertFilter { agency: None, ..filter.clone() };
            let found = runtime.block_on(store.alerts(&scope, &filter, &page))?;
            anyhow::ensure!(!found.items.is_empty(), "{words}: nothing found");
            Ok(())
        };
        ask(TIMES)?;
        let times = Times::of(TIMES, ask)?;
        writeln!(table, "| {words} | {:.0} | {:.0} |", times.median(), times.highest())?;
    }
    let times = Times::of(TIMES, |_| {
        let counts =
            runtime.block_on(store.alert_counts(&Scope::all(), &AlertFilter::default()))?;
        anyhow::ensure!(counts.total == alerts, "{} counted", counts.total);
        Ok(())
    })?;
    writeln!(table, "| counts of all | {:.0} | {:.0} |", times.median(), times.highest())?;
    Ok(())
}

type Question = (&'static str, AlertFilter, Page);

fn questions(alerts: u64) -> anyhow::Result<Vec<Question>> {
    let open = AlertFilter {
        state: vec![State::New, State::Acknowledged, State::InProgress],
        severity_min: Some(4),
        ..AlertFilter::default()
    };
    let own = AlertFilter { agency: model::Agency::new("a00").ok(), ..open.clone() };
    let nobody = AlertFilter { assignee: Some(String::new()), ..open.clone() };
    let first = Page::first(50);
    let deep_ms = START_S * 1_000 + (alerts / 2 * STEP_MS) as i64;
    let deep = Page { after: Some(format!("{deep_ms}.zzz").parse()?), ..first.clone() };
    let risk = Page { order: Order::Risk, ..first.clone() };
    let groups = Page { grouped: true, ..first.clone() };
    let recent = AlertFilter {
        from_ms: Some(START_S * 1_000 + (alerts * STEP_MS) as i64 - 7 * 86_400_000),
        ..open.clone()
    };
    Ok(vec![
        ("first page, no filter", AlertFilter::default(), first.clone()),
        ("first page, open and high", open.clone(), first.clone()),
        ("first page, open and high, of one agency", own, first.clone()),
        ("first page, open, high and nobody's", nobody, first),
        ("page behind 500,000", open.clone(), deep),
        ("by risk, first page, open and high", open, risk),
        ("by groups, first page, open and high, 7 days", recent, groups),
    ])
}

fn block(history: &History, numbers: std::ops::Range<u64>) -> anyhow::Result<Block> {
    let mut block = Block::alerts();
    for number in numbers {
        let time_ms = START_S * 1_000 + (number * STEP_MS) as i64;
        let mut json = String::with_capacity(4_000);
        let whose = history.tell(Telling { number, time_ms }, &mut json);
        let topic = format!("raw.{}", agency(whose));
        let place = Place { partition: 0, offset: number };
        let row =
            AlertRow::new(json.as_bytes(), &topic, time_ms, place).map_err(anyhow::Error::msg)?;
        block.push_alert(&row);
    }
    Ok(block)
}
