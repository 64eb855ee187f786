//! Tests of the queue: its bounds, its order, who waits, and what a restart finds.

use super::*;
use crate::header;
use crate::output::Record;
use proptest::prelude::*;

/// What the output took.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Taken {
    tag: u64,
    stream: String,
    generation: u64,
    sequence: u64,
    offset: u64,
    sender: Option<String>,
    bytes: Vec<u8>,
}

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
        self.taken.push(Taken {
            tag: record.tag,
            stream: record.stream.to_owned(),
            generation: origin.generation,
            sequence: origin.sequence,
            offset: origin.offset,
            sender: origin.sender.map(str::to_owned),
            bytes: record.bytes.to_vec(),
        });
        true
    }
}

fn record(bytes: &[u8]) -> Received<'_> {
    let sender = Some([10, 0, 0, 1].into());
    Received { bytes, cut: None, sender, collected_ms: 5 }
}

fn taker(room: usize) -> Taker {
    Taker { taken: Vec::new(), room }
}

fn texts(taken: &[Taken]) -> Vec<&str> {
    taken.iter().map(|t| std::str::from_utf8(&t.bytes).unwrap()).collect()
}

fn fill(queue: &Queue, stream: StreamId) {
    let long = vec![b'x'; RAW_BYTES_MAX];
    while queue.push(stream, &[record(&long)]) == 1 {}
    queue.flush(stream);
}

#[test]
fn records_are_numbered_sent_and_leave_when_confirmed() {
    let (_dir, queue, stream) = testing::queue("udp:x");
    assert_eq!(queue.push(stream, &[record(b"one"), record(b"three")]), 2);
    let mut out = taker(10);
    assert!(queue.send(&mut out, &mut String::new()));
    assert_eq!(out.taken, [], "what is not flushed may be gone with the process");
    queue.flush(stream);
    assert!(queue.send(&mut out, &mut String::new()));
    assert_eq!(texts(&out.taken), ["one", "three"]);
    let places: Vec<_> = out.taken.iter().map(|t| (t.generation, t.sequence, t.offset)).collect();
    assert_eq!(places, [(7, 0, 0), (7, 1, 3)]);
    assert!(out.taken.iter().all(|t| t.sender.as_deref() == Some("10.0.0.1")));
    queue.confirm(out.taken[1].tag);
    assert_eq!(queue.left(), (2, 0));
    queue.confirm(out.taken[0].tag);
    assert!(queue.is_empty());
}

#[test]
fn a_lost_producer_leaves_the_unconfirmed_to_be_sent_again() {
    let (_dir, queue, stream) = testing::queue("x");
    queue.push(stream, &[record(b"a"), record(b"b"), record(b"c")]);
    queue.flush(stream);
    let (mut out, mut origin) = (taker(2), String::new());
    assert!(!queue.send(&mut out, &mut origin));
    queue.confirm(out.taken[0].tag);
    queue.rewind();
    queue.confirm(out.taken[1].tag);
    out.room = 10;
    assert!(queue.send(&mut out, &mut origin));
    assert_eq!(texts(&out.taken), ["a", "b", "b", "c"]);
    assert_eq!(queue.metrics.resent.get(), 1);
    for taken in &out.taken[2..] {
        queue.confirm(taken.tag);
    }
    assert!(queue.is_empty());
}

#[test]
fn a_restart_sends_what_was_left_under_its_old_generation_and_streams_that_are_gone_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut out = taker(100);
    let queue = testing::at(dir.path());
    for name in ["udp:[::1]:514", "file:/a b%"] {
        let stream = queue.stream(testing::options(name)).unwrap();
        queue.push(stream, &[record(b"one"), record(b"two")]);
        queue.flush(stream);
    }
    queue.send(&mut out, &mut String::new());
    queue.confirm(out.taken[0].tag);
    queue.tend(&service::Status::new().part("spool"));
    drop(queue);

    let (queue, mut out) = (testing::at(dir.path()), taker(100));
    let options = StreamOptions { generation: 8, ..testing::options("udp:[::1]:514") };
    let stream = queue.stream(options.clone()).unwrap();
    queue.adopt(&options).unwrap();
    queue.push(stream, &[record(b"three")]);
    queue.flush(stream);
    queue.send(&mut out, &mut String::new());
    let mut seen: Vec<_> =
        out.taken.iter().map(|t| (&*t.stream, t.generation, t.sequence, &*t.bytes)).collect();
    seen.sort_unstable();
    let expected: [(&str, u64, u64, &[u8]); 4] = [
        ("file:/a b%", 7, 0, b"one"),
        ("file:/a b%", 7, 1, b"two"),
        ("udp:[::1]:514", 7, 1, b"two"),
        ("udp:[::1]:514", 8, 0, b"three"),
    ];
    assert_eq!(seen, expected);
    for taken in &out.taken {
        queue.confirm(taken.tag);
    }
    assert!(queue.is_empty());
    queue.close();
    drop(queue);
    assert!(testing::at(dir.path()).is_empty());
}

