//! How many events a second the engine makes of a file's lines on one core, without any I/O.
//!
//! `throughput FILE [PASSES [PARSERS]]`: one pass to warm up, then the best of PASSES (3); PARSERS is a
//! folder of parsers that users wrote.

use model::Origin;
use normalizer::{Normalized, Normalizer, Parsers, Settings, parsers};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// 2026-03-14 15:09:26 UTC.
const ARRIVAL: i64 = 1_773_500_966_000;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_default();
    let passes = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(3);
    let (Ok(bytes), Ok(tables)) = (std::fs::read(&path), mapping::Tables::builtin()) else {
        let _ = writeln!(std::io::stderr(), "cannot read {path:?} or the mapping tables");
        return ExitCode::FAILURE;
    };
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).collect();
    let mut settings = Settings::default();
    if let Some(folder) = arguments.next() {
        match parsers::load(&[folder.into()]) {
            Ok(set) => settings.parsers = Parsers::new(set),
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    let mut normalizer = Normalizer::new(Arc::new(tables), settings);
    let mut best = f64::MAX;
    let (mut events, mut dead, mut out_bytes) = (0, 0, 0);
    for pass in 0..=passes {
        (events, dead, out_bytes) = (0, 0, 0);
        let begin = Instant::now();
        for (at, line) in lines.iter().enumerate() {
            let origin = Origin::stdin(at as u64, at as u64, ARRIVAL);
            match normalizer.normalize(line, &origin, "local", ARRIVAL) {
                Normalized::Events(made) => {
                    events += made.len();
                    out_bytes += made.iter().map(<[u8]>::len).sum::<usize>();
                }
                Normalized::Dead(_) => dead += 1,
            }
        }
        if pass > 0 {
            best = best.min(begin.elapsed().as_secs_f64());
        }
    }
    let _ = writeln!(
        std::io::stdout(),
        "{} lines, {events} events, {dead} dead letters: {:.0} events/s, {:.0} MB/s in, {:.0} MB/s out",
        lines.len(),
        events as f64 / best,
        bytes.len() as f64 / best / 1e6,
        out_bytes as f64 / best / 1e6,
    );
    ExitCode::SUCCESS
}
