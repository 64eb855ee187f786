//! What people decide about rules on its way to the services: the topic `control`, written whole by a
//! publisher, taken whole by whoever runs it.

mod error;

pub use error::Error;

use bus::admin::end_offsets;
use bus::{Outgoing, Partition, Producer, ProducerOptions};
use model::topic::CONTROL;
use ruleset::{Assembly, Bundle, PartKey};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The partition that rulesets are in: one, so that their parts come in order.
const PARTITION: i32 = 0;
/// How long Kafka may take to confirm a part.
const CONFIRM: Duration = Duration::from_secs(60);

/// What tells that something was published: where the topic ends.
pub fn fingerprint(config: &bus::Config) -> Result<u64, Error> {
    let ends = end_offsets(config, &[CONTROL])?;
    let end = ends.get(&(CONTROL.to_owned(), PARTITION)).copied().unwrap_or_default();
    Ok(u64::try_from(end).unwrap_or_default())
}

/// The ruleset that was published last; `None` where there is none, or where one is just being
/// written.
pub fn ruleset(config: &bus::Config) -> Result<Option<Bundle>, Error> {
    if fingerprint(config)? == 0 {
        return Ok(None);
    }
    let mut assembly = Assembly::default();
    let mut found = Ok(None);
    let partition = Partition::new(CONTROL, PARTITION);
    bus::reader::read_all(config, &partition, |record| {
        let key = record.key.and_then(|key| std::str::from_utf8(key).ok()).and_then(PartKey::parse);
        let Some(key) = key else { return };
        match assembly.take(key, record.value) {
            Ok(None) => {}
            Ok(Some(bundle)) => found = Ok(Some(bundle)),
            Err(error) => found = Err(error),
        }
    })?;
    Ok(found?)
}

/// Writes a ruleset to the topic and waits until Kafka has confirmed all of it. Blocks.
pub fn publish(config: &bus::Config, bundle: &Bundle) -> Result<(), Error> {
    let failed: Arc<Mutex<Option<bus::DeliveryError>>> = Arc::default();
    let told = Arc::clone(&failed);
    let producer = Producer::open(config, &ProducerOptions::default(), move |_, result| {
        if let Err(error) = result {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    })?;
    for (tag, (key, value)) in bundle.parts()?.iter().enumerate() {
        let key = key.to_string();
        let record = Outgoing {
            topic: CONTROL,
            partition: Some(PARTITION),
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
            match ruleset(&config) {
                Ok(first) => break first,
                Err(error) if std::time::Instant::now() > deadline => panic!("{error}"),
                Err(_) => std::thread::yield_now(),
            }
        };
        assert_eq!(first, None);
        let nothing = fingerprint(&config).unwrap();
        // Larger than one record holds, so that it travels in parts.
        let long = "x".repeat(1_500_000);
        let large = Bundle::new(vec![rule("a", &long), rule("b", &long), rule("c", "z")]);
        publish(&config, &large).unwrap();
        let seen = fingerprint(&config).unwrap();
        assert_ne!(seen, nothing);
        assert_eq!(ruleset(&config).unwrap().as_ref(), Some(&large));
        let stages = ("stages.yml".to_owned(), "c: retired\n".to_owned());
        let small = Bundle::new(vec![rule("c", "z"), rule("d", "z"), stages]);
        publish(&config, &small).unwrap();
        assert_ne!(fingerprint(&config).unwrap(), seen);
        assert_eq!(ruleset(&config).unwrap(), Some(small));
    }
}
