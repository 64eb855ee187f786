//! What is done now and then: looking after files that nobody tells about, and letting go.

use super::Tailer;
use super::followed::Followed;
use std::os::unix::fs::MetadataExt as _;

/// How long a renamed or deleted file must not have grown before its unfinished last line is sent
/// as it is. Programs that write a line in two pieces do so faster.
const UNFINISHED_QUIET_MS: i64 = 5_000;
/// How long a deleted file is held after it last grew. Longer, and the disk space that the
/// operator wanted back would not come; programs reopen their log within seconds of a rotation.
const DELETED_QUIET_MS: i64 = 60_000;
/// How long a file that was renamed out of every pattern is held after it last grew. Programs that
/// are told to reopen their log only when they next write may take long.
const RENAMED_QUIET_MS: i64 = 3_600_000;
/// How long a file that is in the checkpoint but not on disk is remembered: a file system that was
/// not mounted for a weekend should not be read anew.
const MISSING_MS: i64 = 7 * 24 * 3_600_000;

impl Tailer {
    /// To be called about every second.
    pub(crate) fn tend(&mut self, now_ms: i64) {
        for slot in 0..self.slots.len() {
            let Some(file) = self.slots[slot].file.as_deref_mut() else { continue };
            if file.barrier.is_some_and(|at| file.is_confirmed_to(at)) {
                file.barrier = None;
                self.changed = true;
            }
            if !file.rotated && !file.failing {
                if holds_lines_long(file, now_ms) {
                    file.stop_here();
                    self.changed = true;
                    self.queue(slot);
                }
                continue;
            }
            if file.is_unpacked() {
                self.put_away(slot, now_ms);
            } else if file.failing || file.metadata().is_ok_and(|m| file.differs(m.len())) {
                self.queue(slot);
            } else if has_unfinished(file, now_ms) {
                file.stop_here();
                self.changed = true;
                self.queue(slot);
            } else if is_over(file, now_ms) {
                self.forget(slot);
            }
        }
        self.forget_missing(now_ms);
        let (newest, missing) = (&self.newest, &self.missing);
        let used = |stream: &str| {
            newest.contains_key(stream) || missing.values().any(|file| file.stream == stream)
        };
        self.generations.forget(used, now_ms);
    }

    pub(super) fn forget(&mut self, slot: usize) {
        let Some(file) = self.slots[slot].file.take() else { return };
        if !file.is_packed() {
            self.packed.remember(file.prefix);
        }
        tracing::info!(path = %file.last_path.display(), stream = %file.stream, "let go");
        self.slots[slot].first = file.flight.next();
        self.by_id.remove(&file.id);
        if self.newest.get(&file.stream) == Some(&slot) {
            self.newest.remove(&file.stream);
        }
        // Nobody waits for it: it is at its end. But it may be the one that another would ask.
        self.free.push(slot);
        self.metrics.followed.set(self.by_id.len() as i64);
        self.changed = true;
    }

    fn forget_missing(&mut self, now_ms: i64) {
        let before = self.missing.len();
        self.missing.retain(|_, file| now_ms - file.seen_ms < MISSING_MS);
        self.metrics.missing.set(self.missing.len() as i64);
        self.changed |= self.missing.len() != before;
    }
}

fn has_unfinished(file: &Followed, now_ms: i64) -> bool {
    let quiet = now_ms - file.grown_ms >= UNFINISHED_QUIET_MS;
    quiet && file.at_end && file.lines.pending() > 0 && file.barrier.is_none()
}

/// Whether lines have waited for others that belong to them for as long as the input allows.
fn holds_lines_long(file: &Followed, now_ms: i64) -> bool {
    let quiet = now_ms - file.grown_ms >= file.lines.format.join_ms;
    quiet && file.at_end && file.lines.holds_lines() && file.barrier.is_none()
}

/// Whether nobody will ever hear of it again.
fn is_over(file: &Followed, now_ms: i64) -> bool {
    if file.path.is_some() || !file.is_done() || file.queued {
        return false;
    }
    let deleted = file.metadata().is_ok_and(|metadata| metadata.nlink() == 0);
    now_ms - file.grown_ms >= if deleted { DELETED_QUIET_MS } else { RENAMED_QUIET_MS }
}
