//! A clock that never goes back, for what rules cost.

use std::sync::LazyLock;
use std::time::Instant;

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nanoseconds since the first call.
pub(crate) fn nanoseconds() -> u64 {
    BEGAN.elapsed().as_nanos() as u64
}
