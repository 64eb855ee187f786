//! What people decide on its way to the services: rules and indicators in the topic `control`, each
//! written whole by a publisher, taken whole by whoever runs it.

mod error;

pub use error::Error;

use bus::admin::end_offsets;
use bus::{Outgoing, Partition, Producer, ProducerOptions};
use model::topic::CONTROL;
use ruleset::{Assembly, Bundle, Content, PartKey};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long Kafka may take to confirm a part.
const CONFIRM: Duration = Duration::from_secs(60);

/// The partition that sets of `content` are in, one, so that their parts come in order, and where it
/// ends: rules are in the topic's first, and indicators, of which there may be millions, in its last.
fn place(config: &bus::Config, content: Content) -> Result<(i32, u64), Error> {
    let ends = end_offsets(config, &[CONTROL])?;
    let mut partitions = ends.iter().map(|((_, partition), end)| (*partition, *end));
    let found = match content {
        Content::Rules => partitions.min(),
        Content::Indicators => partitions.by_ref().max(),
    };
    let (partition, end) = found.unwrap_or_default();
    Ok((partition, u64::try_from(end).unwrap_or_default()))
}

/// What tells that something was published: where its partition ends.
pub fn fingerprint(config: &bus::Config, content: Content) -> Result<u64, Error> {
    place(config, content).map(|(_, end)| end)
}

/// The set that was published last; `None` where there is none, an error where one is just being
/// written.
pub fn published(config: &bus::Config, content: Content) -> Result<Option<Bundle>, Error> {
    let (number, end) = place(config, content)?;
    if end == 0 {
        return Ok(None);
    }
    let mut assembly = Assembly::default();
    let mut found = Ok(None);
    let partition = Partition::new(CONTROL, number);
    bus::reader::read_all(config, &partition, |record| {
        let key = record.key.and_then(|key| std::str::from_utf8(key).ok());
        let Some(key) = key.and_then(|key| PartKey::parse(content, key)) else { return };
        match assembly.take(key, record.value) {
            Ok(None) => {}
            Ok(Some(bundle)) => found = Ok(Some(bundle)),
            Err(error) => found = Err(error),
        }
    })?;
    let found = found?;
    if assembly.is_whole() { Ok(found) } else { Err(Error::Unfinished) }
}

/// The same, where one that is just being written is none yet.
pub fn whole(config: &bus::Config, content: Content) -> Result<Option<Bundle>, Error> {
    match published(config, content) {
        Err(Error::Unfinished) => Ok(None),
        found => found,
    }
}

/// Writes a set to the topic and waits until Kafka has confirmed all of it. Blocks.
pub fn publish(config: &bus::Config, content: Content, bundle: &Bundle) -> Result<(), Error> {
    let (partition, _) = place(config, content)?;
    let failed: Arc<Mutex<Option<bus::DeliveryError>>> = Arc::default();
    let told = Arc::clone(&failed);
    let producer = Producer::open(config, &ProducerOptions::default(), move |_, result| {
        if let Err(error) = result {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    })?;
    for (tag, (key, value)) in bundle.parts(content)?.iter().enumerate() {
        let key = key.to_string();
        let record = Outgoing {
            topic: CONTROL,
            partition: Some(partition),
            key: Some(key.as_bytes()),
            value: value.as_bytes(),
            headers: &[],
        };
        // One at a time: however many parts there are, the queue holds one.
        producer.try_send(&record, tag as u64)?;
        producer.flush(CONFIRM)?;
        if let Some(error) = failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(Error::Delivery(error));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bus::TopicSpec;
    use bus::admin::ensure_topics;

    fn rule(id: &str, text: &str) -> (String, String) {
        let rule = format!(
            "title: t\nid: {id}\nlogsource: {{product: linux}}\ndetection: {{s: [{text}], condition: s}}\n"
        );
        (format!("{id}.yml"), rule)
    }

    #[test]
    fn a_published_ruleset_is_taken_whole() {
        let broker = embedded_kafka::testing::broker();
        let config = bus::Config { brokers: broker.address(), tls: None, sasl: None };
        ensure_topics(&config, &TopicSpec::shared(2)).unwrap();
        // A topic that was made a moment ago may still be choosing its leader.
        let deadline = std::time::Instant::now() + CONFIRM;
        let first = loop {
            match published(&config, Content::Rules) {
                Ok(first) => break first,
                Err(error) if std::time::Instant::now() > deadline => panic!("{error}"),
                Err(_) => std::thread::yield_now(),
            }
        };
        assert_eq!(first, None);
        let nothing = fingerprint(&config, Content::Rules).unwrap();
        // Larger than one record holds, so that it travels in parts.
        let long = "x".repeat(1_500_000);
        let large = Bundle::new(vec![rule("a", &long), rule("b", &long), rule("c", "z")]);
        publish(&config, Content::Rules, &large).unwrap();
        let seen = fingerprint(&config, Content::Rules).unwrap();
        assert_ne!(seen, nothing);
        assert_eq!(published(&config, Content::Rules).unwrap().as_ref(), Some(&large));
        let stages = ("stages.yml".to_owned(), "c: retired\n".to_owned());
        let small = Bundle::new(vec![rule("c", "z"), rule("d", "z"), stages]);
        publish(&config, Content::Rules, &small).unwrap();
        assert_ne!(fingerprint(&config, Content::Rules).unwrap(), seen);
        assert_eq!(published(&config, Content::Rules).unwrap(), Some(small));
        // Indicators are beside the rules, and neither touches the other.
        assert_eq!(published(&config, Content::Indicators).unwrap(), None);
        let rules = fingerprint(&config, Content::Rules).unwrap();
        let listed = Bundle::new(vec![("feed.csv".to_owned(), "value\n".to_owned())]);
        publish(&config, Content::Indicators, &listed).unwrap();
        assert_eq!(published(&config, Content::Indicators).unwrap(), Some(listed));
        assert_eq!(fingerprint(&config, Content::Rules).unwrap(), rules);
        // A publisher that broke off in the middle.
        let other = Bundle::new(vec![rule("e", &long), rule("f", &long)]);
        let parts = other.parts(Content::Rules).unwrap();
        let producer = Producer::open(&config, &ProducerOptions::default(), |_, result| {
            result.unwrap();
        })
        .unwrap();
        let (key, value) = (parts[0].0.to_string(), parts[0].1.as_bytes());
        let key = Some(key.as_bytes());
        let record = Outgoing { topic: CONTROL, partition: Some(0), key, value, headers: &[] };
        producer.try_send(&record, 0).unwrap();
        producer.flush(CONFIRM).unwrap();
        assert!(matches!(published(&config, Content::Rules), Err(Error::Unfinished)));
    }
}