#[test]
fn a_full_queue_takes_no_more_until_a_part_is_confirmed() {
    let (_dir, queue, stream) = testing::queue("x");
    fill(&queue, stream);
    assert_eq!(queue.metrics.full.get(), 1);
    let mut out = taker(5);
    queue.send(&mut out, &mut String::new());
    for taken in &out.taken {
        queue.confirm(taken.tag);
    }
    assert_eq!(queue.push(stream, &[record(b"a")]), 1);
}

#[test]
fn what_is_dropped_is_counted_and_leaves_a_gap_in_the_numbers() {
    for (when_full, first) in [(WhenFull::DropOldest, false), (WhenFull::DropNewest, true)] {
        let dir = tempfile::tempdir().unwrap();
        let queue = testing::at(dir.path());
        let limits = Limits { bytes_max: spool::BYTES_MAX_MIN, when_full };
        let stream = queue.stream(StreamOptions { limits, ..testing::options("x") }).unwrap();
        let long = vec![b'x'; RAW_BYTES_MAX];
        assert_eq!(queue.push(stream, &[record(&long); 40]), 40);
        queue.flush(stream);
        let mut out = taker(100);
        queue.send(&mut out, &mut String::new());
        let status = service::Status::new();
        queue.tend(&status.part("spool"));
        let QueueMetrics { dropped_oldest, dropped_newest, .. } = &queue.metrics;
        let dropped = if first { dropped_newest.get() } else { dropped_oldest.get() };
        assert_eq!(dropped, 40 - out.taken.len() as u64);
        assert_eq!(dropped_oldest.get() + dropped_newest.get(), dropped);
        let sequences: Vec<_> = out.taken.iter().map(|t| t.sequence).collect();
        let kept = if first { 0..40 - dropped } else { dropped..40 };
        assert_eq!(sequences, Vec::from_iter(kept));
        assert_eq!(status.down(), []);
    }
}

#[tokio::test]
async fn who_waits_for_room_is_woken_by_a_confirmation() {
    let (_dir, queue, stream) = testing::queue("x");
    fill(&queue, stream);
    let long = vec![b'x'; RAW_BYTES_MAX];
    let all = [record(&long), record(b"b")];
    let push = queue.push_all(stream, &all);
    tokio::pin!(push);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(push.as_mut().poll(&mut context).is_pending());
    let before = queue.left().0;
    let mut out = taker(5);
    queue.send(&mut out, &mut String::new());
    for taken in &out.taken {
        queue.confirm(taken.tag);
    }
    push.await;
    assert_eq!(queue.left().0, before - 5 + 2);
    queue.sync(stream).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever comes in whatever order: each record is sent until it is confirmed, numbers rise
    /// without gaps, and in the end nothing is left.
    #[test]
    fn nothing_is_lost(steps in prop::collection::vec((0u8..6, 0usize..8), 0..150)) {
        let (_dir, queue, stream) = testing::queue("x");
        let (mut out, mut origin) = (taker(0), String::new());
        let (mut pushed, mut since) = (0u64, 0);
        for (step, n) in steps {
            match step {
                0 | 1 => {
                    pushed += queue.push(stream, &vec![record(b"text"); n]) as u64;
                    queue.flush(stream);
                }
                2 | 3 => {
                    out.room = n;
                    queue.send(&mut out, &mut origin);
                }
                4 => {
                    if let Some(taken) = out.taken.get(since + n) {
                        queue.confirm(taken.tag);
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
            queue.confirm(taken.tag);
        }
        prop_assert!(queue.is_empty());
        let mut seen: Vec<u64> = out.taken.iter().map(|t| t.sequence).collect();
        seen.sort_unstable();
        seen.dedup();
        prop_assert_eq!(seen, (0..pushed).collect::<Vec<_>>());
        prop_assert!(out.taken.iter().all(|t| t.offset == 4 * t.sequence));
    }
}
