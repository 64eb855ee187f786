//! What a set costs: `indicators_measure [MILLIONS]` prints load time, bytes an indicator and the
//! time of a look-up, for addresses, domains and hashes. Times are the thread's own on a processor.

use indicators::{Kind, Set, load};
use std::fmt::Write as _;
use std::io::Write as _;

/// Look-ups that are timed.
const LOOKS: u64 = 2_000_000;

/// Numbers without order, the same in every run.
fn mixed(number: u64) -> u64 {
    let product = u128::from(number + 1) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    (product >> 40) as u64
}

fn line(kind: Kind, number: u64) -> String {
    let bits = mixed(number);
    match kind {
        Kind::Address => {
            // Outside of private and reserved ranges.
            format!(
                "{}.{}.{}.{}",
                20 + bits % 79,
                bits >> 8 & 255,
                bits >> 16 & 255,
                bits >> 24 & 255
            )
        }
        Kind::Domain => format!("host-{:x}.example-{:x}.org", bits >> 32, bits & 0xffff_ffff),
        _ => format!("{bits:016x}{:016x}", mixed(bits)),
    }
}

/// How long this thread has run on a processor, in nanoseconds.
fn spent() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

fn ask(set: &Set, kind: Kind, text: &str) -> usize {
    let mut found = 0;
    let take = &mut |_| found += 1;
    match kind {
        Kind::Address => text.parse().iter().for_each(|address| set.address(*address, 0, take)),
        Kind::Domain => set.domain(text, 0, take),
        _ => set.hash(text, 0, take),
    }
    found
}

fn main() {
    let millions: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let count = millions * 1_000_000;
    for kind in [Kind::Address, Kind::Domain, Kind::Hash] {
        let mut text = String::new();
        for number in 0..count {
            // Writing to text cannot fail.
            let _ = writeln!(text, "{}", line(kind, number));
        }
        let begin = spent();
        let Ok((set, _)) = load(&[("feed.txt".into(), text.into_bytes())], &[]) else { return };
        let loaded = (spent() - begin) / 1e9;
        let time = |from: u64| {
            let asked: Vec<String> =
                (0..LOOKS).map(|n| line(kind, from + mixed(n) % count)).collect();
            let begin = spent();
            let found: usize = asked.iter().map(|text| ask(&set, kind, text)).sum();
            ((spent() - begin) / LOOKS as f64, found)
        };
        let (hit, found) = time(0);
        let (miss, wrong) = time(10 * count);
        let _ = writeln!(
            std::io::stdout(),
            "{} {}: {:.1} bytes each, loaded in {:.2} s; {hit:.0} ns a hit ({found}), {miss:.0} ns a miss ({wrong})",
            set.len(),
            kind.as_str(),
            set.bytes() as f64 / set.len() as f64,
            loaded,
        );
    }
}
