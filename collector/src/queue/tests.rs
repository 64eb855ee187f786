//! Tests of the queue: its bounds, its order, and who waits.

use super::*;
use crate::header;
use crate::metrics;
use proptest::prelude::*;

/// What the output took: number, sequence, offset, sender, bytes.
type Taken = (u64, u64, u64, Option<String>, Vec<u8>);

struct Taker {
    taken: Vec<Taken>,
    room: usize,
}

impl Output for Taker {
    fn send(&mut self, record: &Record<'_>) -> bool {
        if self.room == 0 {
            return false;
        }
        self.room -= 1;
        let origin = header::read(record.origin);
        assert_eq!(record.tag & QUEUE_TAG, QUEUE_TAG);
        let number = record.tag & !QUEUE_TAG;
        let sender = origin.sender.map(str::to_owned);
        self.taken.push((number, origin.sequence, origin.offset, sender, record.bytes.to_vec()));
        true
    }
}

fn queue() -> (Queue, StreamId) {
    let metrics = metrics::QueueMetrics::register(&prometheus::Registry::new()).unwrap();
    let queue = Queue::new(metrics);
    let stream = queue.stream("udp:x", Header::new("c", "udp:x", 7, Some("asa"), None));
    (queue, stream)
}

fn record(bytes: &[u8]) -> Received<'_> {
    let sender = Some([10, 0, 0, 1].into());
    Received { bytes, cut: None, sender, collected_ms: 5 }
}

fn taker(room: usize) -> Taker {
    Taker { taken: Vec::new(), room }
}

#[test]
fn records_are_numbered_sent_and_leave_when_confirmed() {
    let (queue, stream) = queue();
    assert_eq!(queue.push(stream, &[record(b"one"), record(b"three")]), 2);
    let mut out = taker(10);
    assert!(queue.send(&mut out, &mut String::new()));
    let sender = Some("10.0.0.1".to_owned());
    let expected =
        [(0, 0, 0, sender.clone(), b"one".to_vec()), (1, 1, 3, sender, b"three".to_vec())];
    assert_eq!(out.taken, expected);
    queue.confirm(1);
    assert_eq!(queue.len(), 2);
    queue.confirm(0);
    assert!(queue.is_empty());
    assert_eq!(queue.metrics.waiting_bytes.get(), 0);
}

#[test]
fn a_lost_producer_leaves_the_unconfirmed_to_be_sent_again() {
    let (queue, stream) = queue();
    queue.push(stream, &[record(b"a"), record(b"b"), record(b"c")]);
    let (mut out, mut origin) = (taker(2), String::new());
    assert!(!queue.send(&mut out, &mut origin));
    queue.confirm(1);
    queue.rewind();
    queue.confirm(0);
    out.room = 10;
    assert!(queue.send(&mut out, &mut origin));
    let sent: Vec<_> = out.taken.iter().map(|t| (t.1, t.4.as_slice())).collect();
    assert_eq!(sent, [(0, &b"a"[..]), (1, b"b"), (0, b"a"), (2, b"c")]);
    assert_eq!(queue.metrics.resent.get(), 1);
    for taken in &out.taken[2..] {
        queue.confirm(taken.0);
    }
    assert!(queue.is_empty());
}

#[test]
fn a_full_queue_takes_no_more_but_always_one() {
    let (queue, stream) = queue();
    let long = vec![b'x'; QUEUE_BYTES_MAX];
    assert_eq!(queue.push(stream, &[record(&long), record(b"a")]), 1);
    assert_eq!(queue.push(stream, &[record(b"a")]), 0);
    assert_eq!(queue.metrics.full.get(), 2);
    queue.send(&mut taker(1), &mut String::new());
    queue.confirm(0);
    assert_eq!(queue.push(stream, &[record(b"a")]), 1);
}

#[tokio::test]
async fn who_waits_for_room_is_woken_by_a_confirmation() {
    let (queue, stream) = queue();
    let long = vec![b'x'; QUEUE_BYTES_MAX];
    queue.push(stream, &[record(&long)]);
    let all = [record(b"a"), record(b"b")];
    let push = queue.push_all(stream, &all);
    tokio::pin!(push);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(push.as_mut().poll(&mut context).is_pending());
    queue.send(&mut taker(1), &mut String::new());
    queue.confirm(0);
    push.await;
    assert_eq!(queue.len(), 2);
}

proptest! {
    /// Whatever comes in whatever order: each record is sent until it is confirmed, numbers rise
    /// without gaps, and in the end nothing is left.
    #[test]
    fn nothing_is_lost(steps in prop::collection::vec((0u8..6, 0usize..8), 0..150)) {
        let (queue, stream) = queue();
        let (mut out, mut origin) = (taker(0), String::new());
        let (mut pushed, mut since) = (0u64, 0);
        for (step, n) in steps {
            match step {
                0 | 1 => pushed += queue.push(stream, &vec![record(b"text"); n]) as u64,
                2 | 3 => {
                    out.room = n;
                    queue.send(&mut out, &mut origin);
                }
                4 => {
                    if let Some(taken) = out.taken.get(since + n) {
                        queue.confirm(taken.0);
                    }
                }
                _ => {
                    queue.rewind();
                    since = out.taken.len();
                }
            }
        }
        out.room = usize::MAX;
        queue.send(&mut out, &mut origin);
        for taken in &out.taken {
            queue.confirm(taken.0);
        }
        prop_assert!(queue.is_empty());
        let mut seen: Vec<u64> = out.taken.iter().map(|t| t.1).collect();
        seen.sort_unstable();
        seen.dedup();
        prop_assert_eq!(seen, (0..pushed).collect::<Vec<_>>());
        prop_assert!(out.taken.iter().all(|t| t.2 == 4 * t.1));
    }
}
