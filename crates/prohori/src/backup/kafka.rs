//! Where the loader stood when a backup began, and how it goes back there.

use anyhow::Context as _;
use bus::admin::Committed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The cluster and the loader's group.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Stand {
    cluster: Option<String>,
    offsets: Vec<Position>,
}

/// Where the group stood in a partition.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Position {
    topic: String,
    partition: i32,
    offset: i64,
    /// What stood beside the offset.
    note: String,
}

/// Asks where `group` stands.
pub(super) fn stand(bus: &bus::Config, group: &str) -> anyhow::Result<Stand> {
    let cluster = bus::admin::cluster_id(bus)?;
    let committed = bus::admin::committed(bus, group, &loader::TOPICS)
        .with_context(|| format!("cannot read where the group {group} stands"))?;
    let position = |((topic, partition), Committed { offset, metadata })| Position {
        topic,
        partition,
        offset,
        note: metadata,
    };
    Ok(Stand { cluster, offsets: committed.into_iter().map(position).collect() })
}

/// Sends `group` back to where it stood, and returns how many records it reads again; `None`
/// where the cluster is another, which knows nothing of those offsets.
pub(super) fn go_back(
    bus: &bus::Config,
    group: &str,
    stood: &Stand,
) -> anyhow::Result<Option<i64>> {
    let cluster = bus::admin::cluster_id(bus)?;
    if cluster.is_none() || cluster != stood.cluster {
        return Ok(None);
    }
    let starts = bus::admin::start_offsets(bus, &loader::TOPICS)?;
    let ends = bus::admin::end_offsets(bus, &loader::TOPICS)?;
    // A cluster that begins anew under its old id has fewer records than were read.
    let is_ahead = |p: &Position| ends.get(&(p.topic.clone(), p.partition)) < Some(&p.offset);
    if stood.offsets.iter().any(is_ahead) {
        return Ok(None);
    }
    let (offsets, records) = goals(stood, &starts, &ends)?;
    bus::admin::set_committed(bus, group, &offsets).with_context(|| {
        format!(
            "the group {group} does not go back: stop the loader, and try again within a minute"
        )
    })?;
    Ok(Some(records))
}

type Goals = BTreeMap<(String, i32), Committed>;

fn goals(
    stood: &Stand,
    starts: &bus::admin::Offsets,
    ends: &bus::admin::Offsets,
) -> anyhow::Result<(Goals, i64)> {
    let (mut goals, mut records) = (Goals::new(), 0);
    for (partition, end) in ends {
        let start = starts.get(partition).copied().unwrap_or_default();
        let known = stood.offsets.iter().find(|position| {
            (position.topic.as_str(), position.partition) == (partition.0.as_str(), partition.1)
        });
        // What retention has deleted cannot be read again.
        let (offset, note) =
            known.map_or((start, ""), |known| (known.offset.max(start), known.note.as_str()));
        let metadata = loader::restored(note, *end)
            .with_context(|| format!("the note {note:?} is not the loader's"))?;
        records += end.saturating_sub(offset).max(0);
        goals.insert(partition.clone(), Committed { offset, metadata });
    }
    Ok((goals, records))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_goes_back_as_far_as_kafka_reaches() {
        let position = |partition, offset, note: &str| Position {
            topic: "events".into(),
            partition,
            offset,
            note: note.into(),
        };
        let stood = Stand {
            cluster: None,
            offsets: vec![position(0, 50, "1 e=60 n=7 h="), position(1, 5, "1 h=")],
        };
        let at = |offsets: [i64; 3]| -> bus::admin::Offsets {
            (0..).zip(offsets).map(|(p, offset)| (("events".to_owned(), p), offset)).collect()
        };
        let (goals, records) = goals(&stood, &at([0, 20, 3]), &at([90, 40, 4])).unwrap();
        let told: Vec<_> = goals.values().map(|c| (c.offset, c.metadata.as_str())).collect();
        assert_eq!(told, [(50, "1 e=60 n=7 r=90 h="), (20, "1 r=40 h="), (3, "1 r=4 h=")]);
        assert_eq!(records, 40 + 20 + 1);
    }
}
