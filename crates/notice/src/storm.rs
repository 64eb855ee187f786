//! The storm guard: how many messages a channel may carry, and what is folded into one.

/// How far back messages are counted.
pub const WINDOW_MS: i64 = 10 * 60_000;
/// Messages of one alert each within a window; what is more is folded.
pub const SINGLES_MAX: usize = 10;
/// Between two messages that fold.
pub const FOLD_PAUSE_MS: i64 = 60_000;

/// What becomes of the notices that wait for a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Nothing yet.
    Wait,
    /// A message for each.
    Each,
    /// One message for all of them.
    Fold,
}

/// What to do with `waiting` notices of a channel whose messages were made at `made_ms`.
///
/// As long as all of the last ten minutes, with those that wait, are at most ten, each is a message of
/// its own. Beyond, they are folded, into one message a minute at most.
pub fn plan(now_ms: i64, made_ms: &[i64], waiting: usize) -> Plan {
    if waiting == 0 {
        return Plan::Wait;
    }
    let recent = made_ms.iter().filter(|made| **made > now_ms - WINDOW_MS).count();
    if recent + waiting <= SINGLES_MAX {
        return Plan::Each;
    }
    let newest = made_ms.iter().copied().max();
    match newest {
        Some(newest) if newest > now_ms - FOLD_PAUSE_MS => Plan::Wait,
        _ => Plan::Fold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs a channel: notices by the second at which they come; messages as (second, notices in it).
    fn run(arrivals: &[(i64, usize)], until_s: i64) -> Vec<(i64, usize)> {
        let (mut made, mut messages, mut waiting) = (Vec::new(), Vec::new(), 0);
        for second in 0..until_s {
            let now = 1_000_000 + second * 1_000;
            let came = arrivals.iter().filter(|(at, _)| *at == second);
            waiting += came.map(|(_, count)| count).sum::<usize>();
            match plan(now, &made, waiting) {
                Plan::Wait => {}
                Plan::Each => {
                    for _ in 0..waiting {
                        made.push(now);
                        messages.push((second, 1));
                    }
                    waiting = 0;
                }
                Plan::Fold => {
                    made.push(now);
                    messages.push((second, waiting));
                    waiting = 0;
                }
            }
        }
        assert_eq!(waiting, 0, "what came is told in the end");
        messages
    }

    #[test]
    fn a_few_are_told_one_by_one_and_a_storm_in_sums() {
        assert_eq!(run(&[(0, 1), (5, 2)], 10), [(0, 1), (5, 1), (5, 1)]);
        // All at once: one message at once.
        assert_eq!(run(&[(0, 1_000)], 10), [(0, 1_000)]);
        // Ten seconds of a storm, its first ones already told: one more message after a minute.
        let storm: Vec<_> = (0..10).map(|second| (second, 3)).collect();
        let told = run(&storm, 120);
        assert_eq!(told.iter().filter(|(_, count)| *count == 1).count(), 9, "{told:?}");
        assert_eq!(told.last(), Some(&(62, 21)), "{told:?}");
    }

    proptest! {
        #[test]
        fn every_notice_is_told_once_soon_and_messages_stay_few(
            arrivals in proptest::collection::vec((0_i64..1_800, 1_usize..40), 0..60)
        ) {
            let total: usize = arrivals.iter().map(|(_, count)| count).sum();
            let messages = run(&arrivals, 1_800 + 120);
            prop_assert_eq!(messages.iter().map(|(_, count)| count).sum::<usize>(), total);
            for start in 0..1_800 {
                let within = messages.iter().filter(|(at, _)| (start..start + 600).contains(at));
                // A message a minute at most once it storms, and ten before.
                prop_assert!(within.count() <= SINGLES_MAX + 10, "from second {start}: {messages:?}");
            }
        }
    }
}
