//! Times of any form: what is read is within the text, and resolves to an instant that holds.
#![cfg_attr(fuzzing, no_main)]

use parse::{Zone, time};
use std::sync::LazyLock;

/// 2026-03-14 15:09:26 UTC.
const ARRIVAL: i64 = 1_773_500_966_000;
/// Ten thousand years of milliseconds, either way.
const FAR: u64 = 400_000_000_000_000;

static BERLIN: LazyLock<Zone> = LazyLock::new(|| Zone::named("Europe/Berlin").unwrap_or(Zone::UTC));

fuzz::target!(|bytes| {
    let text = String::from_utf8_lossy(bytes);
    if let Some((civil, length)) = time::scan(&text) {
        assert!(text.is_char_boundary(length), "{text:?}");
        assert!((1..=12).contains(&civil.month) && (1..=31).contains(&civil.day), "{text:?}");
        for zone in [&Zone::UTC, &*BERLIN] {
            let stamp = time::resolve(&civil, zone, ARRIVAL);
            assert!(stamp.ms.unsigned_abs() < FAR, "{text:?}: {}", stamp.ms);
            assert_eq!(stamp.year_inferred, civil.year.is_none(), "{text:?}");
        }
        // What follows a time does not change it, unless it belongs to it.
        assert_eq!(time::scan(&text[..length]).map(|(civil, _)| civil), Some(civil), "{text:?}");
    }
    if let Some((_, length)) = time::scan_epoch(&text) {
        assert!(text.is_char_boundary(length), "{text:?}");
    }
});
