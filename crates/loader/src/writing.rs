//! How one batch gets into the store exactly once, as a state machine.
//!
//! The ordinary way is one insert a block. When its outcome is unknown, and always when the batch
//! may have been written before (a restart, or alerts, whose ids may come again), the store is
//! *looked at* first and only what is missing is inserted, under the same token, so that an
//! earlier insert that is still on its way and this one cannot both succeed. After the insert of a
//! doubtful batch the store is looked at again: a token may outlive the rows it was written for (a
//! part lost with a disk), and then only another token lets them in.

use crate::batch::Kind;
use crate::partition::Job;
use std::sync::Arc;
use store::Block;

/// The most tokens tried for one block. Each needs a token that the store knows for rows that it
/// has not; more than one such is no accident, and the caller begins anew after a pause.
const TOKENS_MAX: u32 = 8;

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Find which rows of the block are not stored, then call [`Writing::looked`].
    Look(Arc<Block>),
    /// Insert the block with the token, then call [`Writing::inserted`].
    Insert(Arc<Block>, String),
    /// Nothing: all is stored.
    Done,
}

#[derive(Debug)]
enum Step {
    Look,
    Insert(Arc<Block>),
}

/// A batch on its way.
#[derive(Debug)]
pub(crate) struct Writing {
    blocks: Vec<Arc<Block>>,
    token: String,
    /// Whether what is stored must be looked at before and after.
    doubtful: bool,
    step: Step,
    tokens: u32,
    inserted: bool,
}

impl Writing {
    pub(crate) fn new(job: &Job) -> Self {
        let batch = &job.batch;
        let (topic, partition) = (job.kind.topic(), job.partition);
        let (start, end, stamp) = (batch.start, batch.end, batch.stamp_ms);
        let mut writing = Self {
            // Taken from the end.
            blocks: batch.blocks.iter().rev().cloned().collect(),
            token: format!("{topic}/{partition}/{start}-{end}/{stamp}"),
            doubtful: job.replayed || job.kind == Kind::Alerts,
            step: Step::Look,
            tokens: 0,
            inserted: false,
        };
        writing.begin_block();
        writing
    }

    /// What to do now.
    pub(crate) fn next(&self) -> Action {
        match (self.blocks.last(), &self.step) {
            (None, _) => Action::Done,
            (Some(block), Step::Look) => Action::Look(block.clone()),
            (Some(_), Step::Insert(missing)) => Action::Insert(missing.clone(), self.token()),
        }
    }

    /// The rows that are not stored; `None` when the look failed.
    pub(crate) fn looked(&mut self, missing: Option<Block>) {
        match missing {
            None => {}
            Some(missing) if missing.is_empty() => self.end_block(),
            Some(missing) => {
                if self.inserted {
                    // The store said that it had taken them, and has not.
                    self.tokens = (self.tokens + 1) % TOKENS_MAX;
                }
                self.step = Step::Insert(Arc::new(missing));
            }
        }
    }

    /// Whether the insert was confirmed.
    pub(crate) fn inserted(&mut self, confirmed: bool) {
        self.inserted = confirmed;
        match confirmed && !self.doubtful {
            true => self.end_block(),
            false => {
                self.doubtful = true;
                self.step = Step::Look;
            }
        }
    }

    fn begin_block(&mut self) {
        self.tokens = 0;
        self.inserted = false;
        self.step = match self.blocks.last() {
            Some(block) if !self.doubtful => Step::Insert(block.clone()),
            _ => Step::Look,
        };
    }

    fn end_block(&mut self) {
        self.blocks.pop();
        self.begin_block();
    }

    fn token(&self) -> String {
        match self.tokens {
            0 => self.token.clone(),
            n => format!("{}/r{n}", self.token),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::high_water::HighWater;
    use store::{DeadLetterRow, Place};

    fn block(offsets: &[u64]) -> Block {
        let mut block = Block::dead_letters();
        for offset in offsets {
            let place = Place { partition: 0, offset: *offset };
            block.push_dead_letter(&DeadLetterRow::default(), place);
        }
        block
    }

    fn writing(kind: Kind, replayed: bool) -> Writing {
        let batch = Batch {
            start: 5,
            end: 9,
            before: HighWater::default(),
            rows: 2,
            bytes: 0,
            stamp_ms: 17,
            newest_ms: 17,
            blocks: vec![Arc::new(block(&[5, 6])), Arc::new(block(&[7]))],
        };
        Writing::new(&Job { kind, partition: 3, batch, replayed })
    }

    fn check(writing: &Writing, expected: &str) {
        let text = match writing.next() {
            Action::Look(block) => format!("look {:?}", block.offsets().collect::<Vec<_>>()),
            Action::Insert(block, token) => {
                format!("insert {:?} {token}", block.offsets().collect::<Vec<_>>())
            }
            Action::Done => "done".into(),
        };
        assert_eq!(text, expected);
    }

    #[test]
    fn the_ordinary_way_is_one_insert_a_block() {
        let mut writing = writing(Kind::Events, false);
        check(&writing, "insert [5, 6] events/3/5-9/17");
        writing.inserted(true);
        check(&writing, "insert [7] events/3/5-9/17");
        writing.inserted(true);
        check(&writing, "done");
    }

    #[test]
    fn after_a_doubt_only_what_is_missing_under_the_same_token() {
        let mut writing = writing(Kind::Events, false);
        writing.inserted(false);
        check(&writing, "look [5, 6]");
        writing.looked(None);
        check(&writing, "look [5, 6]");
        writing.looked(Some(block(&[6])));
        check(&writing, "insert [6] events/3/5-9/17");
        writing.inserted(true);
        check(&writing, "look [5, 6]");
        writing.looked(Some(block(&[])));
        // The rest of the batch is looked at too: the store may have failed between the two.
        check(&writing, "look [7]");
        writing.looked(Some(block(&[])));
        check(&writing, "done");
    }

    #[test]
    fn a_token_that_outlived_its_rows_is_replaced() {
        let mut writing = writing(Kind::Events, true);
        check(&writing, "look [5, 6]");
        writing.looked(Some(block(&[5, 6])));
        check(&writing, "insert [5, 6] events/3/5-9/17");
        writing.inserted(true);
        writing.looked(Some(block(&[5, 6])));
        check(&writing, "insert [5, 6] events/3/5-9/17/r1");
        writing.inserted(true);
        writing.looked(Some(block(&[])));
        check(&writing, "look [7]");
    }

    #[test]
    fn alerts_are_always_looked_at() {
        check(&writing(Kind::Alerts, false), "look [5, 6]");
    }
}
