//! Topics are made once, with the settings asked for.

use crate::config;
use bus::{Config, Error, TopicSpec, admin};
use std::time::Duration;

#[test]
fn ensuring_twice_is_ensuring_once() {
    let config = config();
    let specs = [TopicSpec::new("ensured-a", 3), TopicSpec::new("ensured-b", 1)];
    admin::ensure_topics(&config, &specs[..1]).unwrap();
    admin::ensure_topics(&config, &specs).unwrap();
    let topics = admin::topics(&config).unwrap();
    assert_eq!((topics["ensured-a"], topics["ensured-b"]), (3, 1));
    let offsets = admin::end_offsets(&config, &["ensured-a", "not-there"]).unwrap();
    let expected: Vec<_> = (0..3).map(|p| (("ensured-a".to_owned(), p), 0)).collect();
    assert_eq!(offsets.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn another_number_of_partitions_is_an_error() {
    let config = config();
    admin::ensure_topics(&config, &[TopicSpec::new("fixed", 2)]).unwrap();
    let error = admin::ensure_topics(&config, &[TopicSpec::new("fixed", 4)]).unwrap_err();
    assert!(matches!(error, Error::Partitions { found: 2, expected: 4, .. }), "{error}");
}

#[test]
fn a_setting_that_kafka_does_not_know_is_an_error() {
    let spec = TopicSpec::new("mistaken", 1).with("no.such.setting", "1");
    let error = admin::ensure_topics(&config(), &[spec]).unwrap_err();
    assert!(matches!(&error, Error::CreateTopic { topic, .. } if topic == "mistaken"), "{error}");
}

#[test]
fn the_standard_topics_are_accepted() {
    let config = config();
    admin::ensure_topics(&config, &TopicSpec::shared(2)).unwrap();
    assert!(TopicSpec::shared(2).iter().all(|t| admin::topics(&config).unwrap()[&t.name] == 2));
}

#[test]
fn a_broker_that_is_not_there_is_an_error_in_time() {
    let nowhere = Config::new("127.0.0.1:1");
    let error = admin::wait_ready(&nowhere, 1, Duration::from_millis(300)).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}
