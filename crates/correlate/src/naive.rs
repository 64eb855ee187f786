//! The same by the plain definitions, with all matches at hand: the oracle of the tests.

use crate::fact::Entry;
use crate::group::{View, uid};
use crate::measure::Item;
use crate::{Fact, Found, Plan, Unit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An alarm: its id, the moment, what was measured, how many events and how many of them folded.
pub(crate) type Told = (u128, i64, String, u64, u64);

/// Every alarm of these matches, where the input ends at `end`; sorted.
pub(crate) fn alarms(plan: &Plan, matches: &[Found], end: i64) -> Vec<Told> {
    let mut told = Vec::new();
    for (number, unit) in plan.units().iter().enumerate() {
        let mut of_node: Vec<Vec<Entry>> = vec![Vec::new(); unit.nodes.len()];
        for found in matches.iter().filter(|found| found.leaf.unit == number) {
            let node = unit.leaf_node(found.leaf.slot);
            of_node[node].push(entry(unit, node, found.leaf.slot, found.clone().into()));
        }
        for node in 0..unit.nodes.len() {
            let view = View { node: &unit.nodes[node], reach_ms: 0, window_max: 0, end: None };
            for group in groups(view, std::mem::take(&mut of_node[node])) {
                for raised in raised(view, &group, end) {
                    match view.node.parent {
                        None => told.push(raised.told()),
                        Some(parent) => {
                            let slot = raised.anchor.slot;
                            let derived = raised.fact(view);
                            of_node[parent].push(entry(unit, parent, slot, derived));
                        }
                    }
                }
            }
        }
    }
    told.sort();
    told
}

struct Raised {
    uid: u128,
    time: i64,
    measured: String,
    count: u64,
    folded: u64,
    anchor: Entry,
}

impl Raised {
    fn told(&self) -> Told {
        (self.uid, self.time, self.measured.clone(), self.count + self.folded, self.folded)
    }

    fn fact(&self, view: View<'_>) -> Fact {
        let rule = view.node.correlation.uid();
        self.anchor.fact.raised(rule, (self.uid, self.time), Vec::new(), self.count)
    }
}

fn entry(unit: &Unit, node: usize, slot: u16, fact: Fact) -> Entry {
    let position = unit.nodes[node].position(slot).unwrap();
    Entry { fact: Arc::new(fact), slot, position }
}

/// Matches by agency and values, each list in order and without repetitions.
fn groups(view: View<'_>, entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut groups: BTreeMap<Vec<String>, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        let places = &view.way(entry.slot).unwrap().group;
        let values = places.iter().map(|place| view.node.group_value(entry.fact.value(*place)));
        let Some(values) = values.collect::<Option<Vec<_>>>() else { continue };
        let key = values.into_iter().chain([entry.fact.scope()]).map(str::to_owned).collect();
        groups.entry(key).or_default().push(entry);
    }
    let mut groups: Vec<Vec<Entry>> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_by_key(Entry::order);
        group.dedup_by_key(|entry| entry.order());
    }
    groups
}

fn raised(view: View<'_>, group: &[Entry], end: i64) -> Vec<Raised> {
    let timespan = view.node.correlation.timespan_ms;
    let fold = view.node.correlation.fold_ms;
    let moments = match view.node.gauge.at_match {
        true => at_matches(view, group, timespan),
        false => at_closings(view, group, timespan, end),
    };
    // Those at which the condition is news.
    let news: Vec<usize> = (0..moments.len())
        .filter(|now| {
            let time = moments[*now].time;
            let earlier = || moments[..*now].iter().map(|moment| moment.time);
            let begins = !earlier().any(|t| t >= time - fold);
            let stretch = |t: i64| t.div_euclid(fold);
            let goes_on = !earlier().any(|t| stretch(t) == stretch(time))
                && earlier().any(|t| t >= time - 2 * fold && t < time - fold);
            begins || goes_on
        })
        .collect();
    let raised = news.iter().enumerate().map(|(place, now)| {
        let moment = &moments[*now];
        let end = news.get(place + 1).copied();
        let next = end.map(|next| &moments[next]);
        // As long as the condition goes on to hold, and a time after.
        let held = &moments[*now..end.unwrap_or(moments.len())];
        let until = held.last().map_or(moment.time, |last| last.time) + fold;
        let folded = group.iter().filter(|entry| {
            view.node.gauge.at_match
                && entry.order() > moment.anchor.order()
                && entry.time() <= until
                // The match that raises the next alarm is that one's.
                && next.is_none_or(|next| entry.order() < next.anchor.order())
        });
        Raised {
            uid: uid(view, &moment.anchor, moment.time),
            time: moment.time,
            measured: moment.measured.clone(),
            count: moment.count,
            folded: folded.map(|entry| entry.fact.weight()).sum(),
            anchor: moment.anchor.clone(),
        }
    });
    raised.collect()
}

/// A moment at which the condition holds.
struct Moment {
    time: i64,
    measured: String,
    count: u64,
    anchor: Entry,
}

fn at_matches(view: View<'_>, group: &[Entry], timespan: i64) -> Vec<Moment> {
    let moments = group.iter().enumerate().filter_map(|(index, anchor)| {
        let time = anchor.time();
        let window: Vec<Entry> =
            group[..=index].iter().filter(|e| e.time() >= time - timespan).cloned().collect();
        let measured = measure(view, &window, time - timespan)?;
        let count = window.iter().map(|entry| entry.fact.weight()).sum();
        Some(Moment { time, measured, count, anchor: anchor.clone() })
    });
    moments.collect()
}

fn at_closings(view: View<'_>, group: &[Entry], timespan: i64, end: i64) -> Vec<Moment> {
    let stretch = |entry: &Entry| entry.time().div_euclid(timespan);
    let mut moments = Vec::new();
    for row in group.chunk_by(|one, next| stretch(next) - stretch(one) <= 1) {
        let (Some(first), Some(last)) = (row.first(), row.last()) else { continue };
        let begun = first.time();
        let on = last.time() > begun + timespan || view.node.gauge.only_empty;
        let third = stretch(first) + 2;
        let whole = |stretch: i64| (stretch * timespan, (stretch + 1) * timespan - 1);
        let mut windows = vec![(begun, begun + timespan)];
        windows.extend((third..=stretch(last)).map(whole));
        windows.extend(Some(whole(stretch(last) + 1)).filter(|(_, to)| on && *to <= end));
        for (from, to) in windows {
            let window: Vec<Entry> =
                row.iter().filter(|e| (from..=to).contains(&e.time())).cloned().collect();
            let Some(measured) = measure(view, &window, from) else { continue };
            let anchor = window.last().unwrap_or(last).clone();
            let count = window.iter().map(|entry| entry.fact.weight()).sum();
            moments.push(Moment { time: to, measured, count, anchor });
        }
    }
    moments.sort_by_key(|moment| moment.time);
    moments
}

fn measure(view: View<'_>, window: &[Entry], since: i64) -> Option<String> {
    let values: Vec<Option<String>> = window
        .iter()
        .map(|entry| view.value(entry, &mut String::new()).map(str::to_owned))
        .collect();
    let items: Vec<Item<'_>> = window
        .iter()
        .zip(&values)
        .map(|(e, value)| Item { position: e.position, time: e.time(), value: value.as_deref() })
        .collect();
    view.node.gauge.measure(&items, since)
}
