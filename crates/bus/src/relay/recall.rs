//! What a stage is shown again when partitions begin to be read.

use super::{Recall, Stage};
use crate::{Config, Consumer, Error, Partition, reader};
use std::collections::BTreeSet;

/// Shows `stage` its memory of `partitions` and sets them to start early enough for the rest of
/// it. Returns, in their order, from which offset on records are to be processed.
pub(super) fn starts<S: Stage>(
    config: &Config,
    consumer: &Consumer,
    partitions: &[Partition],
    stage: &mut S,
) -> Result<Vec<i64>, Error> {
    let recalls = stage.recalls();
    if recalls.is_none() && !stage.reads_back() {
        return Ok(vec![0; partitions.len()]);
    }
    let committed = consumer.committed(partitions)?;
    let known = partitions.iter().zip(&committed).filter(|(_, committed)| committed.is_some());
    let numbers: BTreeSet<i32> = known.map(|(p, _)| p.partition).collect();
    if let Some(Recall { topic, .. }) = recalls {
        for number in numbers {
            let memory = Partition::new(topic, number);
            reader::read_all(config, &memory, |record| stage.recall(record))?;
        }
    }
    let mut begins = Vec::with_capacity(partitions.len());
    for (partition, committed) in partitions.iter().zip(committed) {
        let Some(committed) = committed else {
            begins.push(0);
            continue;
        };
        // A partition that ends before what was committed is a new one of an old name: all of it
        // is still to be processed.
        let anew = consumer.end(partition)? < committed.offset;
        let begin = if anew { 0 } else { committed.offset };
        // An offset that is no longer kept makes the consumer start at the first that is.
        let first = match recalls {
            Some(Recall { offsets, .. }) => begin - offsets,
            None if anew => 0,
            None => stage.back_to(partition, &committed).min(begin),
        };
        consumer.start_at(partition.clone(), first.max(0));
        begins.push(begin);
    }
    Ok(begins)
}
