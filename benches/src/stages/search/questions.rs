//! Questions of analysts, to the store and to the plain table.

use super::engine::Engine;
use super::fill::{DAYS, Filled, NEEDLE_EVERY, needle};
use crate::history::{START_S, agency};
use anyhow::Context as _;
use mapping::Tables;
use model::Agency;
use query::Range;
use std::fmt::Write as _;
use std::time::Instant;
use store::{Cursor, Entity, EntityKind, EventFilter, Page, Scope, Store};
use tokio::runtime::Runtime;

/// How often each question is asked, each time of something else.
const TIMES: u64 = 15;
const DAY_MS: i64 = 86_400_000;
const WEEK: Range = Range { from_ms: START_S * 1_000, to_ms: (START_S + DAYS * 86_400) * 1_000 };

/// How long answers took, in ms.
#[derive(Default)]
pub(super) struct Times(Vec<f64>);

impl Times {
    pub(super) fn of(
        times: u64,
        mut ask: impl FnMut(u64) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let mut found = Self::default();
        for turn in 0..times {
            let began = Instant::now();
            ask(turn)?;
            found.0.push(began.elapsed().as_secs_f64() * 1e3);
        }
        found.0.sort_by(f64::total_cmp);
        Ok(found)
    }

    pub(super) fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }

    pub(super) fn highest(&self) -> f64 {
        self.0.last().copied().unwrap_or_default()
    }
}

/// Values to ask for, each different.
struct Values {
    addresses: Vec<String>,
    busy: Vec<String>,
    hosts: Vec<String>,
    users: Vec<String>,
}

impl Values {
    fn of(engine: &Engine) -> anyhow::Result<Self> {
        let column = |sql: &str| -> anyhow::Result<Vec<String>> {
            Ok(engine.sql(sql)?.lines().map(str::to_owned).collect())
        };
        let by_count = |column: &str, counts: &str| {
            format!(
                "SELECT replaceOne(toString({column}), '::ffff:', '') FROM plain WHERE toString({column}) NOT IN ('', '::') \
                 GROUP BY {column} HAVING count() BETWEEN {counts} ORDER BY cityHash64({column}) LIMIT {TIMES}"
            )
        };
        Ok(Self {
            addresses: column(&by_count("src_ip", "3 AND 40"))?,
            busy: column(&by_count("src_ip", "500 AND 100000"))?,
            hosts: column(&by_count("host", "100 AND 100000000"))?,
            users: column(&by_count("user", "20 AND 100000000"))?,
        })
    }

    fn at(values: &[String], turn: u64) -> anyhow::Result<&str> {
        let index = turn as usize % values.len().max(1);
        values.get(index).map(String::as_str).context("no value occurs as often as asked for")
    }
}

struct Asking<'a> {
    runtime: &'a Runtime,
    engine: &'a Engine,
    store: &'a Store,
    tables: Tables,
    values: Values,
    rows: u64,
}

