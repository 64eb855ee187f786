//! The real engine as a process of its own, which can be killed.

use embedded_clickhouse::testing::{self, Running};
use std::path::Path;

/// Starts one on `data` and `port`.
pub(crate) fn start_at(data: &Path, port: u16) -> Running {
    testing::start_at("engine::engine_child", data, port)
}

/// Not a test: what the engine's process runs.
#[test]
fn engine_child() {
    testing::play();
}
