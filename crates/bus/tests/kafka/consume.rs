//! Groups: what is committed is where they go on, and rebalances are told.

use crate::{POLL, make, numbers, open, plain, read, send, send_numbers, wait_until};
use bus::{
    COMMIT_METADATA_BYTES_MAX, Commit, Consumer, ConsumerOptions, Error, Partition, Polled,
    Subscription, TopicSpec, admin,
};

fn commit<'a>(topic: &'a str, offset: i64, metadata: &'a str) -> Commit<'a> {
    Commit { topic, partition: 0, offset, metadata }
}

#[test]
fn a_group_goes_on_where_it_committed_and_no_further() {
    let config = make(&["resumed"]);
    send_numbers(&config, "resumed", 0..10);
    let first = open(&config, "resumed", "resumed");
    assert_eq!(numbers(&read(&first, 10)), (0..10).collect::<Vec<_>>());
    first.commit(&[commit("resumed", 4, "")]).unwrap();
    drop(first);
    let second = open(&config, "resumed", "resumed");
    assert_eq!(numbers(&read(&second, 6)), (4..10).collect::<Vec<_>>());
}

#[test]
fn metadata_are_kept_beside_the_offset() {
    let config = make(&["noted"]);
    send_numbers(&config, "noted", 0..3);
    let consumer = open(&config, "noted", "noted");
    read(&consumer, 1);
    let partition = Partition::new("noted", 0);
    assert_eq!(consumer.committed(std::slice::from_ref(&partition)).unwrap(), [None]);
    let long = "x".repeat(COMMIT_METADATA_BYTES_MAX);
    for (offset, metadata) in [(1, "v1 e=2 n=1 so=0"), (2, long.as_str()), (3, "")] {
        consumer.commit(&[commit("noted", offset, metadata)]).unwrap();
        let found = consumer.committed(std::slice::from_ref(&partition)).unwrap();
        let expected = admin::Committed { offset, metadata: metadata.into() };
        assert_eq!(found, [Some(expected.clone())]);
        let from_outside = admin::committed(&config, "noted", &["noted"]).unwrap();
        assert_eq!(from_outside.into_iter().collect::<Vec<_>>(), [(("noted".into(), 0), expected)]);
    }
    let error = consumer.commit(&[commit("noted", 3, &format!("{long}x"))]).unwrap_err();
    assert!(matches!(error, Error::Metadata { bytes: 32_768, .. }), "{error}");
}

#[test]
fn an_assignment_can_start_elsewhere_and_be_sought() {
    let config = make(&["sought"]);
    send_numbers(&config, "sought", 0..10);
    let consumer = open(&config, "sought", "sought");
    wait_until("assignment", || match consumer.next(POLL).unwrap() {
        Polled::Assigned(partitions) => {
            assert_eq!(partitions.len(), 2);
            consumer.start_at(Partition::new("sought", 0), 7);
            true
        }
        other => panic!("{other:?} before the assignment"),
    });
    assert_eq!(numbers(&read(&consumer, 3)), [7, 8, 9]);
    let partition = Partition::new("sought", 0);
    consumer.seek(&partition, 2).unwrap();
    assert_eq!(numbers(&read(&consumer, 1)), [2]);
    assert_eq!(consumer.assignment().unwrap().len(), 2);
}

#[test]
fn a_paused_partition_is_silent_until_resumed() {
    let config = make(&["paused"]);
    let consumer = open(&config, "paused", "paused");
    wait_until("assignment", || matches!(consumer.next(POLL).unwrap(), Polled::Assigned(_)));
    // The call that carries the assignment out.
    assert!(matches!(consumer.next(POLL).unwrap(), Polled::Idle));
    let first = [Partition::new("paused", 0)];
    consumer.pause(&first).unwrap();
    send(&config, &[plain("paused", 0, b"0"), plain("paused", 1, b"1")]);
    assert_eq!(numbers(&read(&consumer, 1)), [1]);
    consumer.resume(&first).unwrap();
    assert_eq!(numbers(&read(&consumer, 1)), [0]);
}

#[test]
fn a_pause_in_the_midst_skips_and_repeats_nothing() {
    let config = make(&["midst"]);
    send_numbers(&config, "midst", 0..10_000);
    let consumer = open(&config, "midst", "midst");
    let mut records = numbers(&read(&consumer, 100));
    let partition = [Partition::new("midst", 0)];
    for _ in 0..3 {
        // Much more has been read ahead by now; it must neither come nor be forgotten.
        consumer.pause(&partition).unwrap();
        assert!(matches!(consumer.next(POLL).unwrap(), Polled::Idle));
        consumer.resume(&partition).unwrap();
        records.extend(numbers(&read(&consumer, 1000)));
    }
    assert_eq!(records, (0..3100).collect::<Vec<_>>());
}

#[test]
fn partitions_move_to_a_new_member_and_back() {
    let config = make(&["shared"]);
    let options = ConsumerOptions::new("sharing", Subscription::topic("shared"));
    let first = Consumer::open(&config, &options).unwrap();
    let mut first_has = 0;
    let turn = |consumer: &Consumer, has: &mut usize| match consumer.next(POLL).unwrap() {
        Polled::Assigned(partitions) => *has += partitions.len(),
        Polled::Revoked(partitions) | Polled::Lost(partitions) => *has -= partitions.len(),
        Polled::Idle => {}
        Polled::Record(message) => panic!("{message:?}"),
    };
    wait_until("first has both", || {
        turn(&first, &mut first_has);
        first_has == 2
    });
    let second = Consumer::open(&config, &options).unwrap();
    let mut second_has = 0;
    wait_until("each has one", || {
        turn(&first, &mut first_has);
        turn(&second, &mut second_has);
        (first_has, second_has) == (1, 1)
    });
    std::thread::scope(|scope| {
        // Leaving needs the other member to answer, and that is polled below.
        scope.spawn(|| drop(second));
        wait_until("first has both again", || {
            turn(&first, &mut first_has);
            first_has == 2
        });
    });
}

#[test]
fn a_pattern_finds_new_topics_soon() {
    let config = make(&["found.a"]);
    let pattern = Subscription::Pattern("^found\\..+".into());
    let consumer = Consumer::open(&config, &ConsumerOptions::new("found", pattern)).unwrap();
    send(&config, &[plain("found.a", 0, b"0")]);
    assert_eq!(numbers(&read(&consumer, 1)), [0]);
    let begun = std::time::Instant::now();
    admin::ensure_topics(&config, &[TopicSpec::new("found.b", 2)]).unwrap();
    send(&config, &[plain("found.b", 1, b"1")]);
    let records = read(&consumer, 1);
    assert_eq!((records[0].topic.as_str(), numbers(&records)), ("found.b", vec![1]));
    eprintln!("found after {:?}", begun.elapsed());
}