type Ask = fn(&Asking<'_>, u64) -> anyhow::Result<()>;

/// In words, to the store, to the plain table.
const QUESTIONS: [(&str, Ask, Ask); 10] = [
    ("a word of the raw text that one event in a million has, 7 days", needle_store, needle_plain),
    ("an address of 3 to 40 events, 7 days, first page", rare_store, rare_plain),
    ("an address of 500 and more, 7 days, first page", busy_store, busy_plain),
    ("a host's newest page, 7 days", host_store, host_plain),
    ("events by agency, a day", agencies_store, agencies_plain),
    ("top 10 addresses of one agency, a day", top_store, top_plain),
    ("histogram of one agency, a day, 96 steps", histogram_store, histogram_plain),
    ("newest page of one agency, 7 days", newest_store, newest_plain),
    ("a page far down of all agencies, 7 days", deep_store, deep_plain),
    ("what is known of a user, all time", user_store, user_plain),
];

pub(super) fn ask(
    runtime: &Runtime,
    engine: &Engine,
    filled: &Filled,
    table: &mut String,
) -> anyhow::Result<()> {
    let asking = Asking {
        runtime,
        engine,
        store: &filled.store,
        tables: Tables::builtin()?,
        values: Values::of(engine)?,
        rows: filled.rows,
    };
    let plain = engine.sql("SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND table = 'plain' AND active")?;
    writeln!(
        table,
        "\nEach question {TIMES} times, each time of another value, by the store's own functions; beside it the same rows \
         in a table sorted by time without indexes ({:.1} bytes an event), asked by SQL that answers the same. ms: median, highest.\n\n\
         | question | store | plain | ratio |\n| --- | --- | --- | --- |",
        plain.parse::<f64>()? / filled.rows as f64,
    )?;
    for (words, store, plain) in QUESTIONS {
        // Once each to open files and caches of marks; what is asked is not asked again.
        store(&asking, TIMES)?;
        plain(&asking, TIMES)?;
        let ours = Times::of(TIMES, |turn| store(&asking, turn).context(words))?;
        let theirs = Times::of(TIMES, |turn| plain(&asking, turn).context(words))?;
        writeln!(
            table,
            "| {words} | {:.0}, {:.0} | {:.0}, {:.0} | {:.1} |",
            ours.median(),
            ours.highest(),
            theirs.median(),
            theirs.highest(),
            theirs.median() / ours.median(),
        )?;
    }
    Ok(())
}

fn whose(turn: u64) -> anyhow::Result<Agency> {
    Ok(Agency::new(&agency(turn % 20))?)
}

/// A day of the history.
fn day(turn: u64) -> Range {
    let from_ms = WEEK.from_ms + (turn as i64 % DAYS) * DAY_MS;
    Range { from_ms, to_ms: from_ms + DAY_MS }
}

fn between(range: Range) -> String {
    let (from, to) = (range.from_ms, range.to_ms);
    format!("time >= fromUnixTimestamp64Milli({from}) AND time < fromUnixTimestamp64Milli({to})")
}

fn week() -> EventFilter {
    EventFilter { from_ms: WEEK.from_ms, to_ms: WEEK.to_ms, ..EventFilter::default() }
}

const LINE: &str = "hex(uid), time, agency, host, source, class_uid, severity_id, message, user, src_ip, dst_ip, substringUTF8(raw, 1, 500)";

impl Asking<'_> {
    fn page(&self, filter: &EventFilter, page: &Page, least: usize) -> anyhow::Result<()> {
        let found = self.runtime.block_on(self.store.events(&Scope::all(), filter, page))?;
        let found = found.items.len();
        anyhow::ensure!(found >= least, "{found} found of {:?} {:?}", filter.entity, filter.agency);
        Ok(())
    }

    fn text(&self, text: &str) -> anyhow::Result<EventFilter> {
        let query = query::parse(text, &self.tables).map_err(|e| anyhow::anyhow!("{e}"))?;
        let search = query::sql::condition(&query.expr, &self.tables, WEEK.to_ms);
        Ok(EventFilter { search: Some(search), ..week() })
    }

    fn plain(&self, condition: &str) -> anyhow::Result<()> {
        let sql = format!(
            "SELECT {LINE} FROM plain WHERE {} AND ({condition}) ORDER BY time DESC, uid DESC LIMIT 51",
            between(WEEK)
        );
        self.engine.sql(&sql).map(drop)
    }

    fn entity(&self, kind: EntityKind, value: &str) -> anyhow::Result<()> {
        let filter = EventFilter { entity: Some(Entity::new(kind, value)?), ..week() };
        self.page(&filter, &Page::first(50), 1)
    }

    fn word(&self, turn: u64) -> String {
        let planted = (self.rows / NEEDLE_EVERY).max(1);
        needle(turn % planted * NEEDLE_EVERY + NEEDLE_EVERY / 2 + turn / planted)
    }

    /// The cursor behind a moment in the middle.
    fn cursor(turn: u64) -> anyhow::Result<Cursor> {
        let time = WEEK.from_ms + DAY_MS * 3 + turn as i64 * 3_600_000;
        Ok(format!("{time}.{}", "f".repeat(32)).parse()?)
    }
}

/// Words that were planted come first; then such that no event has.
fn needle_store(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let least = usize::from(turn < asking.rows / NEEDLE_EVERY);
    asking.page(&asking.text(&asking.word(turn))?, &Page::first(50), least)
}

fn needle_plain(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    asking
        .plain(&format!("lower(raw) LIKE '%{}%' OR lower(message) LIKE '%{0}%'", asking.word(turn)))
}

