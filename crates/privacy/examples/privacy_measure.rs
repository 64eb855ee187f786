//! What masking costs: `privacy_measure FILE` prints the time a line takes, and how many lines have
//! anything to hide.

use privacy::{Keyring, Kind, Masker, generate};
use std::io::Write as _;
use std::time::Instant;

/// Passes over the lines; the best counts.
const PASSES: usize = 5;

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let (Ok(bytes), Ok(line)) = (std::fs::read(&path), generate("k1", [7; 32])) else {
        let _ = writeln!(std::io::stderr(), "cannot read {path:?}");
        return;
    };
    let Ok(keys) = Keyring::parse(&line) else { return };
    let masker = Masker::new(keys, &Kind::ALL);
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
    let (mut best, mut hidden) = (f64::MAX, 0);
    for _ in 0..PASSES {
        let begin = Instant::now();
        hidden = lines.iter().filter(|line| masker.mask(line).is_some()).count();
        best = best.min(begin.elapsed().as_nanos() as f64);
    }
    let _ = writeln!(
        std::io::stdout(),
        "{} lines of {} bytes: {:.0} ns a line; something to hide in {hidden}",
        lines.len(),
        bytes.len() / lines.len(),
        best / lines.len() as f64,
    );
}
