//! The groups of one correlation, in shards so that growing never takes long.

use crate::group::Group;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// Shards of the groups: a map of a million grows in steps of a sixty-fourth.
const SHARDS: usize = 64;
/// Groups looked at in one sweep.
const SWEEP_GROUPS: usize = 4;
/// Groups looked at, at most, to find one to forget.
const EVICT_LOOKS: usize = 64;

/// The keys are hashes already.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

type Shard = HashMap<u128, Box<Group>, BuildHasherDefault<Identity>>;

/// What has arrived before this is of no use any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Touched {
    pub(crate) before: i64,
}

/// The groups of one node.
#[derive(Debug)]
pub(crate) struct NodeState {
    shards: Box<[Shard]>,
    /// Every group once, with its last arrival when it was put here: those longest at rest first.
    rest: VecDeque<(u128, i64)>,
    /// Groups forgotten because there were too many.
    pub(crate) evicted: u64,
    /// Matches left out because a window was full.
    pub(crate) full: u64,
}

impl Default for NodeState {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Self { shards, rest: VecDeque::new(), evicted: 0, full: 0 }
    }
}

impl NodeState {
    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn get_mut(&mut self, key: u128) -> Option<&mut Group> {
        self.shards[shard(key)].get_mut(&key).map(Box::as_mut)
    }

    /// Adds a group; how many others had to be forgotten for it.
    pub(crate) fn insert(&mut self, key: u128, group: Group, groups_max: usize) -> u64 {
        let mut forgotten = 0;
        while self.rest.len() >= groups_max.max(1) {
            self.evict();
            forgotten += 1;
        }
        self.evicted += forgotten;
        self.shards[shard(key)].insert(key, Box::new(group));
        self.rest.push_back((key, i64::MIN));
        forgotten
    }

    /// Forgets the first group that has not been touched since it was put to rest.
    fn evict(&mut self) {
        for look in 0.. {
            let Some((key, seen)) = self.rest.pop_front() else { return };
            let arrived = self.get_mut(key).map_or(i64::MIN, |group| group.arrived);
            if arrived > seen && look < EVICT_LOOKS {
                self.rest.push_back((key, arrived));
                continue;
            }
            self.shards[shard(key)].remove(&key);
            return;
        }
    }

    /// Forgets a few groups whose last match arrived too long ago to matter.
    pub(crate) fn sweep(&mut self, touched: Touched) {
        for _ in 0..SWEEP_GROUPS {
            let Some((key, seen)) = self.rest.front().copied() else { return };
            if seen >= touched.before {
                return;
            }
            self.rest.pop_front();
            let Some(group) = self.get_mut(key) else { continue };
            if !group.is_waiting() && group.arrived < touched.before {
                self.shards[shard(key)].remove(&key);
            } else {
                let arrived = group.arrived;
                self.rest.push_back((key, arrived));
            }
        }
    }
}

fn shard(key: u128) -> usize {
    (key >> 64) as usize % SHARDS
}