fn rare_store(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    asking.entity(EntityKind::Ip, Values::at(&asking.values.addresses, turn)?)
}

fn rare_plain(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let ip = Values::at(&asking.values.addresses, turn)?;
    asking.plain(&format!("src_ip = toIPv6('{ip}') OR dst_ip = toIPv6('{ip}')"))
}

fn busy_store(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    asking.entity(EntityKind::Ip, Values::at(&asking.values.busy, turn)?)
}

fn busy_plain(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let ip = Values::at(&asking.values.busy, turn)?;
    asking.plain(&format!("src_ip = toIPv6('{ip}') OR dst_ip = toIPv6('{ip}')"))
}

fn host_store(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    asking.entity(EntityKind::Host, Values::at(&asking.values.hosts, turn)?)
}

fn host_plain(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    asking.plain(&format!("host = '{}'", Values::at(&asking.values.hosts, turn)?))
}

fn agencies_store(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    counted(asking, "* | count by agency", &Scope::all(), day(turn))
}

fn agencies_plain(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let day = between(day(turn));
    let sql =
        format!("SELECT agency, count() FROM plain WHERE {day} GROUP BY agency ORDER BY 2 DESC");
    asking.engine.sql(&sql).map(drop)
}

fn top_store(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    counted(
        asking,
        "src_ip:* | count by src_ip | sort -count | head 10",
        &Scope::of([whose(turn)?]),
        day(turn),
    )
}

fn top_plain(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let (day, agency) = (between(day(turn)), agency(turn % 20));
    let sql = format!(
        "SELECT src_ip, count() FROM plain WHERE {day} AND agency = '{agency}' AND src_ip != toIPv6('::') \
         GROUP BY src_ip ORDER BY 2 DESC LIMIT 10"
    );
    asking.engine.sql(&sql).map(drop)
}

fn counted(asking: &Asking<'_>, text: &str, scope: &Scope, range: Range) -> anyhow::Result<()> {
    let query = query::parse(text, &asking.tables).map_err(|e| anyhow::anyhow!("{e}"))?;
    let found = asking.store.search(scope, &query, &asking.tables, range, WEEK.to_ms, 100);
    let found = asking.runtime.block_on(found)?;
    anyhow::ensure!(!found.rows.is_empty(), "{text} found nothing");
    Ok(())
}

fn histogram_store(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let day = day(turn);
    let filter = EventFilter { from_ms: day.from_ms, to_ms: day.to_ms, ..EventFilter::default() };
    let scope = Scope::of([whose(turn)?]);
    asking.runtime.block_on(asking.store.event_histogram(&scope, &filter, 96))?;
    Ok(())
}

fn histogram_plain(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let (day, agency) = (between(day(turn)), agency(turn % 20));
    let sql = format!(
        "SELECT toStartOfFifteenMinutes(time), count() FROM plain WHERE {day} AND agency = '{agency}' GROUP BY 1"
    );
    asking.engine.sql(&sql).map(drop)
}

fn newest_store(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let filter = EventFilter { agency: Some(whose(turn)?), ..week() };
    asking.page(&filter, &Page::first(50), 50)
}

fn newest_plain(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    asking.plain(&format!("agency = '{}'", agency(turn % 20)))
}

fn deep_store(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let page = Page { after: Some(Asking::cursor(turn)?), ..Page::first(50) };
    asking.page(&week(), &page, 50)
}

fn deep_plain(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let time = WEEK.from_ms + DAY_MS * 3 + turn as i64 * 3_600_000;
    asking.plain(&format!("time <= fromUnixTimestamp64Milli({time})"))
}

fn user_store(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let user = Entity::new(EntityKind::User, Values::at(&asking.values.users, turn)?)?;
    let known = asking.runtime.block_on(asking.store.entity(&Scope::all(), &user))?;
    anyhow::ensure!(!known.seen.is_empty(), "nothing is known of {user:?}");
    Ok(())
}

fn user_plain(asking: &Asking<'_>, turn: u64) -> anyhow::Result<()> {
    let user = Values::at(&asking.values.users, turn)?;
    let sql = format!(
        "SELECT agency, min(time), max(time), count() FROM plain WHERE user = '{user}' GROUP BY agency"
    );
    asking.engine.sql(&sql).map(drop)
}
